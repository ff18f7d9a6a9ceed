import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Fact } from '../../src/fact.ts';
import { hlcAt } from '../../src/identity/hlc.ts';
import type { SignedRecord } from '../../src/identity/record.ts';
import { toHex, utf8 } from '../../src/lib/bytes.ts';
import type { Rng } from '../../src/lib/rng.ts';
import { createSync, type Sync, type SyncFrame } from '../../src/sync/sync.ts';
import type { PeerId, RecordId } from '../../src/types.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame.ts';
import { at, peer, WALL } from './peers.ts';
import { createRecorder } from './recorder.ts';
import { record } from './records.ts';
import { rngOf } from './seed.ts';

/** Cheap to make in thousands: what sync reads of a record, and bytes that name it. */
export function fakeRecord(rng: Rng, ageMs: number, size = 40): SignedRecord {
  const id = Array.from({ length: 4 }, () => rng.uint32().toString(16).padStart(8, '0')).join('') as RecordId;
  const bytes = new Uint8Array(size);
  bytes.set(utf8(id));
  return { ...record(), id, hlc: hlcAt(WALL - ageMs), bytes };
}

export interface Side {
  readonly peer: PeerId;
  readonly sync: Sync;
  readonly records: Map<string, SignedRecord>;
  readonly sent: SyncFrame[];
  readonly facts: Fact[];
  store(said: SignedRecord, path?: 'push' | 'sync'): void;
}

export interface Pair {
  readonly a: Side;
  readonly b: Side;
  /** `a` dials `b`; both reconcile until nothing is on its way. */
  linkUp(): void;
  /** Delivers frames and wakes both until `mono`. */
  run(mono: number): void;
  readonly mono: number;
}

export function createPair(config: ConfigOverrides = {}, seed = 1): Pair {
  const byBytes = new Map<string, SignedRecord>();
  let mono = 0;
  const inFlight: { readonly to: Side; readonly from: Side; readonly bytes: Uint8Array }[] = [];

  const createSide = (n: number): Side => {
    const recorder = createRecorder();
    const side: Side = {
      peer: peer(n),
      records: new Map(),
      sent: [],
      facts: [],
      sync: createSync({
        config: makeConfig(config),
        rng: rngOf(n, seed),
        outbox: {
          ...recorder.outbox,
          send(_to, frame) {
            side.sent.push(frame as SyncFrame);
            inFlight.push({ to: side === a ? b : a, from: side, bytes: encodeFrame(frame) });
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
    };
    return side;
  };
  const a = createSide(1);
  const b = createSide(2);

  const deliver = (): void => {
    for (let next = inFlight.shift(); next !== undefined; next = inFlight.shift()) {
      const frame = decodeFrame(next.bytes);
      if (!frame.ok) throw new Error(`an honest frame was refused: ${frame.code}`);
      next.to.sync.onFrame(next.from.peer, frame.value as SyncFrame, at(mono));
    }
  };

  const pair: Pair = {
    a,
    b,
    linkUp() {
      a.sync.onNeighbourUp(b.peer, true, at(mono));
      b.sync.onNeighbourUp(a.peer, false, at(mono));
      deliver();
    },
    run(until) {
      for (;;) {
        const due = Math.min(a.sync.nextWakeAt() ?? Infinity, b.sync.nextWakeAt() ?? Infinity);
        if (due > until) break;
        mono = Math.max(mono, due);
        for (const side of [a, b]) if ((side.sync.nextWakeAt() ?? Infinity) <= mono) side.sync.onWake(at(mono));
        deliver();
      }
      mono = until;
    },
    get mono() {
      return mono;
    },
  };
  return pair;
}

export function ids(side: Side): readonly string[] {
  return [...side.records.keys()].sort();
}
