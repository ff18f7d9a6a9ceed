import { expect, test } from 'vitest';
import { ada, type Bench, bench, link, QUIET, self } from '../support/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { record } from '../support/records.ts';

test('LIVE-1: a heartbeat goes out on a link on which nothing was sent for so long', () => {
  const { liveness, sent, up } = bench();
  up(link);
  liveness.onSent(link, at(500));
  liveness.onWake(at(2_499));
  expect(sent()).toEqual([]);
  expect(liveness.nextWakeAt()).toBe(2_500);
  liveness.onWake(at(2_500));
  expect(sent()).toEqual([{ to: link, frame: { type: 'heartbeat' } }]);
});

test('LIVE-1: a link that takes no heartbeat is not due again at once', () => {
  const b = bench();
  b.up(link);
  b.liveness.onWake(at(2_000));
  expect(b.liveness.nextWakeAt()).toBe(4_000);
});

test('LIVE-2: any frame is a proof of life', () => {
  const b = bench();
  b.up(link);
  for (let mono = 0; mono < 60_000; mono += 4_900) {
    b.until(mono);
    b.liveness.onHeard(link, at(mono));
  }
  expect(b.facts()).toEqual([]);
});

test('LIVE-3: a silent neighbour is pinged, then given up', () => {
  const { liveness, sent, news, up } = bench();
  up(link);
  liveness.onSent(link, at(4_999));
  liveness.onWake(at(4_999));
  expect(sent()).toEqual([]);
  liveness.onWake(at(5_000));
  expect(sent()).toMatchObject([{ to: link, frame: { type: 'ping' } }]);
  liveness.onWake(at(6_499));
  expect(news()).toEqual([]);
  liveness.onWake(at(6_500));
  expect(news()).toEqual([{ type: 'neighbour-silent', peer: link }]);
});

test('LIVE-3: an answer to the ping starts patience anew', () => {
  const { liveness, news, up } = bench();
  up(link);
  liveness.onWake(at(5_000));
  liveness.onHeard(link, at(6_000));
  liveness.onWake(at(6_500));
  liveness.onWake(at(10_999));
  expect(news()).toEqual([]);
});

test('LIVE-3: a ping that went out late has its full time, and nobody is woken in vain meanwhile', () => {
  const b = bench();
  b.up(link);
  b.liveness.onWake(at(6_200));
  for (const { to } of b.sent()) b.liveness.onSent(to, at(6_200));
  expect(b.liveness.nextWakeAt()).toBe(7_700);
  b.until(7_699);
  expect(b.news()).toEqual([]);
  b.until(7_700);
  expect(b.news()).toEqual([{ type: 'neighbour-silent', peer: link }]);
});

test('LIVE-3: measuring round trips does not renew the patience', () => {
  const b = bench({ 'liveness.rttMs': 1_000, 'liveness.pingMs': 5_000, 'liveness.heartbeatMs': 60_000 });
  b.up(link);
  b.until(13_000);
  expect(ofType(b.facts(), 'neighbour-silent')).not.toHaveLength(0);
});

test('LIVE-4: who gives up a member accuses it; a stranger’s key is nobody’s loss', () => {
  const { liveness, facts, member } = bench();
  member(ada);
  facts();
  liveness.onNeighbourDown(ada, 'silent', at(10));
  expect(facts()).toEqual([{ type: 'statement-wanted', kind: 'accuse', key: ada, value: null }]);
  liveness.onNeighbourDown(peer(9), 'silent', at(10));
  expect(facts()).toEqual([]);
});

test.each(['goodbye', 'banned'] as const)('LIVE-4: a %s accuses nobody', reason => {
  const b = bench();
  b.member(ada);
  b.facts();
  b.up(ada);
  b.liveness.onNeighbourDown(ada, reason, at(10));
  b.until(10_000);
  expect(b.facts()).toEqual([]);
});

