/** A second reader, written from docs/protocol.md alone: no source of the project is imported here. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Item, readCbor } from './cbor-reader.ts';
import { parseCddl } from './cddl.ts';
import { fingerprintOf, hex, positionOf, shortIdOf, sketchOf, unhex } from './second-sync.ts';

const cddl = parseCddl(readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8'));
const frames = load<Frames>('frames.json');
const records = load<Records>('records.json');
const sync = load<Sync>('sync.json');

test.each(frames.frames.map(one => [one.frame.type, one] as const))(
  'WIRE-20: docs/protocol.md describes the golden %s, and as nothing else',
  (type, { bytes }) => {
    const item = readCbor(unhex(bytes.hex));
    expect(rulesOf('frame', item)).toEqual([type]);
    expect(isSound(item)).toBe(true);
  },
);

test.each(frames.signals.map(one => [one.signal.type, one] as const))(
  'WIRE-20: docs/protocol.md describes the golden signal %s, and as nothing else',
  (type, { bytes }) => expect(rulesOf('signal', readCbor(unhex(bytes.hex)))).toEqual([type]),
);

test.each(records.records.map(one => [one.statement.kind, one] as const))(
  'WIRE-20: docs/protocol.md describes the golden %s, and says its id and what is signed',
  (kind, { id, body, signed }) => {
    const bytes = unhex(body.hex);
    const item = readCbor(bytes);
    expect(rulesOf('body', item)).toEqual([kind]);
    expect(hex(sha256(bytes).subarray(0, 16))).toBe(id);
    expect(hex(Buffer.concat([Buffer.from('hearsay record 1\n'), bytes]))).toBe(signed.hex);
    expect(item.is === 'array' && item.value[1]).toEqual({ is: 'bytes', value: unhex(records.network.hex) });
  },
);

test('WIRE-20: all that docs/protocol.md describes has a vector', () => {
  const expectAll = (names: readonly string[], choice: string): void =>
    expect(new Set(names)).toEqual(new Set(cddl.choices(choice)));
  expectAll(
    frames.frames.map(({ frame }) => frame.type),
    'frame',
  );
  expectAll(
    frames.frames.flatMap(({ frame }) => frame.topics?.map(({ say }) => say) ?? []),
    'topic',
  );
  expectAll(
    frames.signals.map(({ signal }) => signal.type),
    'signal',
  );
  expectAll(
    records.records.map(({ statement }) => statement.kind),
    'body',
  );
});

test.each(frames.refused.map(one => [one.why, one] as const))('WIRE-20: %s fits no frame', (_why, { bytes }) =>
  expect(isFrame(unhex(bytes.hex))).toBe(false),
);

test.each(records.refused.map(one => [one.why, one] as const))('WIRE-20: %s fits no record', (_why, { bytes }) =>
  expect(isBody(unhex(bytes.hex))).toBe(false),
);

test('WIRE-20: the network id is that of app, room and policy', () => {
  const terms = readCbor(unhex(records.terms.hex));
  expect(terms.is === 'array' && terms.value.slice(0, 2).map(({ value }) => value)).toEqual([
    records.app,
    records.room,
  ]);
  const id = sha256(Buffer.concat([Buffer.from('hearsay network 1\n'), unhex(records.terms.hex)])).subarray(0, 8);
  expect(hex(id)).toBe(records.network.hex);
});

test('WIRE-20: sample hashes are as docs/protocol.md says', () => {
  for (const { epoch, author, hash } of records.samples) {
    const salt = Buffer.alloc(8);
    salt.writeBigUInt64BE(BigInt(epoch));
    const said = Buffer.concat([Buffer.from('hearsay sample 1\n'), salt, unhex(author)]);
    expect(Buffer.from(sha256(said)).readUInt32BE(0)).toBe(hash);
  }
});

test('WIRE-20: positions, bounds, fingerprints, short ids and sketches are as docs/protocol.md says', () => {
  const { session } = sync;
  const sorted = [...sync.records].sort((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1));
  expect(sorted).toEqual(sync.records);
  const digests: readonly string[] = sorted.map(({ digest }) => digest);
  let upper = '~';
  for (const { lower, count, fingerprint } of sync.ladder) {
    const inside = sorted.filter(one => positionOf(one) >= lower.hex && positionOf(one) < upper);
    expect(inside).toHaveLength(count);
    expect(
      fingerprintOf(
        session,
        inside.map(({ digest }) => digest),
      ),
    ).toBe(fingerprint.hex);
    upper = lower.hex;
  }
  expect(digests.map(digest => shortIdOf(session, digest))).toEqual(sync.shortIds);
  const cells = sketchOf(session, digests, 40);
  expect(cells).toBe(sync.sketch.hex);
  expect(fingerprintOf(session, digests)).toBe(sync.fingerprint.hex);
});

interface Hex {
  readonly hex: string;
}

interface Refused {
  readonly why: string;
  readonly bytes: Hex;
}

interface Frames {
  readonly frames: readonly {
    readonly frame: { readonly type: string; readonly topics?: readonly { readonly say: string }[] };
    readonly bytes: Hex;
  }[];
  readonly signals: readonly { readonly signal: { readonly type: string }; readonly bytes: Hex }[];
  readonly refused: readonly Refused[];
}

interface Records {
  readonly app: string;
  readonly room: string;
  readonly terms: Hex;
  readonly network: Hex;
  readonly samples: readonly { readonly epoch: number; readonly author: string; readonly hash: number }[];
  readonly records: readonly {
    readonly statement: { readonly kind: string };
    readonly id: string;
    readonly body: Hex;
    readonly signed: Hex;
  }[];
  readonly refused: readonly Refused[];
}

interface Sync {
  readonly session: number;
  readonly records: readonly { readonly digest: string; readonly hlc: number }[];
  readonly ladder: readonly { readonly lower: Hex; readonly count: number; readonly fingerprint: Hex }[];
  readonly fingerprint: Hex;
  readonly shortIds: readonly string[];
  readonly sketch: Hex;
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function rulesOf(choice: string, item: Item): readonly string[] {
  return cddl.choices(choice).filter(name => cddl.matches(name, item));
}

function isFrame(bytes: Uint8Array): boolean {
  const item = itemOf(bytes);
  return item !== undefined && rulesOf('frame', item).length === 1 && isSound(item);
}

function isBody(bytes: Uint8Array): boolean {
  const item = itemOf(bytes);
  return item !== undefined && rulesOf('body', item).length === 1 && isSoundBody(item);
}

function itemOf(bytes: Uint8Array): Item | undefined {
  try {
    return readCbor(bytes);
  } catch {
    return undefined;
  }
}

/** What the page says of frames in words. */
function isSound(item: Item): boolean {
  const [type, first, second] = item.is === 'array' ? item.value : [];
  if (type?.value === 2) return areTopicsSound(second?.is === 'array' ? second.value : []);
  return first?.is !== 'bytes' || first.value.length % 8 === 0;
}

