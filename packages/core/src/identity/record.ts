/**
 * Records: the only thing that is gossiped. A record is `signature(64) ‖ body`; the signature covers a domain
 * prefix and the body bytes *as received*, so differences between encoders cannot break it. The id is taken
 * over the body alone: a re-signed body must not get a second id.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  concatBytes,
  equalBytes,
  fromCharacters,
  fromHex,
  headOf,
  toCharacters,
  toHex,
  utf8,
  utf8Length,
} from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { Digest, Hlc, PeerId, RecordId, ShortId, WallMs, Wire } from '../types.ts';
import { decodeCbor, encodeCbor } from '../wire/cbor.ts';
import { wireLimits } from '../wire/limits.ts';
import { peerFromWire } from '../wire/peer-text.ts';
import { hasPresenceTail, isRegion } from './presence-value.ts';

export type Kind = 'leave' | 'presence' | 'state' | 'state-delete' | 'event' | 'accuse' | 'here' | 'vouch' | 'unreach';

/** Numbers on the wire. 1 is kept for member records. */
const KIND_CODES: { readonly [kind in Kind]: number } = {
  leave: 2,
  presence: 3,
  state: 4,
  'state-delete': 5,
  event: 6,
  accuse: 7,
  here: 8,
  vouch: 9,
  unreach: 10,
};
const KINDS: ReadonlyMap<Wire, Kind> = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as Kind]));

/** What an accuser saw: the link ended from the other side; else null: it fell silent. */
export const HUNG_UP = 'hung-up';
export type Seen = typeof HUNG_UP | null;

/** What an accusation says: what was seen, and a vouch of the accused that the two were linked. */
export interface Evidence {
  readonly seen: Seen;
  readonly proof: Uint8Array | undefined;
}

const VERSION = 1;
/** The last field. */
const VALUE_AT = 8;
const SIGNATURE_BYTES = 64;
const SHORT_DIGITS = 16;
/** The largest `overlay.maxLinks`. */
const MOST_LINKS = 64;
const SIGNED_PREFIX: Uint8Array = utf8('hearsay record 1\n');

/** What an author states, before it is signed. */
export interface Statement {
  readonly author: PeerId;
  readonly kind: Kind;
  /** Strictly rising for each author, across restarts. */
  readonly seq: number;
  readonly hlc: Hlc;
  /** Wall time after which nobody needs it; 0: kept until replaced. */
  readonly exp: WallMs;
  /** State key, event name, the peer that is accused or vouched for, or the region out of reach; empty for presence and leave. */
  readonly key: string;
  readonly value: Wire;
}

export interface SignedRecord extends Statement {
  readonly id: RecordId;
  readonly digest: Digest;
  readonly shortId: ShortId;
  /** `signature ‖ body`, as it travels. Both are cut out when asked for: a view of bytes weighs as much as a signature. */
  readonly bytes: Uint8Array;
  /** Of `bytes`. */
  readonly size: number;
  /** It is kept from now on and rarely looked at: what can be had again when asked for takes no memory meanwhile. */
  rest(): void;
}

export type RecordCode = 'record-size' | 'record-cbor' | 'record-shape' | 'record-version' | 'record-network';

/** Binds every signature to app, room and policy: no replay into another room, no mesh with other rules. */
export function networkIdOf(app: string, room: string, policy: Wire): Uint8Array {
  const terms = encodeCbor([app, room, policy]);
  return sha256(concatBytes(utf8('hearsay network 1\n'), terms)).slice(0, 8);
}

export function encodeBody(networkId: Uint8Array, statement: Statement): Uint8Array {
  const { author, kind, seq, hlc, exp, key, value } = statement;
  return encodeCbor([VERSION, networkId, fromHex(author) ?? '', KIND_CODES[kind], seq, hlc, exp, key, value]);
}

/** The bytes that a record's signature covers. */
export function signedBytes(body: Uint8Array): Uint8Array {
  return concatBytes(SIGNED_PREFIX, body);
}

