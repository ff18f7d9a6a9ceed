import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Fact } from '../../src/fact.ts';
import { hlcAt } from '../../src/identity/hlc.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { fromHex, toCharacters, toHex, utf8 } from '../../src/lib/bytes.ts';
import type { Rng } from '../../src/lib/rng.ts';
import { createSync, type Sync, type SyncFrame } from '../../src/sync/sync.ts';
import type { Digest, PeerId, RecordId } from '../../src/types.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { at, peer, WALL } from './peers.ts';
import { createRecorder } from './recorder.ts';
import { record } from './records.ts';
import { rngOf } from './seed.ts';

const SAMPLES = { state: record({ kind: 'state' }), presence: record({ kind: 'presence' }) } as const;

/** Cheap to make in thousands: what sync reads of a record, and bytes that name it. */
export function fakeRecord(rng: Rng, ageMs: number, size = 40, kind: 'state' | 'presence' = 'state'): SignedRecord {
  const digest = Array.from({ length: 8 }, () => rng.uint32().toString(16).padStart(8, '0')).join('');
  const id = digest.slice(0, 32) as RecordId;
  const bytes = new Uint8Array(size);
  bytes.set(utf8(id));
  return {
    ...SAMPLES[kind],
    value: SAMPLES[kind].value,
    id,
    digest: toCharacters(fromHex(digest)!) as Digest,
    hlc: hlcAt(WALL - ageMs),
    bytes,
    size,
    rest: () => undefined,
  };
}

export interface Side {
  readonly peer: PeerId;
  readonly sync: Sync;
  readonly records: Map<string, SignedRecord>;
  readonly sent: Frame[];
  readonly sentTo: Set<PeerId>;
  readonly facts: Fact[];
  /** Its links take no bulk. */
  full: boolean;
  store(said: SignedRecord, path?: 'push' | 'sync'): void;
  drop(said: SignedRecord): void;
}

export interface Mesh {
  readonly sides: readonly Side[];
  /** `from` dials `to`; all reconcile until nothing is on its way. A second link of two is none. */
  link(from: Side, to: Side): void;
  unlink(from: Side, to: Side): void;
  /** Delivers frames and wakes nodes until `mono`. */
  run(mono: number): void;
  readonly mono: number;
}

export interface Pair {
  readonly a: Side;
  readonly b: Side;
  /** `a` dials `b`. */
  linkUp(): void;
  linkDown(): void;
  run(mono: number): void;
  readonly mono: number;
}

export function createPair(config: ConfigOverrides = {}, seed = 1): Pair {
  const mesh = createMesh(2, config, seed);
  const [a, b] = mesh.sides as [Side, Side];
  return {
    a,
    b,
    linkUp: () => mesh.link(a, b),
    linkDown: () => mesh.unlink(a, b),
    run: mesh.run,
    get mono() {
      return mesh.mono;
    },
  };
}

export function createMesh(size: number, config: ConfigOverrides = {}, seed = 1): Mesh {
  const byBytes = new Map<string, SignedRecord>();
  const inFlight: { readonly to: PeerId; readonly from: Side; readonly bytes: Uint8Array }[] = [];
  const links = new Set<string>();
  let mono = 0;

  const createSide = (n: number): Side => {
    const recorder = createRecorder();
    const side: Side = {
      peer: peer(n),
      records: new Map(),
      sent: [],
      sentTo: new Set(),
      facts: [],
      full: false,
      sync: createSync({
        config: makeConfig(config),
        rng: rngOf(n, seed),
        outbox: {
          ...recorder.outbox,
          isOpen: () => !side.full,
          send(to, frame) {
            side.sent.push(frame);
            side.sentTo.add(to);
            inFlight.push({ to, from: side, bytes: encodeFrame(frame) });
          },
          fact: fact => {
            side.facts.push(fact);
            if (fact.type === 'record-offered') side.store(byBytes.get(toHex(fact.bytes))!, 'sync');
          },
        },
      }),
      store(said, path = 'push') {
        byBytes.set(toHex(said.bytes), said);
        if (side.records.has(said.id)) return;
        side.records.set(said.id, said);
        side.sync.onRecordStored({ type: 'record-stored', record: said, from: side.peer, path, kept: true }, at(mono));
      },
      drop(said) {
        side.records.delete(said.id);
        side.sync.onRecordDropped(said);
      },
    };
    return side;
  };
  const sides = Array.from({ length: size }, (_, n) => createSide(n + 1));
  const byPeer = new Map(sides.map(side => [side.peer, side]));

  const deliver = (): void => {
    for (let next = inFlight.shift(); next !== undefined; next = inFlight.shift()) {
      const frame = decodeFrame(next.bytes);
      if (!frame.ok) throw new Error(`an honest frame was refused: ${frame.code}`);
      const { sync } = byPeer.get(next.to)!;
      if (frame.value.type === 'offer') sync.onOffer(next.from.peer, at(mono));
      else sync.onFrame(next.from.peer, frame.value as SyncFrame, at(mono));
    }
  };

  return {
    sides,
    link(from, to) {
      if (from === to || links.has(from.peer + to.peer)) return;
      links.add(from.peer + to.peer).add(to.peer + from.peer);
      from.sync.onNeighbourUp(to.peer, true, at(mono));
      to.sync.onNeighbourUp(from.peer, false, at(mono));
      deliver();
    },
    unlink(from, to) {
      links.delete(from.peer + to.peer);
      links.delete(to.peer + from.peer);
      from.sync.onNeighbourDown(to.peer, at(mono));
      to.sync.onNeighbourDown(from.peer, at(mono));
    },
    run(until) {
      for (;;) {
        const due = Math.min(...sides.map(({ sync }) => sync.nextWakeAt() ?? Infinity));
        if (due > until) break;
        mono = Math.max(mono, due);
        for (const { sync } of sides) if ((sync.nextWakeAt() ?? Infinity) <= mono) sync.onWake(at(mono));
        deliver();
      }
      mono = Math.max(mono, until);
    },
    get mono() {
      return mono;
    },
  };
}

export function ids(side: Side): readonly string[] {
  return [...side.records.keys()].sort();
}
