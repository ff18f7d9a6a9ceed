import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig } from '../../src/config.ts';
import { readRecord } from '../../src/identity/record.ts';
import { createLiveness, type Liveness } from '../../src/liveness/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { createRecorder, ofType, type Recorder } from '../support/recorder.ts';
import { accusation, NETWORK, record } from '../support/records.ts';
import { rngOf } from '../support/seed.ts';

const ada = peer(1);
const QUIET: ConfigOverrides = { 'liveness.rttMs': 600_000 };

function bench(): Recorder & { readonly liveness: Liveness; state(mono: number, ...activity: number[]): void } {
  const recorder = createRecorder();
  const config = makeConfig(QUIET);
  const read = (bytes: Uint8Array): ReturnType<typeof readRecord> => readRecord(bytes, NETWORK);
  const tools = {
    self: peer(100),
    region: undefined,
    config,
    outbox: recorder.outbox,
    rng: rngOf(0, 1),
    read,
    view: () => 0,
  };
  const liveness = createLiveness(tools, at(0));
  return {
    ...recorder,
    liveness,
    state(mono, ...activity) {
      const said = record({ kind: 'presence', author: ada, at: mono, value: [1, null, ...activity] });
      liveness.onRecordAccepted(said, peer(50), 'push', at(mono));
      liveness.onRecordStored(said, at(mono));
    },
  };
}

const accused = (b: Recorder): readonly string[] =>
  ofType(b.facts(), 'statement-wanted').flatMap(({ kind, key }) => (kind === 'accuse' ? [key] : []));

test('LIVE-19: a neighbour that said that it sleeps is given up when it is silent, and not accused', () => {
  for (const [activity, expected] of [
    [[2], []],
    [[1], [ada]],
    [[], [ada]],
  ] as const) {
    const b = bench();
    b.state(0, ...activity);
    b.liveness.onNeighbourUp(ada, at(0));
    b.liveness.onWake(at(5_000));
    b.liveness.onWake(at(7_000));
    expect(ofType(b.facts(), 'neighbour-silent')).toEqual([{ type: 'neighbour-silent', peer: ada }]);
    b.liveness.onNeighbourDown(ada, 'silent', at(7_000));
    expect(accused(b)).toEqual(expected);
  }
});

test('LIVE-19: one whose link closed, or that is doubted, is not accused either; one whose stack hung up is', () => {
  for (const [reason, expected] of [
    ['closed', []],
    ['hung-up', [ada]],
  ] as const) {
    const b = bench();
    b.state(0, 2);
    b.liveness.onNeighbourUp(ada, at(0));
    b.liveness.onNeighbourDown(ada, reason, at(1_000));
    b.liveness.onWake(at(3_000));
    expect(accused(b)).toEqual(expected);
  }
  const b = bench();
  b.state(0, 2);
  b.liveness.onPeerDoubted(ada, at(0));
  b.liveness.onWake(at(10_000));
  expect(accused(b)).toEqual([]);
});

test('LIVE-19: whoever accuses it makes no suspect of it, until it has said that it is awake', () => {
  const b = bench();
  const accuse = (mono: number): void => {
    b.liveness.onRecordAccepted(accusation(peer(2), ada, mono), peer(50), 'push', at(mono));
    b.liveness.onVouch(record({ kind: 'vouch', author: ada, key: peer(2), value: 1, at: 0 }), 'carried', at(mono));
  };
  b.state(0, 2);
  accuse(10);
  expect(b.liveness.suspected()).toBe(0);
  b.state(20, 1);
  accuse(30);
  expect(b.liveness.suspected()).toBe(1);
  b.state(40, 2);
  expect(b.liveness.suspected()).toBe(0);
});
