import { expect, test } from 'vitest';
import type { PeerId } from '../../src/types.ts';
import { type Bench, bench, link, QUIET, self, vouchOf } from '../support/liveness.ts';
import { at, peer } from '../support/peers.ts';
import { ofType } from '../support/recorder.ts';
import { record } from '../support/records.ts';

const CUT_AT = 8_000;
const north = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(peer);
const south = [21, 22, 23, 24, 25].map(peer);

/** This node and nine others in the north, and some in the south. */
function room(southern: readonly PeerId[] = south, region = 'north'): Bench {
  const b = bench({ ...QUIET, 'liveness.partitionMs': 100_000 }, 5, region);
  for (const who of [self, ...north]) b.member(who, 0, 'north');
  for (const who of southern) b.member(who, 0, 'south');
  b.facts();
  return b;
}

/** Their links fall silent now. */
function lose(b: Bench, peers: readonly PeerId[], mono = CUT_AT): void {
  for (const who of peers) b.up(who, mono - 6_500);
  for (const who of peers) b.liveness.onNeighbourDown(who, 'silent', at(mono));
}

function wanted(b: Bench): readonly string[] {
  return ofType(b.facts(), 'statement-wanted').flatMap(({ kind, key }) => (kind === 'vouch' ? [] : [`${kind} ${key}`]));
}

const accused = (...peers: readonly PeerId[]): readonly string[] => peers.map(who => `accuse ${who}`);

/** Three in the north say that the south cannot be reached. */
function claim(b: Bench, mono: number, by = north.slice(0, 3)): void {
  for (const who of by) b.unreach(who, 'south', mono);
}

const lostIn = (b: Bench): readonly PeerId[] =>
  ofType(b.facts(), 'peers-unreachable').flatMap(({ peers, isCut }) => (isCut ? peers : []));
const reasons = (b: Bench): readonly string[] => ofType(b.facts(), 'record-ignored').map(({ reason }) => reason);

test('LIVE-31: a neighbour that fell silent in another region is accused within 3 s, others at once', () => {
  const far = room();
  lose(far, [south[0]!]);
  expect(wanted(far)).toEqual([]);
  far.until(CUT_AT + 3_000);
  expect(wanted(far)).toEqual(accused(south[0]!));
  const near = room();
  lose(near, [north[0]!]);
  expect(wanted(near)).toEqual(accused(north[0]!));
  const untold = room();
  untold.member(peer(50));
  lose(untold, [peer(50)]);
  expect(wanted(untold)).toEqual(accused(peer(50)));
});

test('LIVE-31: it is accused at once when its region has fewer than three members, or another one was just heard', () => {
  const few = room(south.slice(0, 2));
  lose(few, [south[0]!]);
  expect(wanted(few)).toEqual(accused(south[0]!));
  const three = room(south.slice(0, 3));
  lose(three, [south[0]!]);
  expect(wanted(three)).toEqual([]);
  for (const [ago, expected] of [
    [2_900, accused(south[0]!)],
    [3_000, []],
  ] as const) {
    const b = room();
    b.up(south[1]!, CUT_AT - ago);
    lose(b, [south[0]!]);
    expect(wanted(b)).toEqual(expected);
  }
});

test('LIVE-31: what it says meanwhile, by any way, ends the wait, and what others of its region say as well', () => {
  const itself = room();
  lose(itself, south.slice(0, 2));
  itself.member(south[0], CUT_AT + 1, 'south');
  itself.until(CUT_AT + 3_000);
  expect(wanted(itself)).toEqual(accused(south[1]!));
});

test('LIVE-32: who lost two there says so of the region instead, once, and accuses nobody', () => {
  const b = room();
  lose(b, south.slice(0, 3));
  b.until(CUT_AT + 2_999);
  expect(wanted(b)).toEqual(['unreach south']);
  claim(b, CUT_AT + 2_999);
  b.until(CUT_AT + 40_000);
  expect(wanted(b)).toEqual([]);
});

