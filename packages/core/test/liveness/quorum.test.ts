import { expect, test } from 'vitest';
import { ada, type Bench, bench, link, QUIET, self, vouchOf } from '../support/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { accusation, forge, record } from '../support/records.ts';

/** A room of twenty, of whom ada says that she has so many neighbours. */
function room(links = 9): Bench {
  const b = bench(QUIET, links);
  for (let n = 1; n <= 20; n++) b.member(peer(n));
  b.facts();
  return b;
}

const ignored = (b: Bench): readonly string[] => ofType(b.facts(), 'record-ignored').map(({ reason }) => reason);

/** When ada has failed here, ms after she was first accused, all at once by so many of her neighbours. */
function failsAfter(b: Bench, witnesses: number): number {
  for (let n = 0; n < witnesses; n++) b.accuse(peer(30 + n), ada, 100);
  for (let mono = 200; mono < 60_000; mono += 100) {
    b.until(mono);
    if (ofType(b.facts(), 'peer-failed').length > 0) return mono - 100;
  }
  return Number.POSITIVE_INFINITY;
}

test.each([
  // Of nine neighbours three are a quorum, of five two; a fourth makes it as short as it gets.
  [9, 2, 20_000],
  [9, 3, 4_700],
  [9, 4, 4_000],
  [9, 9, 4_000],
  [5, 1, 20_000],
  [5, 2, 5_400],
  // All there are.
  [2, 1, 20_000],
  [2, 2, 4_000],
  [1, 1, 6_000],
])('LIVE-29: one with %i neighbours, of whom %i accuse it, has failed after %i ms', (links, witnesses, ms) => {
  expect(failsAfter(room(links), witnesses)).toBe(ms);
});

test('LIVE-29: no more are asked for than there are members left', () => {
  const b = bench(QUIET, 9);
  for (const one of [self, ada, peer(2)]) b.member(one);
  for (const one of [ada, peer(2)]) b.accuse(self, one, 10);
  b.until(6_009);
  expect(ofType(b.facts(), 'peer-failed')).toEqual([]);
  b.until(6_010);
  expect(ofType(b.facts(), 'peer-failed').map(({ peer: who }) => who)).toEqual([ada, peer(2)]);
});

test('LIVE-29: who accuses as well counts those whom it did not believe before', () => {
  const b = room(2);
  b.up(ada);
  b.up(link, 4_000);
  b.accuse(peer(30), ada, 4_000);
  b.until(6_600);
  b.liveness.onHeard(link, at(6_600));
  expect(b.suspicion()).not.toContain('peer-suspected');
  b.accuse(self, ada, 6_600);
  b.until(10_599);
  expect(b.suspicion()).toEqual(['peer-suspected']);
  b.until(10_600);
  expect(b.suspicion()).toEqual(['peer-failed']);
});

test('LIVE-20: each side of a link vouches for the other at once, and again before that expires', () => {
  const b = bench({ ...QUIET, 'liveness.vouchMs': 100_000 });
  const vouched = (): readonly string[] =>
    ofType(b.facts(), 'statement-wanted').flatMap(({ kind, key, value }) =>
      kind === 'vouch' ? `${key} ${value}` : [],
    );
  b.liveness.onNeighbourUp(peer(2), at(0));
  b.liveness.onNeighbourUp(link, at(0));
  b.liveness.onWake(at(0));
  expect(vouched()).toEqual([`${peer(2)} 2`, `${link} 2`]);
  let renewed = 0;
  for (let mono = 500; mono <= 100_000; mono += 500) {
    b.liveness.onHeard(link, at(mono));
    b.until(mono);
    renewed += vouched().filter(said => said === `${link} 1`).length;
    if (mono < 40_000) expect(renewed).toBe(0);
  }
  expect([1, 2]).toContain(renewed);
});

test('LIVE-20: who got one of the first links is told again after 30 s, once, if there are more by then', () => {
  const b = bench();
  const vouched = (): readonly string[] =>
    ofType(b.facts(), 'statement-wanted').flatMap(({ kind, key, value }) =>
      kind === 'vouch' ? `${key} ${value}` : [],
    );
  const waitUntil = (end: number): readonly string[] => {
    const said: string[] = [];
    for (let mono = b.liveness.nextWakeAt() ?? end; mono <= end; mono = Math.max(mono + 1_000, 0)) {
      for (const who of [ada, link, peer(2)]) b.liveness.onHeard(who, at(mono));
      b.until(mono);
      said.push(...vouched());
    }
    return said;
  };
  b.up(ada);
  b.up(link, 1_000);
  b.up(peer(2), 1_000);
  expect(waitUntil(29_900)).toEqual([]);
  // The last one was told of three at once.
  expect(waitUntil(60_000)).toEqual([`${ada} 3`, `${link} 3`]);
});

test('LIVE-20: a vouch goes over the link that it is about, and nowhere else', () => {
  const b = bench();
  b.up(link);
  b.up(peer(2));
  b.sent();
  const vouch = vouchOf(self, link);
  b.liveness.onVouch(vouch, 'self', at(0));
  expect(b.sent()).toEqual([{ to: link, frame: { type: 'push', records: [vouch.bytes] } }]);
  b.liveness.onVouch(vouch, link, at(0));
  b.liveness.onVouch(vouchOf(ada, peer(2)), link, at(0));
  expect([b.sent(), b.facts()]).toEqual([[], []]);
});

