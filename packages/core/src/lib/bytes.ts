/** Bytes, hex and UTF-8 without any platform API, so that every host computes the same. */

/** Character codes of the sixteen digits. */
const DIGITS: readonly number[] = Array.from('0123456789abcdef', digit => digit.charCodeAt(0));
/** For hex of so few bytes, as ids and keys have, one list of each length is used again and again. */
const CODES: readonly number[][] = Array.from({ length: 33 }, (_, bytes) => new Array<number>(2 * bytes).fill(0));
/** So many arguments every JavaScript engine takes at once. */
const BYTES_AT_ONCE = 4_096;

/** Made in one piece: a string that grows by two characters at a time is kept as a chain of its pieces. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > BYTES_AT_ONCE)
    return toHex(bytes.subarray(0, BYTES_AT_ONCE)) + toHex(bytes.subarray(BYTES_AT_ONCE));
  const codes = CODES[bytes.length] ?? new Array<number>(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    codes[2 * i] = DIGITS[bytes[i]! >> 4]!;
    codes[2 * i + 1] = DIGITS[bytes[i]! & 15]!;
  }
  return codesToText(codes);
}

/** Is `text` the lower-case hex of `bytes`? */
export function isHexOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== 2 * bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (text.charCodeAt(2 * i) !== DIGITS[byte >> 4] || text.charCodeAt(2 * i + 1) !== DIGITS[byte & 15]) return false;
  }
  return true;
}

/** A character for each of up to a few thousand bytes. */
export function toCharacters(bytes: Uint8Array): string {
  // A plain list: spread, an array of bytes is walked ten times as slowly.
  const codes = new Array<number>(bytes.length);
  for (let i = 0; i < bytes.length; i++) codes[i] = bytes[i]!;
  return codesToText(codes);
}

/** The bytes that {@link toCharacters} was given. */
export function fromCharacters(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Of up to a few thousand characters below U+10000. */
function codesToText(codes: readonly number[]): string {
  return String.fromCharCode(...codes);
}

/** Lower-case hex to bytes; `undefined` for anything else, an odd length included. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  return writeHex(hex, bytes, 0) ? bytes : undefined;
}

/** Writes the bytes from `start` on; false, with some of them written, for what is no lower-case hex. */
export function writeHex(hex: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; 2 * i < hex.length; i++) {
    const high = nibble(hex.charCodeAt(2 * i));
    const low = nibble(hex.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return false;
    bytes[start + i] = high * 16 + low;
  }
  return true;
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

/** The first characters of ASCII, in a string of their own: a slice would keep the whole alive, and weighs as much. */
export function headOf(text: string, length: number): string {
  const codes = new Array<number>(length);
  for (let at = 0; at < length; at++) codes[at] = text.charCodeAt(at);
  return codesToText(codes);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `slice` does the same, in V8 three times as slowly. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** A list of any length: a call takes only so many arguments. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD, as every encoder writes it. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (code >= 0xd800 && code <= 0xdbff && isLow(text.charCodeAt(i + 1))) {
      length += 4;
      i += 1;
    } else length += 3;
  }
  return length;
}

export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (const char of text) {
    let code = char.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes[at++] = code;
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 63);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    }
  }
  return bytes;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** True when `text` survives UTF-8 unchanged: no lone surrogates. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdfff) continue;
    if (code > 0xdbff || !isLow(text.charCodeAt(i + 1))) return false;
    i += 1;
  }
  return true;
}