export function assemble(statement: Statement, body: Uint8Array, signature: Uint8Array): SignedRecord {
  return toRecord(statement, concatBytes(signature, body));
}

export function bodyOf({ bytes }: Pick<SignedRecord, 'bytes'>): Uint8Array {
  return bytes.subarray(SIGNATURE_BYTES);
}

export function signatureOf({ bytes }: Pick<SignedRecord, 'bytes'>): Uint8Array {
  return bytes.subarray(0, SIGNATURE_BYTES);
}

function toRecord(said: Statement, bytes: Uint8Array): SignedRecord {
  return new Signed(said, bytes);
}

/** An array of bytes weighs 184 more than a string of as many characters. To read and to write those takes longer. */
const MOST_AT_REST = 1_024;

/** Field by field: with a spread every record would get a shape of its own, and each access to it take a search. */
class Signed implements SignedRecord {
  readonly author: PeerId;
  readonly kind: Kind;
  readonly seq: number;
  readonly hlc: Hlc;
  readonly exp: WallMs;
  readonly key: string;
  readonly id: RecordId;
  readonly digest: Digest;
  readonly shortId: ShortId;
  /** Missing of state at rest: the app has it, and nobody here asks. */
  #value: Wire | undefined;
  /** A character for each at rest. */
  #bytes: Uint8Array | string;

  constructor({ author, kind, seq, hlc, exp, key, value }: Statement, bytes: Uint8Array) {
    const hash = hashOf(bytes);
    this.author = author;
    this.kind = kind;
    this.seq = seq;
    this.hlc = hlc;
    this.exp = exp;
    this.key = key;
    this.id = idOf(hash);
    this.digest = toCharacters(hash) as Digest;
    this.shortId = shortIdOf(this.id);
    this.#value = value;
    this.#bytes = bytes;
  }

  get value(): Wire {
    return this.#value === undefined ? valueIn(this.bytes) : this.#value;
  }

  get bytes(): Uint8Array {
    return typeof this.#bytes === 'string' ? fromCharacters(this.#bytes) : this.#bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  rest(): void {
    if (this.kind === 'state') this.#value = undefined;
    if (this.size <= MOST_AT_REST) this.#bytes = toCharacters(this.bytes);
  }
}

/** Of a record that was read or made before. */
function valueIn(bytes: Uint8Array): Wire {
  const decoded = decodeCbor(bytes.subarray(SIGNATURE_BYTES));
  const fields: Wire = decoded.ok ? decoded.value : null;
  return Array.isArray(fields) ? (fields[VALUE_AT] as Wire) : null;
}

/** Reads a record from the network. The signature is *not* checked here; intake sees to that. */
export function readRecord(bytes: Uint8Array, networkId: Uint8Array): Result<SignedRecord, RecordCode> {
  if (bytes.length <= SIGNATURE_BYTES || bytes.length > wireLimits.recordBytes) return fail('record-size');
  const body = bytes.subarray(SIGNATURE_BYTES);
  const decoded = decodeCbor(body);
  if (!decoded.ok) return fail('record-cbor');
  const fields = decoded.value;
  if (!Array.isArray(fields) || fields.length !== VALUE_AT + 1) return fail('record-shape');
  if (fields[0] !== VERSION) return fail('record-version');
  const network: Wire = fields[1];
  if (!(network instanceof Uint8Array) || !equalBytes(network, networkId)) return fail('record-network');
  const statement = readStatement(fields);
  if (statement === undefined) return fail('record-shape');
  // Only state is kept where a chunk can be had from later.
  if (bytes.length > wireLimits.inlineBytes && statement.kind !== 'state') return fail('record-size');
  return ok(toRecord(statement, bytes));
}

/** What a record in these bytes is called, whether it can be read or not. */
export function recordIdOf(bytes: Uint8Array): RecordId {
  return idOf(hashOf(bytes));
}

const unused = sha256.create();
const working = sha256.create();
const hash = new Uint8Array(32);

