import { sha256 } from '@noble/hashes/sha2.js';
import { hlcAt } from '../../src/identity/hlc.ts';
import {
  assemble,
  bodyOf,
  encodeBody,
  type Kind,
  networkIdOf,
  type Seen,
  type SignedRecord,
  type Statement,
  signedBytes,
} from '../../src/identity/record.ts';
import { concatBytes, equalBytes, utf8 } from '../../src/lib/bytes.ts';
import { createPolicy } from '../../src/policy/policy.ts';
import type { Hlc, PeerId, WallMs, Wire } from '../../src/types.ts';
import { peer, WALL } from './peers.ts';

export const APP = 'test.app';
export const ROOM = 'room';
export const NETWORK: Uint8Array = networkIdOf(APP, ROOM, createPolicy().terms);

/** Stands for Ed25519: deterministic, bound to author and bytes, quick. */
export function fakeSign(author: PeerId, bytes: Uint8Array): Uint8Array {
  const half = sha256(concatBytes(utf8(author), bytes));
  return concatBytes(half, half);
}

export function fakeVerify(author: PeerId, signature: Uint8Array, bytes: Uint8Array): boolean {
  return equalBytes(signature, fakeSign(author, bytes));
}

export interface Said {
  readonly author?: PeerId;
  readonly kind?: Kind;
  readonly seq?: number;
  /** Wall milliseconds after the start of the test. */
  readonly at?: number;
  readonly hlc?: number;
  readonly exp?: number;
  readonly key?: string;
  readonly value?: Wire;
  readonly network?: Uint8Array;
}

export function statement(said: Said = {}): Statement {
  const kind = said.kind ?? 'state';
  const hlc = (said.hlc ?? hlcAt(WALL + (said.at ?? 0))) as Hlc;
  const wall = WALL + (said.at ?? 0);
  const kept = kind === 'state' || kind === 'state-delete';
  return {
    author: said.author ?? peer(1),
    kind,
    seq: said.seq ?? 1,
    hlc,
    exp: (said.exp ?? (kept ? 0 : wall + 180_000)) as WallMs,
    key: said.key ?? (kind === 'presence' || kind === 'leave' || kind === 'here' ? '' : 'key'),
    value: said.value ?? defaultValue(kind, hlc),
  };
}

export function record(said: Said = {}): SignedRecord {
  const stated = statement(said);
  const body = encodeBody(said.network ?? NETWORK, stated);
  return assemble(stated, body, fakeSign(stated.author, signedBytes(body)));
}

/** The same body under a signature that nobody made. `n` tells forgeries apart. */
export function forge(genuine: SignedRecord, n = 1): SignedRecord {
  const signature = new Uint8Array(64).fill(n);
  return assemble(genuine, bodyOf(genuine), signature);
}

/** By a neighbour, with the accused's word that it is one; `links`: how many the accused said it has. */
export function accusation(by: PeerId, of: PeerId, mono: number, links = 1, seen: Seen = null): SignedRecord {
  const proof = record({ kind: 'vouch', author: of, key: by, value: links, at: 0 }).bytes;
  return record({ kind: 'accuse', author: by, key: of, at: mono, value: [seen, proof] });
}

function defaultValue(kind: Kind, hlc: Hlc): Wire {
  if (kind === 'presence') return [hlc, { name: 'Ada' }];
  if (kind === 'leave') return hlc;
  return kind === 'state-delete' || kind === 'accuse' ? null : 1;
}