test('LIVE-5: a link that closed without a word accuses after a second', () => {
  const b = bench();
  b.member(ada);
  b.facts();
  b.up(ada);
  b.liveness.onNeighbourDown(ada, 'closed', at(10));
  b.until(1_009);
  expect(b.news()).toEqual([]);
  b.until(1_010);
  expect(b.news()).toMatchObject([{ type: 'statement-wanted', kind: 'accuse', key: ada }]);
});

test('LIVE-5: not when it is back by then, or has said goodbye', () => {
  const back = bench();
  back.member(ada);
  back.liveness.onNeighbourDown(ada, 'closed', at(0));
  back.liveness.onNeighbourUp(ada, at(900));
  const left = bench();
  left.member(ada);
  left.liveness.onNeighbourDown(ada, 'closed', at(0));
  left.liveness.onMemberGone(ada, at(0));
  for (const { until, facts } of [back, left]) {
    facts();
    until(1_500);
    expect(ofType(facts(), 'statement-wanted').filter(({ kind }) => kind === 'accuse')).toEqual([]);
  }
});

test('LIVE-6: an accusation makes a suspect, a newer word of the accused clears it', () => {
  const b = bench();
  b.member(ada, 0);
  b.facts();
  b.accuse(peer(2), ada, 10);
  expect(b.facts()).toMatchObject([
    { type: 'record-offered', from: 'carried' },
    { type: 'record-stored', kept: true },
    { type: 'peer-suspected', peer: ada },
  ]);
  expect(b.liveness.suspected()).toBe(1);
  b.member(ada, 11);
  expect(b.suspicion()).toEqual(['peers-cleared']);
  b.until(60_000);
  expect(b.suspicion()).toEqual([]);
});

test('LIVE-6: a word from before the accusation clears nothing, and an accusation from before the last word is void', () => {
  const b = bench();
  b.member(ada, 5);
  b.accuse(peer(2), ada, 4);
  expect(b.facts()).toEqual([{ type: 'record-ignored', reason: 'stale-accusation' }]);
  const { hlc } = b.accuse(peer(2), ada, 10);
  b.member(ada, 9);
  expect(b.suspicion()).toEqual(['peer-suspected']);
  expect([hlc, hlc + 1].map(saidAt => b.liveness.isAccusedSince(ada, saidAt))).toEqual([true, false]);
  b.member(ada, 11);
  expect(b.liveness.isAccusedSince(ada, hlc)).toBe(false);
});

test('LIVE-6: any record of the accused is a word', () => {
  const b = bench();
  b.member(ada, 0);
  b.accuse(peer(2), ada, 10);
  b.facts();
  b.liveness.onRecordAccepted(record({ author: ada, at: 11 }), link, 'push', at(20));
  expect(b.suspicion()).toEqual(['peers-cleared']);
});

test('LIVE-16: a link that the other side hung up accuses at once, and says so', () => {
  const b = bench();
  b.member(ada);
  b.facts();
  b.up(ada);
  b.liveness.onNeighbourDown(ada, 'hung-up', at(10));
  b.until(109);
  expect(b.facts()).toEqual([]);
  b.until(110);
  expect(b.facts()).toMatchObject([{ type: 'statement-wanted', kind: 'accuse', key: ada, value: 'hung-up' }]);
});

test('LIVE-16: two neighbours, or this node itself, need half a second, a lone one who is its only neighbour a second and a half', () => {
  const lone = bench(QUIET, 1);
  lone.member();
  lone.accuse(peer(2), ada, 10, 'hung-up');
  lone.until(1_509);
  expect(lone.suspicion()).not.toContain('peer-failed');
  lone.until(1_510);
  expect(lone.suspicion()).toContain('peer-failed');

  for (const witnesses of [[peer(2), peer(3)], [self]]) {
    const b = bench();
    b.member();
    for (const witness of witnesses) b.accuse(witness, ada, 10, 'hung-up');
    b.until(509);
    expect(b.suspicion()).not.toContain('peer-failed');
    b.until(510);
    expect(b.suspicion()).toContain('peer-failed');
  }
});

