/**
 * Crafts Ed25519 signatures of every class that libraries are known to disagree about, each with the
 * answer rule U must give. What is accepted follows from how a vector is made, never from a verifier.
 *
 *   node packages/core/scripts/craft-vectors.mjs [file]
 *
 * Deterministic: the same seed gives the same bytes. Default file: test/vectors/ed25519-crafted.json.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

const SEED = 'hearsay ed25519 vectors';
const P = 2n ** 255n - 19n;
const L = Point.CURVE().n;
const SIGN_BIT = 2n ** 255n;

const vectors = [];
const random = createStream(SEED);
/** The eight points of small order, the identity first. */
const torsion = torsionPoints();
/** Encodings of small-order points that decode leniently but are not the canonical ones. */
const lenientTorsion = [P, P + 1n, P + SIGN_BIT, P + 1n + SIGN_BIT, 1n + SIGN_BIT, P - 1n + SIGN_BIT].map(encode);

craftHonest();
craftCommitments();
craftScalars();
craftKeys();
craftMistakes();
craftLengths();

const file = process.argv[2] ?? fileURLToPath(new URL('../test/vectors/ed25519-crafted.json', import.meta.url));
writeFileSync(file, `[\n${vectors.map(vector => JSON.stringify(vector)).join(',\n')}\n]\n`);

function craftHonest() {
  for (const length of [0, 1, 2, 31, 32, 33, 63, 64, 111, 112, 127, 128, 200, 300]) {
    const key = keyPair();
    const message = random(length);
    add('honest', key.bytes, message, signature(key, message), true);
  }
}

/** R under an honest key: the point an attacker who holds the key is free to choose. */
function craftCommitments() {
  for (let i = 1; i < 8; i++) {
    const key = keyPair();
    const message = random(20);
    const nonce = scalar();
    // [8][S]B = [8]R + [8][k]A holds, [S]B = R + [k]A does not.
    const r = Point.BASE.multiply(nonce).add(torsion[i]).toBytes();
    add('R + torsion', key.bytes, message, finish(key, r, nonce, message));
    add('R small-order', key.bytes, message, finish(key, torsion[i].toBytes(), 0n, message));
  }
  for (const r of lenientTorsion) {
    const key = keyPair();
    const message = random(20);
    add('R non-canonical', key.bytes, message, finish(key, r, 0n, message));
  }
  // With a known key the exact equation holds for R = identity: S = k·a.
  for (const r of [1n, 1n, 1n, 1n + SIGN_BIT, P + 1n, P + 1n + SIGN_BIT].map(encode)) {
    const key = keyPair();
    const message = random(20);
    add('R = identity', key.bytes, message, finish(key, r, 0n, message));
  }
  for (let y = 2n; y < 19n; y += 4n) {
    const key = keyPair();
    add('R non-canonical', key.bytes, random(20), join(encode(P + y), encode(scalar())));
  }
}

function craftScalars() {
  for (const times of [1n, 1n, 1n, 2n, 3n, 7n, 8n, 14n]) {
    const key = keyPair();
    const message = random(20);
    const honest = signature(key, message);
    add('S + L', key.bytes, message, join(honest.subarray(0, 32), encode(number(honest.subarray(32)) + times * L)));
  }
  for (const s of [L, L + 1n, 2n * L, 2n ** 253n, SIGN_BIT - 1n, SIGN_BIT, 2n ** 256n - 1n]) {
    const key = keyPair();
    const message = random(20);
    add('S >= L', key.bytes, message, join(signature(key, message).subarray(0, 32), encode(s)));
  }
  // In range and wrong.
  for (const s of [0n, 1n, L - 1n]) {
    const key = keyPair();
    const message = random(20);
    add('S wrong', key.bytes, message, join(signature(key, message).subarray(0, 32), encode(s)));
  }
}

/** Keys nobody honest has. Where k is a multiple of 8 even the exact equation holds: only the key check is left. */
function craftKeys() {
  for (const point of torsion) {
    add('A small-order', ...underOddKey(point.toBytes(), 0n));
    add('A small-order', ...underOddKey(point.toBytes(), 0n));
  }
  for (const bytes of lenientTorsion) {
    add('A non-canonical', ...underOddKey(bytes, 0n));
    add('A non-canonical', ...underOddKey(bytes, 0n));
  }
  for (let i = 1; i < 8; i++) {
    const key = keyPair();
    const mixed = key.point.add(torsion[i]).toBytes();
    add('A + torsion', ...underOddKey(mixed, key.secret));
    const message = random(20);
    add('A + torsion', mixed, message, finish({ ...key, bytes: mixed }, encode(number(random(32)) % P), 0n, message));
  }
  for (let y = 2n; y < 19n; y++) {
    if (isOnCurve(encode(y))) add('A non-canonical', encode(P + y), random(20), join(random(32), encode(scalar())));
  }
  for (let found = 0; found < 4; ) {
    const bytes = encode(number(random(32)) % P);
    if (isOnCurve(bytes)) continue;
    found++;
    add('A off curve', bytes, random(20), join(random(32), encode(scalar())));
  }
}