test('LIVE-32: one lost there counts with one of no known region, lost within 10 s before or after, and with none elsewhere', () => {
  const said = (other: PeerId, offMs: number): boolean => {
    const b = room();
    for (const n of [31, 32, 33]) b.member(peer(n), 0, 'east');
    const losses = [
      [south[0]!, CUT_AT],
      [other, CUT_AT + offMs],
    ] as const;
    const found: string[] = [];
    for (const [who, mono] of [...losses].sort(([, a], [, b]) => a - b)) {
      b.up(who, mono - 6_500);
      b.liveness.onNeighbourDown(who, 'silent', at(mono));
    }
    b.until(CUT_AT + 2_999);
    found.push(...wanted(b));
    return found.includes('unreach south');
  };
  const stranger = peer(70);
  expect([said(stranger, 0), said(stranger, -9_999), said(stranger, -10_000)]).toEqual([true, true, false]);
  expect(said(peer(31), 0)).toBe(false);
});

test('LIVE-32: who states no presence does not say so, and accuses nobody when members do', () => {
  const lost = (voices: number): readonly string[] => {
    const b = bench(QUIET, 5, 'north');
    for (const who of north) b.member(who, 0, 'north');
    for (const who of south) b.member(who, 0, 'south');
    lose(b, south.slice(0, 2));
    claim(b, CUT_AT, north.slice(0, voices));
    b.until(CUT_AT + 10_000);
    return wanted(b);
  };
  expect(lost(3)).toEqual([]);
  expect([...lost(2)].sort()).toEqual(accused(...south.slice(0, 2)));
});

test('LIVE-32: links lost more than 10 s apart are no sign', () => {
  const b = room();
  const said = south.slice(0, 2).flatMap((who, n) => {
    lose(b, [who], CUT_AT + 10_000 * n);
    b.until(CUT_AT + 10_000 * n + 5_000);
    return wanted(b);
  });
  expect(said).toEqual(accused(...south.slice(0, 2)));
});

test('LIVE-32: whom nobody joins in saying so accuses when the turns are over', () => {
  const b = room();
  lose(b, south.slice(0, 2));
  b.unreach(self, 'south', CUT_AT + 2_000);
  b.unreach(north[0]!, 'south', CUT_AT + 2_000);
  b.until(CUT_AT + 6_000);
  expect([...wanted(b)].sort()).toEqual([...accused(...south.slice(0, 2)), 'unreach south']);
});

test('LIVE-32: when three have said so the others say nothing, whatever they lost; it is renewed after 45 s', () => {
  const b = room();
  lose(b, south.slice(0, 2));
  claim(b, CUT_AT);
  b.until(CUT_AT + 44_000);
  expect(wanted(b)).toEqual([]);
  b.until(CUT_AT + 49_000);
  expect(wanted(b)).toEqual(['unreach south']);
  const renewed = room();
  lose(renewed, south.slice(0, 2));
  claim(renewed, CUT_AT);
  renewed.until(CUT_AT + 44_000);
  claim(renewed, CUT_AT + 44_000, north.slice(3, 6));
  renewed.until(CUT_AT + 80_000);
  expect(wanted(renewed)).toEqual([]);
});

test('LIVE-32: less than a tenth of the members is accused one by one', () => {
  const told = (others: number): readonly string[] => {
    const b = room(south.slice(0, 4));
    for (let n = 0; n < others; n++) b.member(peer(1_000 + n), 0, 'north');
    lose(b, south.slice(0, 2));
    b.until(CUT_AT + (others > 26 ? 3_000 : 2_999));
    return [...new Set(wanted(b).map(said => said.split(' ')[0]!))];
  };
  expect(told(26)).toEqual(['unreach']);
  expect(told(27)).toEqual(['accuse']);
});