test('LIVE-16: strangers who say that somebody hung up on them, or one neighbour of many, hurry nobody', () => {
  const b = bench();
  for (let n = 1; n < 10; n++) b.member(peer(n));
  for (let n = 50; n < 60; n++) b.claim(peer(n), ada, 10, 'hung-up');
  b.until(3_900);
  expect(b.suspicion()).toEqual([]);
  b.accuse(peer(2), ada, 3_900, 'hung-up');
  b.until(9_000);
  expect(b.suspicion()).toEqual(['peer-suspected']);
});

const accused = (b: Bench): readonly string[] => ofType(b.facts(), 'statement-wanted').map(fact => fact.key);

test('LIVE-17: who is doubted is accused within ten seconds, member or not', () => {
  const b = bench();
  b.member(ada);
  b.facts();
  b.liveness.onPeerDoubted(ada, at(0));
  b.liveness.onPeerDoubted(peer(2), at(0));
  b.liveness.onPeerDoubted(peer(2), at(0));
  b.until(10_000);
  expect([...accused(b)].sort()).toEqual([ada, peer(2)].sort());
});

test('LIVE-17: no neighbour is doubted, and nobody whom three others have accused', () => {
  const b = bench();
  b.up(peer(2));
  b.liveness.onPeerDoubted(peer(2), at(0));
  b.liveness.onPeerDoubted(ada, at(0));
  for (let n = 3; n < 6; n++) b.claim(peer(n), ada, 0);
  b.facts();
  for (let mono = 1_000; mono <= 10_000; mono += 1_000) {
    b.liveness.onHeard(peer(2), at(mono));
    b.until(mono);
  }
  expect(accused(b)).toEqual([]);
});

test('LIVE-17: who is doubted and speaks first is not accused, nor who comes back first', () => {
  const b = bench();
  b.member(ada);
  b.liveness.onPeerDoubted(ada, at(0));
  b.member(ada, 10);
  b.liveness.onMemberGone(peer(2), at(0));
  b.liveness.onPeerDoubted(peer(2), at(0));
  b.member(peer(2), 10);
  b.until(10_000);
  expect(accused(b)).toEqual([]);
});

test('LIVE-17: at most 1,024 wait to be accused', () => {
  const b = bench();
  for (let n = 1; n <= 1_025; n++) b.liveness.onPeerDoubted(peer(200 + n), at(0));
  b.until(10_000);
  expect(accused(b)).toHaveLength(1_024);
});

test('LIVE-7: one accuser needs longer than two', () => {
  const lone = bench();
  lone.member();
  lone.accuse(peer(2), ada, 10);
  lone.accuse(peer(2), ada, 20);
  lone.facts();
  lone.until(6_009);
  expect(lone.suspicion()).toEqual([]);
  lone.until(6_010);
  expect(lone.facts()).toMatchObject([{ type: 'peer-failed', peer: ada }]);

  const two = bench();
  two.member();
  two.accuse(peer(2), ada, 10);
  two.accuse(peer(3), ada, 20);
  two.facts();
  two.until(4_009);
  expect(two.suspicion()).toEqual([]);
  two.until(4_010);
  expect(two.suspicion()).toEqual(['peer-failed']);
  expect(two.liveness.suspected()).toBe(0);
});

test('LIVE-8: who hears the accused does not suspect it', () => {
  const b = bench();
  b.member();
  b.up(ada);
  b.accuse(peer(2), ada, 4_999);
  expect(b.suspicion()).toEqual([]);
  b.accuse(peer(3), ada, 5_001);
  expect(b.suspicion()).toEqual(['peer-suspected']);
});

test('LIVE-9: a node that was stopped gives its neighbours and the suspects the time back', () => {
  const b = bench(QUIET, 1);
  b.member();
  b.up(link);
  b.accuse(peer(2), ada, 10);
  b.facts();
  b.liveness.onStall(20_000, at(21_000));
  b.liveness.onWake(at(21_000));
  expect(b.facts()).toEqual([]);
  // Twice as long, for its own health is in doubt; at 31 s it is well again.
  b.until(30_999);
  expect(ofType(b.facts(), 'peer-failed')).toEqual([]);
  b.until(31_000);
  expect(ofType(b.facts(), 'peer-failed')).toMatchObject([{ peer: ada }]);
});

