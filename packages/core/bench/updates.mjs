/** The updates that stages are measured with: signed state records of one author, as frames that carry one each. */
import { assemble, bodyOf, encodeBody, readRecord, signatureOf, signedBytes } from '../dist/identity/record.js';
import { createPolicy, networkIdOf, toHex } from '../dist/index.js';
import { encodeFrame } from '../dist/wire/index.js';
import { createIdentity } from './identity.mjs';

export const UPDATES = 4_000;
export const WALL = 1_800_000_000_000;
export const NETWORK = networkIdOf('bench', 'room', createPolicy().terms);
const KEYS = 200;
const VALUE = { x: 12.5, y: 80, name: 'a pointer that moves', tags: ['one', 'two'] };

const identity = createIdentity();

/** As read from the wire. */
export const records = Array.from({ length: UPDATES }, (_, n) => readRecord(signedRecord(n).bytes, NETWORK).value);
export const frames = records.map(({ bytes }) => encodeFrame({ type: 'push', records: [bytes] }));

export function verifyRecord(record) {
  return identity.verify(signatureOf(record), signedBytes(bodyOf(record)));
}

export function peer(n) {
  return toHex(new Uint8Array(32).fill(n));
}

function signedRecord(n) {
  const hlc = (WALL + n) * 2048;
  const statement = { author: identity.id, kind: 'state', seq: n, hlc, exp: 0, key: `k${n % KEYS}`, value: VALUE };
  const body = encodeBody(NETWORK, statement);
  return assemble(statement, body, identity.sign(signedBytes(body)));
}
