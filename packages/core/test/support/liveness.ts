import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import type { Fact } from '../../src/fact.ts';
import { readRecord, type Seen, type SignedRecord } from '../../src/identity/record.ts';
import { createLiveness, type Liveness } from '../../src/liveness/liveness.ts';
import type { Outbox } from '../../src/outbox.ts';
import type { PeerId, Wire } from '../../src/types.ts';
import { at, peer } from './peers.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { accusation, NETWORK, record } from './records.ts';
import { rngOf } from './seed.ts';

export const self: PeerId = peer(100);
export const link: PeerId = peer(50);
export const ada: PeerId = peer(1);
/** Round trips are measured rarely, so that pings are about silence. */
export const QUIET: ConfigOverrides = { 'liveness.rttMs': 600_000 };

export interface Bench extends Recorder {
  readonly liveness: Liveness;
  /** A new neighbour whose first round trip has been measured. */
  up(who: PeerId, mono?: number): void;
  /** Wakes exactly when asked for, up to `mono`; never twice without progress. */
  until(mono: number): void;
  /** By one for whom the accused has vouched. */
  accuse(by: PeerId, of?: PeerId, mono?: number, seen?: Seen): SignedRecord;
  /** By anybody. */
  claim(by: PeerId, of?: PeerId, mono?: number, value?: Wire): SignedRecord;
  member(who?: PeerId, mono?: number, region?: string): void;
  /** What `by` says of a region. */
  unreach(by: PeerId, region: string, mono?: number): SignedRecord;
  suspicion(): readonly string[];
  /** All facts but the questions that are sent round a silent link. */
  news(): readonly Fact[];
}

/** `links`: how many neighbours whoever is accused has, by its own word. */
export function bench(config: ConfigOverrides = QUIET, links = 5, region?: string): Bench {
  const recorder = createRecorder();
  /** The overlay drops a silent neighbour at once; here the bench does. */
  const silent: PeerId[] = [];
  const outbox: Outbox = {
    ...recorder.outbox,
    fact(fact) {
      recorder.outbox.fact(fact);
      if (fact.type === 'neighbour-silent') silent.push(fact.peer);
    },
  };
  const read = (bytes: Uint8Array): ReturnType<typeof readRecord> => readRecord(bytes, NETWORK);
  const liveness = createLiveness(
    { self, region, config: makeConfig(config), outbox, rng: rngOf(0, 1), read, view: () => 0 },
    at(0),
  );
  let last = Number.NEGATIVE_INFINITY;
  const accept = (said: SignedRecord, mono: number): void => {
    liveness.onRecordAccepted(said, link, 'push', at(mono));
  };
  return {
    ...recorder,
    liveness,
    until(mono) {
      for (let due = liveness.nextWakeAt(); due !== undefined && due <= mono; due = liveness.nextWakeAt()) {
        if (due <= last) throw new Error(`woken again at ${due}`);
        last = due;
        liveness.onWake(at(due));
        for (const { to } of recorder.sent()) liveness.onSent(to, at(due));
        for (const lost of silent.splice(0)) liveness.onNeighbourDown(lost, 'silent', at(due));
      }
    },
    up(who, mono = 0) {
      liveness.onNeighbourUp(who, at(mono));
      liveness.onWake(at(mono));
      recorder.sent();
      liveness.onSent(who, at(mono));
      liveness.onHeard(who, at(mono));
      recorder.facts();
    },
    accuse(by, of = ada, mono = 0, seen = null) {
      const said = accusation(by, of, mono, links, seen);
      accept(said, mono);
      liveness.onVouch(vouchOf(of, by, links), 'carried', at(mono));
      return said;
    },
    claim(by, of = ada, mono = 0, value = null) {
      const said = record({ kind: 'accuse', author: by, key: of, at: mono, value });
      accept(said, mono);
      return said;
    },
    member(who = ada, mono = 0, theirs) {
      const value = [1, null, ...(theirs === undefined ? [] : [theirs])];
      const said = record({ kind: 'presence', author: who, at: mono, value });
      accept(said, mono);
      liveness.onRecordStored(said, at(mono));
    },
    unreach(by, of, mono = 0) {
      const said = record({ kind: 'unreach', author: by, key: of, at: mono, value: null });
      accept(said, mono);
      return said;
    },
    news: () => recorder.facts().filter(({ type }) => type !== 'signal-out'),
    suspicion: () =>
      recorder
        .facts()
        .map(fact => fact.type)
        .filter(type => /^peers?-/.test(type) || type === 'self-suspected'),
  };
}

export function vouchOf(author: PeerId, key: PeerId, links = 5, mono = 0): SignedRecord {
  return record({ kind: 'vouch', author, key, value: links, at: mono });
}