test('LIVE-32: two regions count together', () => {
  const b = room(south.slice(0, 3));
  for (const n of [31, 32, 33]) b.member(peer(n), 0, 'east');
  for (let n = 0; n < 40; n++) b.member(peer(1_000 + n), 0, 'north');
  lose(b, [...south.slice(0, 2), peer(31), peer(32)]);
  b.until(CUT_AT + 2_999);
  expect([...wanted(b)].sort()).toEqual(['unreach east', 'unreach south']);
});

test('LIVE-33: nobody but a member outside of the region can say so, and no member of fewer than three', () => {
  const b = room();
  b.unreach(peer(70), 'south', 10);
  b.unreach(south[0]!, 'south', 10);
  b.unreach(north[0]!, 'east', 10);
  expect(reasons(b)).toEqual(['no-proof', 'no-proof', 'no-proof']);
  b.unreach(north[0]!, 'south', 20);
  expect(ofType(b.facts(), 'record-stored')).toHaveLength(1);
});

test('LIVE-33: the newest of each author stands, if nobody there has said anything since', () => {
  const b = room();
  const first = b.unreach(north[0]!, 'south', 20);
  b.facts();
  b.unreach(north[0]!, 'south', 10);
  expect(reasons(b)).toEqual(['superseded']);
  b.unreach(north[0]!, 'south', 30);
  expect(ofType(b.facts(), 'record-dropped')).toEqual([{ type: 'record-dropped', record: first }]);
  b.member(south[4], 50, 'south');
  b.facts();
  b.unreach(north[1]!, 'south', 40);
  expect(reasons(b)).toEqual(['stale-accusation']);
});

test('LIVE-33: 64 stand for one region, and one more does not', () => {
  const b = room();
  for (let n = 0; n < 65; n++) b.member(peer(1_000 + n), 0, 'north');
  b.facts();
  for (let n = 0; n < 64; n++) b.unreach(peer(1_000 + n), 'south', 10);
  expect(reasons(b)).toEqual([]);
  b.unreach(peer(1_064), 'south', 10);
  expect(reasons(b)).toEqual(['quota']);
});

test('LIVE-33: 16 regions are talked about, and one more is not, unless of one it is only known that links were lost', () => {
  const b = room();
  for (let r = 0; r < 18; r++) for (let n = 0; n < 3; n++) b.member(peer(1_000 + 10 * r + n), 0, `r-${r}`);
  b.facts();
  lose(b, [south[0]!]);
  b.facts();
  for (let r = 0; r < 16; r++) b.unreach(north[0]!, `r-${r}`, 10);
  expect(reasons(b)).toEqual([]);
  b.unreach(north[0]!, 'r-16', 10);
  expect(reasons(b)).toEqual(['quota']);
  b.member(peer(1_000), 20, 'r-0');
  b.facts();
  b.unreach(north[0]!, 'r-17', 20);
  expect(reasons(b)).toEqual([]);
});

test('LIVE-34: what three say, and nobody there contradicts for 6 s, makes suspects of all its members but sleepers', () => {
  const b = room();
  const asleep = record({ kind: 'presence', author: south[4]!, at: 1, value: [1, null, 'south', 2] });
  b.liveness.onRecordAccepted(asleep, peer(50), 'push', at(1));
  b.liveness.onRecordStored(asleep, at(1));
  claim(b, 100);
  b.until(6_099);
  expect(lostIn(b)).toEqual([]);
  b.until(6_100);
  expect(lostIn(b)).toEqual(south.slice(0, 4));
  expect(b.liveness.heldUntil()).toBe(106_100);
});

test('LIVE-34: two say nothing, unless nobody else is outside', () => {
  const b = room();
  claim(b, 100, north.slice(0, 2));
  b.until(20_000);
  expect(lostIn(b)).toEqual([]);
  const small = bench(QUIET, 5, 'north');
  for (const who of [self, north[0]!]) small.member(who, 0, 'north');
  for (const who of south) small.member(who, 0, 'south');
  for (const who of [self, north[0]!]) small.unreach(who, 'south', 100);
  small.until(6_100);
  expect(lostIn(small)).toEqual(south);
});