test('LIVE-9: silence is counted anew from the end of the stop', () => {
  const b = bench();
  b.up(link);
  b.liveness.onStall(20_000, at(21_000));
  b.until(28_999);
  expect(ofType(b.facts(), 'neighbour-silent')).toEqual([]);
  b.until(29_000);
  expect(ofType(b.facts(), 'neighbour-silent')).toEqual([{ type: 'neighbour-silent', peer: link }]);
});

test('LIVE-10: accusations leave the index when nobody takes them any more, by their own clock', () => {
  const b = bench({ ...QUIET, 'liveness.accusationMs': 5_000 });
  b.member();
  b.until(20_000);
  const fresh = b.accuse(peer(2), ada, 20_000);
  // It came late.
  const old = record({ kind: 'accuse', author: peer(3), key: ada, at: 10_000, value: null });
  b.liveness.onRecordAccepted(old, link, 'sync', at(20_000));
  b.facts();
  const dropped = (): readonly string[] => ofType(b.facts(), 'record-dropped').map(fact => fact.record.id);
  b.until(74_999);
  expect(dropped()).toEqual([]);
  b.until(75_000);
  expect(dropped()).toEqual([old.id]);
  b.until(84_999);
  expect(dropped()).toEqual([]);
  b.until(85_000);
  expect(dropped()).toEqual([fresh.id]);
});

test('LIVE-10: a refuted accusation leaves the index at once, others stay', () => {
  const b = bench();
  b.member();
  const refuted = b.accuse(peer(2), ada, 5);
  const later = b.accuse(peer(3), ada, 15);
  b.accuse(peer(2), peer(9), 5);
  b.facts();
  b.member(ada, 10);
  expect(ofType(b.facts(), 'record-dropped').map(fact => fact.record.id)).toEqual([refuted.id]);
  b.member(ada, 16);
  expect(ofType(b.facts(), 'record-dropped').map(fact => fact.record.id)).toEqual([later.id]);
});

test('LIVE-10: an accusation of a stranger is refuted by the first presence that is newer', () => {
  const b = bench();
  const said = b.accuse(peer(2), ada, 5);
  b.facts();
  b.member(ada, 10);
  expect(ofType(b.facts(), 'record-dropped').map(fact => fact.record.id)).toEqual([said.id]);
});

test('LIVE-11: one accuser has 64 accusations standing, all together 1,024', () => {
  const b = bench();
  const reasons = (): readonly string[] => ofType(b.facts(), 'record-ignored').map(fact => fact.reason);
  for (let n = 0; n < 64; n++) b.accuse(peer(2), peer(1_000 + n), n);
  expect(reasons()).toEqual([]);
  b.accuse(peer(2), peer(2_000), 64);
  expect(reasons()).toEqual(['quota']);
  for (let n = 64; n < 1_023; n++) b.accuse(peer(10_000 + (n >> 4)), peer(3), n);
  expect(reasons()).toEqual([]);
  b.accuse(peer(4), peer(3), 1_023);
  expect(reasons()).toEqual([]);
  b.accuse(peer(5), peer(3), 1_024);
  expect(reasons()).toEqual(['quota']);
  b.until(152_000);
  b.facts();
  b.accuse(peer(2), peer(2_000), 152_001);
  expect(reasons()).toEqual([]);
});

test('LIVE-12: only members are watched: what strangers say or suffer leaves no trace', () => {
  const b = bench();
  for (let n = 0; n < 1_000; n++) {
    b.liveness.onRecordAccepted(record({ kind: 'presence', author: peer(1_000 + n) }), link, 'push', at(0));
  }
  b.facts();
  b.accuse(peer(2), peer(1_500), 10);
  expect(b.suspicion()).toEqual([]);
  b.liveness.onNeighbourDown(peer(1_500), 'silent', at(20));
  expect(ofType(b.facts(), 'statement-wanted')).toEqual([]);
});