test('LIVE-21: an accusation shows the newest vouch that its accuser was given', () => {
  const b = bench();
  b.member(ada);
  b.up(ada);
  const [old, latest] = [vouchOf(ada, self, 5, 1), vouchOf(ada, self, 5, 2)];
  for (const vouch of [latest, old]) b.liveness.onVouch(vouch, ada, at(3));
  b.facts();
  b.liveness.onNeighbourDown(ada, 'silent', at(10));
  expect(b.facts()).toEqual([{ type: 'statement-wanted', kind: 'accuse', key: ada, value: [null, latest.bytes] }]);
});

test('LIVE-21: it is looked at once the vouch is checked, and again by who knows the pair', () => {
  const b = room();
  const vouch = vouchOf(ada, link, 9);
  b.liveness.onRecordAccepted(accusation(link, ada, 10, 9), link, 'push', at(10));
  expect(b.facts()).toEqual([{ type: 'record-offered', bytes: vouch.bytes, from: 'carried', path: 'sync' }]);
  b.liveness.onVouch(vouch, 'carried', at(11));
  expect(b.facts().map(({ type }) => type)).toEqual(['record-stored', 'peer-suspected']);
  b.liveness.onRecordAccepted(accusation(link, ada, 20, 9), link, 'push', at(20));
  expect(b.facts().map(({ type }) => type)).toEqual(['record-stored']);
});

test.each([
  ['for somebody else', vouchOf(ada, peer(2))],
  ['of somebody else', vouchOf(peer(2), link)],
  ['that is none', record({ author: ada, key: link })],
])('LIVE-21: an accusation with a vouch %s is not looked at', (_, proof) => {
  const b = room();
  const said = record({ kind: 'accuse', author: link, key: ada, at: 10, value: [null, proof.bytes] });
  b.liveness.onRecordAccepted(said, link, 'push', at(10));
  expect(ignored(b)).toEqual(['no-proof']);
  expect(b.liveness.suspected()).toBe(0);
});

test('LIVE-21: an accusation whose vouch is forged leaves no trace, and at most 256 wait to be checked', () => {
  const b = room();
  const first = vouchOf(ada, link, 9);
  b.liveness.onRecordAccepted(accusation(link, ada, 10, 9), link, 'push', at(10));
  for (let n = 0; n < 256; n++) {
    const proof = forge(vouchOf(ada, peer(1_000 + n))).bytes;
    const said = record({ kind: 'accuse', author: peer(1_000 + n), key: ada, at: 10, value: [null, proof] });
    b.liveness.onRecordAccepted(said, link, 'push', at(10));
  }
  expect(new Set(b.facts().map(({ type }) => type))).toEqual(new Set(['record-offered']));
  // The last forgery has taken the place of the first accusation.
  b.liveness.onVouch(first, 'carried', at(11));
  expect([b.facts(), b.liveness.suspected()]).toEqual([[], 0]);
});

test('LIVE-22: who shows no vouch makes no suspect alone, nor do two, nor any number of strangers', () => {
  const b = room();
  for (let n = 0; n < 100; n++) b.claim(peer(1_000 + n), ada, 10);
  for (const one of [peer(2), peer(3)]) b.claim(one, ada, 10);
  expect(b.liveness.suspected()).toBe(0);
  b.until(60_000);
  expect(b.suspicion()).toEqual([]);
});

test('LIVE-22: three members do, and the suspect has 20 s to answer', () => {
  const b = room();
  for (const one of [peer(2), peer(3), peer(4)]) b.claim(one, ada, 10);
  expect(b.suspicion()).toEqual(['peer-suspected']);
  b.until(20_009);
  expect(b.suspicion()).toEqual(['peers-unreachable']);
  b.until(20_010);
  expect(b.suspicion()).toEqual(['peer-failed']);
});

test('LIVE-11: accusations without a vouch have 256 places of their own, 16 of each accuser', () => {
  const b = room();
  for (let n = 0; n < 16; n++) b.claim(peer(500), peer(2_000 + n), 10);
  expect(ignored(b)).toEqual([]);
  b.claim(peer(500), peer(2_016), 10);
  expect(ignored(b)).toEqual(['quota']);
  for (let n = 16; n < 256; n++) b.claim(peer(500 + (n >> 4)), peer(2_000 + n), 10);
  expect(ignored(b)).toEqual([]);
  b.claim(peer(600), peer(2_500), 10);
  expect(ignored(b)).toEqual(['quota']);
  b.accuse(peer(30), ada, 10);
  expect(b.suspicion()).toEqual(['peer-suspected']);
});

test('LIVE-27: a fifth neighbour says nothing more, and takes it for a suspect itself', () => {
  const said = (accusers: number): number => {
    const b = room();
    b.up(ada);
    for (let n = 0; n < accusers; n++) b.accuse(peer(30 + n), ada, 5_100);
    b.until(5_500);
    b.facts();
    b.liveness.onNeighbourDown(ada, 'silent', at(6_000));
    return ofType(b.facts(), 'statement-wanted').length;
  };
  expect([said(3), said(4)]).toEqual([1, 0]);
});

test('LIVE-28: links with a suspect are given up for other uses after 6 s, also while it is too early to say that it failed', () => {
  const b = room();
  b.accuse(peer(30), ada, 10);
  b.until(6_009);
  expect(b.suspicion()).toEqual(['peer-suspected']);
  b.until(6_010);
  expect(b.suspicion()).toEqual(['peers-unreachable']);
  b.member(ada, 6_100);
  expect(b.suspicion()).toEqual(['peers-cleared']);
});