test('LIVE-34: who hears a member of it, or to whom it is less than a tenth, takes nobody of it for lost', () => {
  const hears = room();
  hears.up(south[0]!, 6_000);
  claim(hears, 100);
  hears.until(6_100);
  expect(lostIn(hears)).toEqual([]);
  const large = room();
  for (let n = 0; n < 40; n++) large.member(peer(1_000 + n), 0, 'north');
  claim(large, 100);
  large.until(30_000);
  expect(lostIn(large)).toEqual([]);
});

test('LIVE-34: a newcomer asks again whether they are enough when it knows more', () => {
  const b = bench(QUIET, 5, 'north');
  b.member(north[0], 0, 'north');
  for (const who of south) b.member(who, 0, 'south');
  b.unreach(north[0]!, 'south', 100);
  for (const who of north) b.member(who, 200, 'north');
  b.until(30_000);
  expect(lostIn(b)).toEqual([]);
});

test('LIVE-34: one whose old presence comes later is a suspect as well', () => {
  const b = room();
  claim(b, 100);
  b.until(6_100);
  b.facts();
  b.member(peer(26), 50, 'south');
  expect(lostIn(b)).toEqual([peer(26)]);
});

test('LIVE-34: one whose newer presence from before the cut comes later stays a suspect', () => {
  const b = room();
  b.member(south[1], 90, 'south');
  claim(b, 100);
  b.until(6_100);
  b.facts();
  b.member(south[0], 50, 'south');
  expect(lostIn(b)).toEqual([south[0]]);
});

test('LIVE-33: with its author a claim is gone, so three that come one after the other are one', () => {
  const b = room();
  for (const n of [51, 52, 53]) {
    b.member(peer(n), 0, 'north');
    b.unreach(peer(n), 'south', 10);
    b.liveness.onMemberGone(peer(n), at(10));
  }
  b.until(20_000);
  expect(lostIn(b)).toEqual([]);
});

test('LIVE-31: who waited while its region was claimed is asked before it is accused, once another one there has spoken', () => {
  const b = room();
  lose(b, south.slice(0, 3));
  claim(b, CUT_AT + 100);
  b.until(CUT_AT + 20_000);
  expect(lostIn(b)).toEqual(south);
  b.member(south[4], CUT_AT + 20_000, 'south');
  for (const who of south.slice(0, 2)) b.liveness.onVouch(vouchOf(who, self, 5, CUT_AT), link, at(CUT_AT + 20_000));
  b.facts();
  let mono = CUT_AT + 20_000;
  const asked: PeerId[] = [];
  for (; mono < CUT_AT + 60_000; mono += 100) {
    b.until(mono);
    const facts = b.facts();
    expect(facts.some(({ type }) => type === 'statement-wanted')).toBe(false);
    for (const { to } of ofType(facts, 'signal-out')) {
      asked.push(to);
      // It hears the question, and answers with a fresh vouch.
      b.liveness.onVouch(vouchOf(to, self, 5, mono), link, at(mono));
    }
  }
  expect([...new Set(asked)].sort()).toEqual(south.slice(2, 3));
});

test('LIVE-34: after a stop of this node it has its 6 s anew', () => {
  const b = room();
  claim(b, 100);
  b.liveness.onStall(5_000, at(5_100));
  b.until(11_099);
  expect(lostIn(b)).toEqual([]);
  b.until(11_100);
  expect(lostIn(b)).toEqual(south);
});

test('LIVE-35: one newer word from there brings all back at once, but those who are suspects by themselves', () => {
  const b = room();
  claim(b, 100);
  b.until(6_100);
  for (const by of [north[0]!, north[1]!]) b.accuse(by, south[1], 6_200);
  b.facts();
  b.member(south[0], 6_300, 'south');
  const facts = b.facts();
  expect(ofType(facts, 'peers-cleared')).toEqual([
    { type: 'peers-cleared', peers: south.filter(who => who !== south[1]) },
  ]);
  expect(ofType(facts, 'record-dropped').filter(({ record }) => record.kind === 'unreach')).toHaveLength(3);
});