/** A signature under `keyBytes` (secret part `secret`, torsion part whatever) with k ≡ 0 mod 8. */
function underOddKey(keyBytes, secret) {
  const message = random(20);
  for (;;) {
    const nonce = scalar();
    const r = Point.BASE.multiply(nonce).toBytes();
    if (challenge(r, keyBytes, message) % 8n !== 0n) continue;
    return [keyBytes, message, finish({ secret, bytes: keyBytes }, r, nonce, message)];
  }
}

function craftMistakes() {
  for (let i = 0; i < 4; i++) {
    const key = keyPair();
    const message = random(20);
    const honest = signature(key, message);
    add('wrong message', key.bytes, random(20), honest);
    add('wrong message', key.bytes, message.subarray(1), honest);
    add('wrong key', keyPair().bytes, message, honest);
    add('negated key', key.point.negate().toBytes(), message, honest);
    add('halves swapped', key.bytes, message, join(honest.subarray(32), honest.subarray(0, 32)));
  }
  for (const bit of [0, 1, 127, 254, 255, 256, 257, 300, 507, 508, 509, 511]) {
    const key = keyPair();
    const message = random(20);
    add('bit flipped in signature', key.bytes, message, flip(signature(key, message), bit));
  }
  for (const bit of [0, 1, 100, 254, 255]) {
    const key = keyPair();
    const message = random(20);
    add('bit flipped in key', flip(key.bytes, bit), message, signature(key, message));
    add('bit flipped in message', key.bytes, flip(message, bit % 160), signature(key, message));
  }
}

function craftLengths() {
  const key = keyPair();
  const message = random(20);
  const honest = signature(key, message);
  for (const length of [0, 1, 31, 32, 63, 65, 96, 128]) {
    add('signature length', key.bytes, message, resize(honest, length));
  }
  for (const length of [0, 1, 31, 33, 64]) add('key length', resize(key.bytes, length), message, honest);
  for (const fill of [0, 255]) {
    const keyFill = new Uint8Array(32).fill(fill);
    const signatureFill = new Uint8Array(64).fill(fill);
    const name = fill === 0 ? 'all zero' : 'all ones';
    add(name, keyFill, message, signatureFill);
    add(name, keyFill, new Uint8Array(0), signatureFill);
    add(name, keyFill, message, honest);
    add(name, key.bytes, message, signatureFill);
  }
  // One key, two spellings: an id is lower-case, so that no author has two names.
  vectors.push({ ...vectorOf('key spelling', key.bytes, message, honest), key: hex(key.bytes).toUpperCase() });
}

function add(kind, key, message, signed, accept = false) {
  vectors.push({ ...vectorOf(kind, key, message, signed), accept });
}

function vectorOf(kind, key, message, signed) {
  return { class: kind, key: hex(key), message: hex(message), signature: hex(signed), accept: false };
}

function keyPair() {
  const secret = scalar();
  const point = Point.BASE.multiply(secret);
  return { secret, point, bytes: point.toBytes() };
}

function signature(key, message) {
  const nonce = scalar();
  return finish(key, Point.BASE.multiply(nonce).toBytes(), nonce, message);
}

/** S = nonce + k·secret for these very bytes of R and A. */
function finish(key, r, nonce, message) {
  return join(r, encode((nonce + challenge(r, key.bytes, message) * key.secret) % L));
}

function challenge(r, keyBytes, message) {
  return number(sha512(join(r, keyBytes, message))) % L;
}

/** Any point times L lies in the small subgroup; one of order 8 generates it. */
function torsionPoints() {
  for (;;) {
    const bytes = encode(number(random(32)) % P);
    if (!isOnCurve(bytes)) continue;
    const point = Point.fromBytes(bytes);
    const generator = point.multiply(L - 1n, false).add(point);
    if (generator.double().double().is0()) continue;
    const points = [Point.ZERO];
    while (points.length < 8) points.push(points.at(-1).add(generator));
    return points;
  }
}

function isOnCurve(bytes) {
  try {
    Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Bytes of SHA-512 in counter mode. */
function createStream(seed) {
  let counter = 0;
  return length => {
    let bytes = new Uint8Array(0);
    while (bytes.length < length) bytes = join(bytes, sha512(new TextEncoder().encode(`${seed} ${counter++}`)));
    return bytes.slice(0, length);
  };
}

function scalar() {
  return (number(random(64)) % (L - 1n)) + 1n;
}

function number(littleEndian) {
  return BigInt(`0x${hex(littleEndian.slice().reverse()) || '0'}`);
}

function encode(value) {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')).reverse();
}

function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

function join(...parts) {
  return Uint8Array.from(Buffer.concat(parts));
}

function resize(bytes, length) {
  const resized = new Uint8Array(length);
  resized.set(bytes.subarray(0, length));
  return resized;
}

function flip(bytes, bit) {
  const flipped = bytes.slice();
  flipped[bit >> 3] ^= 1 << (bit & 7);
  return flipped;
}