export function shortIdOf(id: RecordId): ShortId {
  return headOf(id, SHORT_DIGITS);
}

/** Good until the next one is asked for. To set up a hash function for each record would cost a third of its work. */
function hashOf(bytes: Uint8Array): Uint8Array {
  unused._cloneInto(working).update(bytes.subarray(SIGNATURE_BYTES)).digestInto(hash);
  return hash;
}

function idOf(hash: Uint8Array): RecordId {
  return toHex(hash.subarray(0, 16)) as RecordId;
}

function readStatement(fields: readonly Wire[]): Statement | undefined {
  const [, , author, kindCode, seq, hlc, exp, key, value] = fields;
  const kind = KINDS.get(kindCode!);
  if (kind === undefined || !(author instanceof Uint8Array) || author.length !== 32) return undefined;
  if (!isCount(seq) || !isCount(hlc) || !isCount(exp)) return undefined;
  if (typeof key !== 'string' || utf8Length(key) > wireLimits.keyBytes || !fitsKind(kind, key, value!))
    return undefined;
  // What is kept until replaced ends at no time: newcomers would refuse what others still have.
  if ((kind === 'state' || kind === 'state-delete') && exp !== 0) return undefined;
  return {
    author: peerFromWire(author),
    kind,
    seq,
    hlc: hlc as Hlc,
    exp: exp as WallMs,
    key,
    value: value!,
  };
}

function isCount(value: Wire | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** What each kind must look like besides: a presence that is not `[incarnation, value, region?, activity?]` helps nobody. */
function fitsKind(kind: Kind, key: string, value: Wire): boolean {
  switch (kind) {
    case 'presence':
      return key === '' && Array.isArray(value) && isCount(value[0]) && hasPresenceTail(value);
    case 'leave':
      return key === '' && isCount(value);
    case 'here':
      return key === '' && isHereValue(value);
    case 'accuse':
      return isPeerId(key) && evidenceIn(value) !== undefined;
    case 'vouch':
      return isPeerId(key) && isCount(value) && value <= MOST_LINKS;
    case 'unreach':
      return isRegion(key) && value === null;
    case 'state-delete':
      return key !== '' && value === null;
    default:
      return key !== '';
  }
}

/** The epoch that it counts in, and the author's region. */
function isHereValue(value: Wire): boolean {
  if (!Array.isArray(value) || !isCount(value[0])) return false;
  return value.length === 1 || (value.length === 2 && isRegion(value[1]));
}

/** Of an accusation. */
export function evidenceOf({ value }: Pick<Statement, 'value'>): Evidence {
  return evidenceIn(value) ?? { seen: null, proof: undefined };
}

export function evidenceToWire({ seen, proof }: Evidence): Wire {
  return proof === undefined ? seen : [seen, proof];
}

function evidenceIn(value: Wire): Evidence | undefined {
  if (!Array.isArray(value)) return isSeen(value) ? { seen: value, proof: undefined } : undefined;
  const [seen, proof] = value as readonly Wire[];
  if (value.length !== 2 || !isSeen(seen) || !(proof instanceof Uint8Array)) return undefined;
  return proof.length > SIGNATURE_BYTES && proof.length <= wireLimits.proofBytes ? { seen, proof } : undefined;
}

function isSeen(value: Wire | undefined): value is Seen {
  return value === null || value === HUNG_UP;
}

export function isPeerId(text: unknown): text is PeerId {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}

/** Last writer wins: higher clock, then higher author, then higher id. The same answer on every peer. */
export function isNewer(
  a: { readonly hlc: Hlc; readonly author: PeerId; readonly id?: RecordId | undefined },
  b: { readonly hlc: Hlc; readonly author: PeerId; readonly id?: RecordId | undefined },
): boolean {
  if (a.hlc !== b.hlc) return a.hlc > b.hlc;
  if (a.author !== b.author) return a.author > b.author;
  return (a.id ?? '') > (b.id ?? '');
}