test('LIVE-35: a word that is older than enough of the claims brings nobody back', () => {
  const b = room();
  claim(b, 100);
  b.until(6_100);
  b.facts();
  b.member(south[0], 50, 'south');
  expect(ofType(b.facts(), 'peers-cleared')).toEqual([]);
  b.unreach(north[3]!, 'south', 200);
  b.member(south[0], 150, 'south');
  expect(ofType(b.facts(), 'peers-cleared')).toHaveLength(1);
});

test('LIVE-35: as long as words come nobody is lost, however often and by whomever it is said', () => {
  const b = room();
  for (let mono = 1_000; mono < 60_000; mono += 1_000) {
    b.member(south[0], mono - 300, 'south');
    claim(b, mono, north);
    b.until(mono + 500);
  }
  expect(lostIn(b)).toEqual([]);
});

test('LIVE-35: what is not renewed ends by itself, 60 s after its 90 s', () => {
  const b = room();
  claim(b, 100);
  b.until(150_099);
  expect(lostIn(b)).toEqual(south);
  b.until(150_100);
  const facts = b.facts();
  expect(ofType(facts, 'peers-cleared')).toEqual([{ type: 'peers-cleared', peers: south }]);
  expect(ofType(facts, 'record-dropped')).toHaveLength(3);
});

test('LIVE-35: with its last member a region is forgotten', () => {
  const b = room();
  claim(b, 100);
  b.until(6_100);
  b.facts();
  for (const who of south) b.liveness.onMemberGone(who, at(7_000));
  expect(ofType(b.facts(), 'record-dropped')).toHaveLength(3);
  b.unreach(north[0]!, 'south', 8_000);
  expect(reasons(b)).toEqual(['no-proof']);
});

/** Whether, and when, this node says that its own region is there. */
function answeredAt(b: Bench): number | undefined {
  for (let mono = 100; mono < 20_000; mono += 50) {
    b.until(mono);
    if (ofType(b.facts(), 'self-suspected').length > 0) return mono;
  }
  return undefined;
}

test('LIVE-36: a member of the region answers within 3 s when enough say so, unless another one is faster', () => {
  const b = room(south, 'south');
  claim(b, 100);
  expect(answeredAt(b)).toBeLessThanOrEqual(3_100);
  const few = room(south, 'south');
  claim(few, 100, north.slice(0, 2));
  expect(answeredAt(few)).toBeUndefined();
  const late = room(south, 'south');
  claim(late, 100);
  late.member(south[0], 110, 'south');
  expect(answeredAt(late)).toBeUndefined();
});

test('LIVE-37: once the hold is over those who are still silent are accused', () => {
  const b = room();
  lose(b, south.slice(0, 2));
  for (let mono = CUT_AT; mono < CUT_AT + 200_000; mono += 40_000) {
    claim(b, mono);
    b.until(mono + 39_999);
  }
  expect([...wanted(b)].sort()).toEqual([...accused(...south.slice(0, 2))].sort());
});

test('LIVE-38: who is accused has 6 s more while its region is claimed to be lost', () => {
  const failedAt = (voices: number): number => {
    const b = room();
    claim(b, 100, north.slice(0, voices));
    for (const by of north.slice(3, 7)) b.accuse(by, south[0], 200);
    // Otherwise it would be held.
    b.up(south[1]!, 100);
    for (let mono = 200; mono < 100_000; mono += 100) {
      b.liveness.onHeard(south[1]!, at(mono));
      b.until(mono);
      if (ofType(b.facts(), 'peer-failed').length > 0) return mono - 200;
    }
    return Number.POSITIVE_INFINITY;
  };
  expect([failedAt(2), failedAt(3)]).toEqual([4_000, 10_000]);
});
