/** What docs/protocol.md says of reconciliation, done again in big integers, slowly and by the letter. */
import { createHash } from 'node:crypto';

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function positionOf({ hlc, digest }: { readonly hlc: number; readonly digest: string }): string {
  const bucket = Math.floor(Math.floor(hlc / 2048) / 10_000);
  return bucket.toString(16).padStart(8, '0') + digest.slice(0, 32);
}

export function fingerprintOf(session: number, digests: readonly string[]): string {
  const sum = digests.reduce((all, digest) => all + numberOf(digest), 0n);
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32BE(session, 0);
  for (let i = 0; i < 8; i++) bytes.writeUInt32BE(Number((sum >> BigInt(32 * i)) & 0xffffffffn), 4 + 4 * i);
  bytes.writeUInt32BE(digests.length, 36);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 10);
}

export function shortIdOf(session: number, digest: string): string {
  const number = numberOf(digest);
  const words = [0, 1, 2, 3].map(i => (number >> BigInt(32 * i)) & 0xffffffffn);
  return hash64(BigInt(session), words).toString(16).padStart(10, '0');
}

/** The first cells of the sketch of all these. */
export function sketchOf(session: number, digests: readonly string[], cells: number): string {
  const rows = Array.from({ length: cells }, () => ({ id: 0n, check: 0n, count: 0 }));
  for (const digest of digests) {
    const short = BigInt(`0x${shortIdOf(session, digest)}`);
    const [id32, id8] = [short >> 8n, short & 0xffn];
    const check = mix(id32 ^ word(id8 * 0x9e3779b1n)) & 0xffffn;
    let state = id32 ^ id8;
    for (let index = 0; index < cells; ) {
      const row = rows[index]!;
      row.id ^= short;
      row.check ^= check;
      row.count += 1;
      state = word(state + 0x9e3779b9n);
      const uniform = (Number(mix(state)) + 1) / 2 ** 32;
      index += Math.max(1, Math.ceil((index + 1.5) * (1 / Math.sqrt(uniform) - 1)));
    }
  }
  const text = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0');
  return rows.map(({ id, check, count }) => text(id, 10) + text(check, 4) + text(BigInt(count % 256), 2)).join('');
}

/** Lowest byte first. */
function numberOf(digest: string): bigint {
  return BigInt(`0x${hex(unhex(digest).reverse())}`);
}

function mix(value: bigint): bigint {
  let x = value;
  x = word((x ^ (x >> 16n)) * 0x7feb352dn);
  x = word((x ^ (x >> 15n)) * 0x846ca68bn);
  return x ^ (x >> 16n);
}

/** HalfSipHash-2-4 over four words: its second word of output and the highest 8 bits of its first. */
function hash64(session: bigint, words: readonly bigint[]): bigint {
  const v = [session, 0xeen, 0x6c796765n ^ session, 0x74656462n];
  const rotate = (value: bigint, by: bigint): bigint => word(value << by) | (value >> (32n - by));
  const round = (): void => {
    v[0] = word(v[0]! + v[1]!);
    v[1] = rotate(v[1]!, 5n) ^ v[0];
    v[0] = rotate(v[0], 16n);
    v[2] = word(v[2]! + v[3]!);
    v[3] = rotate(v[3]!, 8n) ^ v[2];
    v[0] = word(v[0] + v[3]);
    v[3] = rotate(v[3], 7n) ^ v[0];
    v[2] = word(v[2] + v[1]);
    v[1] = rotate(v[1], 13n) ^ v[2];
    v[2] = rotate(v[2], 16n);
  };
  for (const said of [...words, 16n << 24n]) {
    v[3]! ^= said;
    round();
    round();
    v[0]! ^= said;
  }
  v[2]! ^= 0xeen;
  for (let n = 0; n < 4; n++) round();
  const low = v[1]! ^ v[3]!;
  v[1]! ^= 0xddn;
  for (let n = 0; n < 4; n++) round();
  return ((v[1]! ^ v[3]!) << 8n) | (low >> 24n);
}

function word(value: bigint): bigint {
  return value & 0xffffffffn;
}