test('LIVE-12: who is gone is no suspect any more', () => {
  const b = bench();
  b.member();
  b.accuse(peer(2), ada, 10);
  b.liveness.onMemberGone(ada, at(0));
  expect(b.liveness.suspected()).toBe(0);
  b.facts();
  b.until(60_000);
  expect(b.suspicion()).toEqual([]);
});

test('LIVE-13: a ping is answered, and the answer to one’s own gives the round trip', () => {
  const { liveness, sent, up } = bench();
  up(link);
  liveness.onFrame(link, { type: 'ping', nonce: 7 }, at(1));
  expect(sent()).toEqual([{ to: link, frame: { type: 'pong', nonce: 7, view: 0 } }]);
  liveness.onWake(at(5_000));
  const [ping] = sent();
  const nonce = ping?.frame.type === 'ping' ? ping.frame.nonce : -1;
  liveness.onFrame(link, { type: 'pong', nonce: (nonce + 1) % 2 ** 32, view: 0 }, at(5_010));
  expect(liveness.rttMs(link)).toBeUndefined();
  liveness.onFrame(link, { type: 'pong', nonce, view: 0 }, at(5_040));
  expect(liveness.rttMs(link)).toBe(40);
  liveness.onFrame(link, { type: 'pong', nonce, view: 0 }, at(6_000));
  expect(liveness.rttMs(link)).toBe(40);
});

test('LIVE-14: an accusation that comes before the presence it is about still counts', () => {
  const b = bench();
  b.accuse(peer(2), ada, 10);
  expect(b.suspicion()).toEqual([]);
  b.member(ada, 5);
  expect(b.suspicion()).toEqual(['peer-suspected']);
  const newer = bench();
  newer.accuse(peer(2), ada, 10);
  newer.member(ada, 11);
  expect(newer.suspicion()).toEqual([]);
});

test('LIVE-15: the accused itself is told, and nobody else', () => {
  const b = bench();
  b.accuse(peer(2), self, 10);
  expect(b.suspicion()).toEqual(['self-suspected']);
});

/** A link whose pings are answered after `rtts`, one after the other. The time when the last answer came. */
function measured(b: Bench, rtts: readonly number[]): number {
  b.liveness.onNeighbourUp(link, at(0));
  let mono = 0;
  for (const rtt of rtts) {
    let ping: { readonly nonce: number } | undefined;
    while (ping === undefined) {
      mono = b.liveness.nextWakeAt()!;
      b.liveness.onWake(at(mono));
      ping = ofType(
        b.sent().map(({ frame }) => frame),
        'ping',
      )[0];
    }
    b.liveness.onSent(link, at(mono));
    mono += rtt;
    b.liveness.onHeard(link, at(mono));
    b.liveness.onFrame(link, { type: 'pong', nonce: ping.nonce, view: 0 }, at(mono));
  }
  return mono;
}

const silentAfter = (b: Bench, from: number): number => {
  for (let mono = from; mono < from + 60_000; mono += 50) {
    b.until(mono);
    if (ofType(b.facts(), 'neighbour-silent').length > 0) return mono - from;
  }
  return Number.POSITIVE_INFINITY;
};

test.each([
  ['quick and steady', [20], 6_600],
  // 4 × 300 ms for its variation, and 600 ms more for the answer.
  ['slow', [600], 6_200 + 3_300],
  ['without end', [60_000], 15_000 + 4_500],
])('LIVE-18: a link that is %s is given up after its own time', (_, rtts, ms) => {
  const b = bench();
  const from = measured(b, rtts);
  b.facts();
  expect(silentAfter(b, from)).toBe(ms);
});

test('LIVE-18: a link that has become steady is given up as soon as any', () => {
  const b = bench({ 'liveness.rttMs': 1_000 });
  const from = measured(b, [1_500, ...new Array<number>(40).fill(30)]);
  b.facts();
  expect(silentAfter(b, from)).toBeLessThanOrEqual(6_750);
});