function areTopicsSound(topics: readonly Item[]): boolean {
  const fields = topics.map(topic => (topic.is === 'array' ? topic.value : []));
  const domains = fields.map(([domain]) => domain?.value);
  return new Set(domains).size === domains.length && fields.every(isTopicSound);
}

function isTopicSound([, saying, ...fields]: readonly Item[]): boolean {
  const bytes = fields.map(field => (field.is === 'bytes' ? hex(field.value) : ''));
  const place = (at: number): string => bytes[at]!.padEnd(40, '0');
  const isRange = (): boolean => bytes[1] === '' || place(0) < place(1);
  switch (saying?.value) {
    case 0:
      return fields.every((_field, at) => at % 3 !== 0 || at === 0 || place(at) < place(at - 3));
    case 5:
      return bytes[0] === '' || place(1) < place(0);
    case 1:
      return isRange() && bytes[2]!.length % 10 === 0;
    case 2:
      return isRange() && bytes[3]!.length % 16 === 0;
    case 4:
      return isRange() && bytes[2]!.length % 8 === 0;
    default:
      return isRange();
  }
}

/** Counts are integers, also where they are written as doubles, and accused peers are hex. */
function isSoundBody(item: Item): boolean {
  const fields = item.is === 'array' ? item.value : [];
  const counts = fields.slice(4, 7).map(({ value }) => value);
  if (!counts.every(count => Number.isSafeInteger(count) && (count as number) >= 0)) return false;
  return fields[3]?.value !== 7 || /^[0-9a-f]{64}$/.test(String(fields[7]?.value));
}
