/** Signature vectors from files: the project's own, and the larger shared set where a checkout has it beside. */
import { existsSync, readFileSync } from 'node:fs';
import { utf8 } from '../../src/lib/bytes.ts';
import type { PeerId } from '../../src/types.ts';

export interface Vector {
  readonly label: string;
  readonly kind: string;
  readonly key: PeerId;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly accept: boolean;
}

export interface RfcVector {
  readonly name: string;
  readonly seed: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

export const craftedFile: URL = new URL('../vectors/ed25519-crafted.json', import.meta.url);
const sharedFolder = new URL('../../../../../shared/vectors/ed25519/', import.meta.url);

export function craftedVectors(): readonly Vector[] {
  return readRows(craftedFile).map((row, i) => vector(`crafted ${i}`, row['class']!, row, row['key']!, row['accept']));
}

export function rfc8032Vectors(): readonly RfcVector[] {
  return readRows(new URL('../vectors/ed25519-rfc8032.json', import.meta.url)) as unknown as readonly RfcVector[];
}

/** The shared set with rule U's answers, or `undefined` where it is not beside this checkout. */
export function sharedVectors(): readonly Vector[] | undefined {
  if (!existsSync(sharedFolder)) return undefined;
  const speccheck = readRows(new URL('speccheck.json', sharedFolder)).map((row, i) =>
    vector(`speccheck ${i}`, 'speccheck', row, row['pub_key']!, false),
  );
  const cctv = readRows(new URL('cctv.json', sharedFolder)).map((row, i) => ({
    label: `cctv ${i}`,
    kind: 'cctv',
    key: row['key'] as PeerId,
    message: utf8(row['msg']!),
    signature: bytes(row['sig']!),
    // Flags name what is odd about a case: the only one without any is honest.
    accept: row['flags'] === null,
  }));
  const crafted = readRows(new URL('crafted.json', sharedFolder)).map((row, i) =>
    vector(`shared ${i}`, row['kind']!, row, row['key']!, row['accept']),
  );
  return [...speccheck, ...cctv, ...crafted];
}

type Row = Readonly<Record<string, string>>;

function vector(label: string, kind: string, row: Row, key: string, accept: unknown): Vector {
  return {
    label: `${label} (${kind})`,
    kind,
    key: key as PeerId,
    message: bytes(row['message']!),
    signature: bytes(row['signature']!),
    accept: accept === true,
  };
}

function readRows(file: URL): readonly Row[] {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
