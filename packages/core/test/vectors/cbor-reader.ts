/** The CBOR of docs/protocol.md, read by hand: nothing here knows the project's own reader. */
export type Item =
  | { readonly is: 'integer'; readonly value: number }
  | { readonly is: 'float'; readonly value: number }
  | { readonly is: 'bytes'; readonly value: Uint8Array }
  | { readonly is: 'text'; readonly value: string }
  | { readonly is: 'array'; readonly value: readonly Item[] }
  | { readonly is: 'map'; readonly value: ReadonlyMap<string, Item> }
  | { readonly is: 'simple'; readonly value: false | true | null };

const MAX_DEPTH = 16;
const MAX_ITEMS = 4_096;
const MAX_MAP_KEY_BYTES = 64;

/** @throws Error for whatever docs/protocol.md does not accept. */
export function readCbor(bytes: Uint8Array): Item {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let items = 0;

  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };

  const argument = (info: number): number => {
    if (info < 24) return info;
    const size = { 24: 1, 25: 2, 26: 4 }[info];
    if (size === undefined) throw new Error('a length of another size');
    return take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  };

  const text = (length: number): string => {
    const raw = take(length);
    if (raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf) throw new Error('a byte order mark');
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  };

  const map = (length: number, depth: number): ReadonlyMap<string, Item> => {
    const found = new Map<string, Item>();
    for (let n = 0; n < length; n++) {
      const start = at;
      const key = read(depth + 1);
      if (key.is !== 'text' || at - start > MAX_MAP_KEY_BYTES + 2 || key.value === '__proto__' || found.has(key.value))
        throw new Error('a key that cannot be');
      found.set(key.value, read(depth + 1));
    }
    return found;
  };

  const simple = (info: number): Item => {
    if (info === 27) {
      const value = view.getFloat64(at);
      take(8);
      if (!Number.isFinite(value) || Object.is(value, -0)) throw new Error('no such number');
      return { is: 'float', value };
    }
    if (info < 20 || info > 22) throw new Error('a simple value of another kind');
    return { is: 'simple', value: [false, true, null][info - 20] as false | true | null };
  };

  const read = (depth: number): Item => {
    if (depth > MAX_DEPTH || ++items > MAX_ITEMS) throw new Error('too deep or too many');
    const head = take(1)[0]!;
    const [major, info] = [head >> 5, head & 31];
    if (major === 7) return simple(info);
    const length = argument(info);
    if (major === 0) return { is: 'integer', value: length };
    if (major === 1) return { is: 'integer', value: -1 - length };
    if (major === 2) return { is: 'bytes', value: take(length) };
    if (major === 3) return { is: 'text', value: text(length) };
    if (major === 4) return { is: 'array', value: Array.from({ length }, () => read(depth + 1)) };
    if (major === 5) return { is: 'map', value: map(length, depth) };
    throw new Error('a tag');
  };

  const item = read(0);
  if (at !== bytes.length) throw new Error('bytes behind the item');
  return item;
}
