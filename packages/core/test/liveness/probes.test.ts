import { expect, test } from 'vitest';
import { decodeSignal, type Signal } from '../../src/wire/signal.ts';
import { ada, type Bench, bench, link, self, vouchOf } from '../support/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';

/** What was sent round a link, to whom. */
function signalled(b: Bench): readonly (Signal & { readonly to: string })[] {
  return ofType(b.facts(), 'signal-out').map(({ to, payload, detour }) => {
    const signal = decodeSignal(payload);
    if (!signal.ok || !detour) throw new Error('no question and no answer');
    return { ...signal.value, to };
  });
}

const accused = (b: Bench): readonly string[] =>
  ofType(b.facts(), 'statement-wanted').flatMap(({ kind, key }) => (kind === 'accuse' ? [key] : []));

test('LIVE-23: with the ping a silent neighbour is asked for by other ways as well, once', () => {
  const b = bench();
  b.up(ada);
  b.until(4_999);
  expect(signalled(b)).toEqual([]);
  b.until(5_000);
  expect(signalled(b)).toMatchObject([{ type: 'probe', to: ada }]);
  b.until(6_400);
  expect(signalled(b)).toEqual([]);
});

test('LIVE-23: also when a ping that measures was not answered already', () => {
  const b = bench({ 'liveness.rttMs': 4_000 });
  b.up(ada);
  b.until(4_900);
  expect(signalled(b)).toEqual([]);
  b.until(5_000);
  expect(signalled(b)).toHaveLength(1);
  b.until(6_499);
  expect(ofType(b.facts(), 'neighbour-silent')).toEqual([]);
  b.until(6_500);
  expect(ofType(b.facts(), 'neighbour-silent')).toHaveLength(1);
});

test.each([
  ['answers by another way is not accused', 5_900, []],
  ['was heard of before it fell silent is', 100, [ada]],
])('LIVE-23: whoever %s; the link is given up either way', (_, answeredAt, expected) => {
  const b = bench();
  b.member(ada);
  b.up(ada);
  b.until(answeredAt);
  b.liveness.onVouch(vouchOf(ada, self, 5, answeredAt), 'carried', at(answeredAt));
  b.facts();
  b.until(6_400);
  expect(b.facts().filter(({ type }) => type === 'neighbour-silent')).toEqual([]);
  b.until(6_500);
  const facts = b.facts();
  expect(ofType(facts, 'neighbour-silent')).toHaveLength(1);
  expect(ofType(facts, 'statement-wanted').map(({ key }) => key)).toEqual(expected);
});

test('LIVE-23: an old vouch is no answer', () => {
  const b = bench();
  b.member(ada);
  b.up(ada);
  b.liveness.onVouch(vouchOf(ada, self, 5, 0), ada, at(10));
  b.until(5_900);
  b.liveness.onVouch(vouchOf(ada, self, 5, 0), 'carried', at(5_900));
  b.facts();
  b.until(6_500);
  expect(accused(b)).toEqual([ada]);
});

test.each([
  ['closed', []],
  ['hung-up', [ada]],
] as const)(
  'LIVE-23: when a link is %s the answer to the question counts as well, unless the other stack ended it',
  (reason, expected) => {
    const b = bench();
    b.member(ada);
    b.up(ada);
    b.liveness.onNeighbourDown(ada, reason, at(10));
    expect(signalled(b)).toHaveLength(reason === 'closed' ? 1 : 0);
    b.liveness.onVouch(vouchOf(ada, self, 5, 50), 'carried', at(50));
    b.until(2_000);
    expect(accused(b)).toEqual(expected);
  },
);

test('LIVE-23: a fresh vouch clears a suspect here', () => {
  const b = bench();
  b.member(ada);
  b.accuse(peer(2), ada, 10);
  b.facts();
  b.liveness.onVouch(vouchOf(ada, self, 5, 20), 'carried', at(20));
  expect(b.suspicion()).toEqual(['peers-cleared']);
});

/** This node has vouched for `who`. */
function given(b: Bench, ...who: readonly (typeof link)[]): void {
  for (const one of who) b.liveness.onVouch(vouchOf(self, one), 'self', at(0));
  b.facts();
}

const answering = (b: Bench): readonly string[] =>
  ofType(b.facts(), 'statement-wanted').map(({ kind, key }) => `${kind} ${key}`);

test('LIVE-24: a question is answered by a fresh vouch, once in however many copies it comes', () => {
  const b = bench();
  given(b, link);
  for (let copy = 0; copy < 3; copy++) b.liveness.onProbed(link, 7, at(copy));
  expect(answering(b)).toEqual([`vouch ${link}`]);
  const vouch = vouchOf(self, link, 5, 10);
  b.liveness.onVouch(vouch, 'self', at(10));
  expect(signalled(b)).toEqual([{ type: 'alive', session: 7, record: vouch.bytes, to: link }]);
  b.liveness.onVouch(vouchOf(self, link, 5, 20), 'self', at(20));
  expect(signalled(b)).toEqual([]);
});

test('LIVE-24: who was never vouched for, or too long ago, gets none', () => {
  const b = bench();
  b.liveness.onProbed(peer(9), 1, at(0));
  expect(answering(b)).toEqual([]);
  given(b, link);
  b.liveness.onProbed(link, 1, at(7_199_000));
  expect(answering(b)).toHaveLength(1);
  b.liveness.onProbed(link, 2, at(7_200_000));
  expect(answering(b)).toEqual([]);
});

test('LIVE-24: four answers at once, and one more each second', () => {
  const b = bench();
  given(b, link);
  const ask = (times: number, mono: number): number => {
    for (let n = 0; n < times; n++) b.liveness.onProbed(link, mono + n, at(mono));
    return answering(b).length;
  };
  expect(ask(9, 1_000)).toBe(4);
  expect(ask(9, 2_000)).toBe(1);
});
