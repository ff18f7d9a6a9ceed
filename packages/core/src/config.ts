/**
 * Every tunable: default, range, unit, which way it trades, and where the figure comes from. A scenario file
 * and `joinRoom({ limits })` set them by these names.
 */
import { HearsayError } from './errors.ts';

export interface Tunable {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** What it is, and what more or less of it costs. */
  readonly about: string;
  readonly source: string;
}

/** name: [default, least, most, unit, what it is and what more or less of it costs, source]. */
const numbers = {
  'overlay.maxLinks': [
    12,
    2,
    64,
    'links',
    'Hard cap of neighbours. More: faster spread, more bytes and CPU.',
    'design',
  ],
  'overlay.degree': [
    0,
    0,
    64,
    'links',
    'Neighbours wanted; 0: by the size of the room (everybody to 8 peers, then 5, 6, 8).',
    'design',
  ],
  'overlay.slack': [
    3,
    0,
    16,
    'links',
    'Accepted above the wanted degree. More: fewer refusals, uneven degrees.',
    'design',
  ],
  'overlay.dialsAtOnce': [
    3,
    1,
    16,
    'dials',
    "Dials in progress. More: faster start, more of the browser's connection budget.",
    'design',
  ],
  'overlay.dialsPerMinute': [
    30,
    1,
    600,
    'dials/min',
    'Own dials. A closed RTCPeerConnection is not reusable for about 30 s.',
    'Chromium stops at 500 connections',
  ],
  'overlay.askTimeoutMs': [3_000, 100, 60_000, 'ms', 'Patience for an answer to a neighbour request.', 'guess'],
  'overlay.dialTimeoutMs': [
    12_000,
    1_000,
    60_000,
    'ms',
    "Patience for an accepted dial; above the link port's own 10 s.",
    'guess',
  ],
  'overlay.retryMs': [
    5_000,
    100,
    600_000,
    'ms',
    'First back-off after a failed or refused dial; doubles up to 16 times.',
    'guess',
  ],
  'overlay.shuffleMs': [
    30_000,
    1_000,
    600_000,
    'ms',
    'Period of shuffles, ±20 %; a third of it in the first minute.',
    'design',
  ],
  'overlay.passiveFactor': [6, 1, 32, '× degree', 'Size of the passive view.', 'HyParView'],
  'overlay.lonelyMs': [
    2_000,
    100,
    60_000,
    'ms',
    'Without any neighbour for so long: isolated, ask the server again.',
    'design',
  ],
  'overlay.settleMs': [
    10_000,
    100,
    600_000,
    'ms',
    'Links wanted and held for so long: the server socket may go.',
    'guess',
  ],
  'overlay.beaconMs': [
    60_000,
    1_000,
    3_600_000,
    'ms',
    'About one check-in with the server per so long, for the whole room.',
    'design',
  ],
  'overlay.swapMs': [
    600_000,
    1_000,
    86_400_000,
    'ms',
    'At most one far link is given up for one in the own region per so long. Less: near sooner, more dials.',
    'design',
  ],
  'relay.ttl': [16, 1, 32, 'hops', 'Longest way of a signal through the mesh.', 'design'],
  'relay.copies': [
    2,
    1,
    4,
    'copies',
    'Links over which a signal sets out to who has not been heard of late. More: more of them arrive over old routes, for as many times the bytes.',
    'docs/adr/0017',
  ],
  'relay.sourcePerSecond': [2, 0.1, 1_000, 'signals/s', 'Relayed over one link for one source.', 'design'],
  'relay.sourceBurst': [
    24,
    1,
    1_000,
    'signals',
    'Burst of the above. Three dials at once, each a request, an offer and a few batches of candidates, or the answers to as many.',
    'overlay.dialsAtOnce × 8; design: 10',
  ],
  'relay.pending': [
    8,
    1,
    256,
    'signals',
    'Of one neighbour, being checked at once; beyond it they are dropped.',
    'design',
  ],
  'relay.perSecond': [20, 1, 1_000, 'signals/s', 'Relayed for one neighbour; a new link takes about six.', 'guess'],
  'relay.burst': [120, 1, 10_000, 'signals', 'Burst of the above: a newcomer dials several peers at once.', 'guess'],
  'liveness.heartbeatMs': [2_000, 100, 60_000, 'ms', 'Sent on a link that has been idle for so long.', 'design'],
  'liveness.silenceMs': [
    5_000,
    500,
    600_000,
    'ms',
    'A neighbour silent for so long is pinged. More: fewer false alarms, later news.',
    'design',
  ],
  'liveness.pingMs': [1_500, 100, 60_000, 'ms', 'Silent for so long after the ping: accused.', 'the 15 s budget'],
  'liveness.suspicionMs': [4_000, 100, 600_000, 'ms', 'Accused by four neighbours: so long to answer.', 'Lifeguard'],
  'liveness.loneSuspicionMs': [6_000, 100, 600_000, 'ms', 'The same with a bare quorum.', 'the 15 s budget'],
  'liveness.unprovenMs': [20_000, 100, 600_000, 'ms', 'The same without a quorum.', 'design'],
  'liveness.partitionMs': [
    360_000,
    0,
    3_600_000,
    'ms',
    'When many fall silent at once nobody is called dead for so long; 0: as soon as ever. More: a longer cut heals without a death, more ghosts shown as suspects after a great crash.',
    'design',
  ],
  'liveness.vouchMs': [7_200_000, 60_000, 86_400_000, 'ms', 'Validity of a vouch; renewed at half.', 'guess'],
  'liveness.hangUpMs': [
    500,
    50,
    60_000,
    'ms',
    'From the accusation to death for a peer that two saw hang up, or this node itself: a page that went and whose goodbye was lost.',
    'the 1 s budget',
  ],
  'liveness.loneHangUpMs': [
    1_500,
    50,
    60_000,
    'ms',
    'The same when one other peer saw it hang up: a page that went while it had a single link.',
    'guess: a refutation takes two crossings of the room',
  ],
  'liveness.accusationMs': [
    90_000,
    1_000,
    3_600_000,
    'ms',
    'Validity of an accusation; longer than presence.refreshMs, so that a heal brings the refutation along.',
    'ARCHITECTURE.md',
  ],
  'liveness.rttMs': [10_000, 1_000, 600_000, 'ms', 'Period of round-trip measurements on each link.', 'guess'],
  'presence.refreshMs': [
    60_000,
    1_000,
    3_600_000,
    'ms',
    'Own presence is stated anew, ±20 %; in large rooms less often, see presence.renewalsPerSecond.',
    'guess',
  ],
  'presence.validMs': [
    180_000,
    2_000,
    7_200_000,
    'ms',
    'A presence not renewed for so long expires: the last resort after lost goodbyes. Longer as it is renewed less often.',
    '3 × refresh',
  ],
  'presence.awayMs': [
    10_000,
    0,
    3_600_000,
    'ms',
    'A page out of sight for so long is away for the others. Less: they know sooner; more: a short look elsewhere is not told.',
    'guess: longer than a look at another tab',
  ],
  'presence.asleepMs': [
    1_800_000,
    2_000,
    7_200_000,
    'ms',
    'A page that said that it is stopped stays a member for so long. More: it comes back after longer; one that dies in its sleep is shown for longer.',
    'design',
  ],
  'presence.renewalsPerSecond': [
    3,
    0.1,
    1_000,
    'records/s',
    'Of all members together. More: ghosts that nobody watched go sooner, more bytes in large rooms.',
    'the 1.5 KB/s budget at 1,000',
  ],
  'presence.maxValidMs': [7_200_000, 2_000, 86_400_000, 'ms', 'No presence lives longer unless renewed.', 'guess'],
  'presence.maxAuthors': [
    32_768,
    8,
    65_536,
    'peers',
    'Members known at once, and those remembered as gone: 10,000 with ten-minute visits.',
    'design',
  ],
  'aggregate.sample': [
    64,
    0,
    256,
    'peers',
    'Of those who are on no list of members so many say in each epoch that they are here; 0: nobody. More: a better estimate of how many there are, ± 1 / √(k − 2), for as many more bytes. The same on every peer.',
    'docs/adr/0018',
  ],
  'aggregate.epochMs': [300_000, 60_000, 3_600_000, 'ms', 'How often; equal on all. Less: fresher.', 'docs/adr/0018'],
  'broadcast.flushMs': [
    20,
    0,
    1_000,
    'ms',
    'Under load, pushes of a link leave in ticks; an idle link sends at once.',
    'a lone message costs 0.15 ms of CPU',
  ],
  'broadcast.freshMs': [
    30_000,
    0,
    600_000,
    'ms',
    'A record that a sync brought is passed on at once while it is younger than this; older ones are left to further syncs.',
    'design',
  ],
  'broadcast.presenceMs': [
    250,
    0,
    5_000,
    'ms',
    'In a room of 1,000 or more presence leaves a link in ticks of so long, in smaller ones in ticks as much shorter. More: fewer frames, a later view of who does what.',
    'the frames of a thousand that join within 20 s',
  ],
  'broadcast.queueBytes': [
    262_144,
    16_384,
    16_777_216,
    'bytes',
    'Waiting pushes per link; above it the least urgent go, and sync repairs.',
    'guess',
  ],
  'flow.windowBytes': [
    32_768,
    4_096,
    1_048_576,
    'bytes',
    'Given to a link and not yet on the wire; a quarter of it by sync. More: fuller lines; less: what is urgent waits for less.',
    'one second of a 256 kbit/s line',
  ],
  'flow.linkBytes': [
    262_144,
    131_072,
    8_388_608,
    'bytes',
    'The same with the small frames that do not wait for the window; beyond it they are dropped, or the link is closed.',
    'design',
  ],
  'flow.drainMs': [
    20_000,
    1_000,
    600_000,
    'ms',
    'A link that was given much and has not drained for so long is closed. Less: sooner rid of who does not read; more: lines of 16 kbit/s are kept.',
    'longer than three times liveness.silenceMs and pingMs: who is dead is accused before',
  ],
  'transfer.atOnce': [
    8,
    1,
    64,
    'records',
    'Large records pulled at once, at most two from one neighbour; each is kept in memory until it is whole.',
    'about 2 MB',
  ],
  'transfer.timeoutMs': [
    10_000,
    500,
    600_000,
    'ms',
    'Without a chunk for so long the next neighbour that offered it is asked. More: better for slow lines.',
    'guess: as sync.timeoutMs',
  ],
  'broadcast.announceMs': [
    20,
    0,
    1_000,
    'ms',
    'Announcements of a link are collected for so long. More: fewer frames, later repair.',
    'docs/adr/0007',
  ],
  'broadcast.graftMs': [
    200,
    10,
    60_000,
    'ms',
    'Patience for an announced record before the first measurement.',
    'design',
  ],
  'broadcast.graftMinMs': [
    50,
    10,
    60_000,
    'ms',
    'Least patience, however fast the tree was. Less: quicker repair, double work on busy machines.',
    'design',
  ],
  'broadcast.graftMaxMs': [1_500, 10, 60_000, 'ms', 'Most patience.', 'design'],
  'broadcast.regrowMs': [
    600_000,
    10_000,
    86_400_000,
    'ms',
    'Who talks has its tree grown anew so often. Less: shorter ways after much coming and going, more copies.',
    'docs/adr/0007',
  ],
  'broadcast.fanout': [1, 1, 32, 'links', 'k of push(k).', 'Demers et al. 1987'],
  'broadcast.roundMs': [200, 1, 60_000, 'ms', 'Length of a round in push(k).', 'guess'],
  'broadcast.hotRounds': [
    16,
    1,
    256,
    'rounds',
    'A rumour stays hot for so many rounds in push(k). More: fewer left out, more copies.',
    'log₂ N + ln N ≈ 17 at N = 1,000',
  ],
  'sync.periodMs': [15_000, 500, 600_000, 'ms', 'Reconcile with one random neighbour, ±30 %.', 'design'],
  'sync.soonMs': [500, 10, 60_000, 'ms', 'After a session that brought something, the next comes this soon.', 'guess'],
  'sync.timeoutMs': [10_000, 100, 600_000, 'ms', 'A session without progress for so long is forgotten.', 'guess'],
  'sync.bytesPerSecond': [
    262_144,
    1_024,
    16_777_216,
    'bytes/s',
    'Bulk sent per link, 64 KiB of it at once; half of what the other side admits. Less: a thousand members take longer to get.',
    'design: 65,536, which takes 2 s for 1,000 members and 30 s for 10,000 records; this takes 0.5 s and 7 s',
  ],
  'intake.seen': [
    65_536,
    256,
    1_048_576,
    'ids',
    'Judged records remembered, so that copies cost no signature check.',
    'design',
  ],
  'intake.seenMs': [600_000, 1_000, 86_400_000, 'ms', 'For how long.', 'guess'],
  'intake.pending': [
    1_024,
    16,
    65_536,
    'records',
    'Being verified at once; beyond it copies are dropped and sync brings them back.',
    'guess',
  ],
  'intake.alternates': [
    3,
    0,
    16,
    'copies',
    'Copies of one id kept while the first is verified: a forged one must not hide the genuine one.',
    'design',
  ],
  'intake.skewMs': [60_000, 1_000, 86_400_000, 'ms', 'Clock difference between peers that is tolerated.', 'design'],
  'intake.eventMs': [60_000, 1_000, 3_600_000, 'ms', 'An event older than this is a replay.', 'design'],
  'intake.unsigned': [
    1_024,
    16,
    65_536,
    'drafts',
    'Own writes waiting for their turn to be signed; beyond it the caller is told.',
    'guess',
  ],
  'store.maxKeys': [16_384, 16, 1_048_576, 'keys', 'State keys of a room.', 'design'],
  'store.maxBytes': [134_217_728, 65_536, 4_294_967_296, 'bytes', 'State of a room.', 'guess: a tab that still works'],
  'store.keysPerAuthor': [256, 1, 1_048_576, 'keys', 'State keys last written by one author.', 'design'],
  'store.bytesPerAuthor': [1_048_576, 1_024, 67_108_864, 'bytes', 'State last written by one author.', 'design'],
  'store.maxTombstones': [
    8_192,
    16,
    1_048_576,
    'keys',
    'Deleted keys remembered; beyond it the oldest deletion is forgotten.',
    'design',
  ],
  'guard.linkFramesPerSecond': [200, 10, 10_000, 'frames/s', 'Admitted from one link, burst 2 s.', 'design'],
  'guard.linkBytesPerSecond': [524_288, 16_384, 67_108_864, 'bytes/s', 'Admitted from one link, burst 2 s.', 'design'],
  'guard.authorPerSecond': [
    20,
    1,
    1_000,
    'records/s',
    'From one author through all links: above a pointer that moves at 16 Hz.',
    'docs/adr/0003',
  ],
  'guard.authorBurst': [
    300,
    1,
    10_000,
    'records',
    'Burst of the above: an app may write all its keys at start.',
    'docs/adr/0003',
  ],
  'guard.strikes': [10, 1, 1_000, 'offences', 'Offences of one kind before the link is cut.', 'design'],
  'guard.strikeMs': [30_000, 1_000, 3_600_000, 'ms', 'One offence is forgiven per so long.', 'guess'],
  'guard.banMs': [600_000, 1_000, 86_400_000, 'ms', 'How long a banned peer stays out.', 'design'],
  'guard.peers': [1_024, 16, 65_536, 'peers', 'Peers whose record of offences is kept.', 'guess'],
} as const;

export type TunableName = keyof typeof numbers;
export type BroadcastMode = 'tree' | 'flood' | 'push' | 'pull' | 'push-pull';

export const tunables: { readonly [name in TunableName]: Tunable } = Object.fromEntries(
  Object.entries(numbers).map(([name, [initial, min, max, unit, about, source]]) => [
    name,
    { initial, min, max, unit, about, source },
  ]),
) as { [name in TunableName]: Tunable };
export const broadcastModes: readonly BroadcastMode[] = ['tree', 'flood', 'push', 'pull', 'push-pull'];

export type Config = { readonly [name in TunableName]: number } & { readonly 'broadcast.mode': BroadcastMode };
export type ConfigOverrides = { readonly [name in keyof Config]?: Config[name] };

const made = new WeakSet<object>();

/**
 * All settings. What this function has made already is taken as it is, so that many engines may share it.
 * @throws HearsayError `bad-config`: unknown name, or a value out of its range.
 */
export function makeConfig(overrides: ConfigOverrides = {}): Config {
  if (made.has(overrides)) return overrides as Config;
  const config: { [name: string]: number | string } = { 'broadcast.mode': 'tree' };
  for (const [name, { initial }] of Object.entries(tunables)) config[name] = initial;
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    checkTunable(name, value);
    config[name] = value;
  }
  // Copied: an object that was filled name by name is a hash table, and settings are asked for with every frame.
  const whole = Object.freeze({ ...config }) as unknown as Config;
  made.add(whole);
  return whole;
}

function checkTunable(name: string, value: unknown): void {
  if (name === 'broadcast.mode') {
    if (broadcastModes.includes(value as BroadcastMode)) return;
    throw new HearsayError(
      'bad-config',
      `broadcast.mode is one of ${broadcastModes.join(', ')}, not ${String(value)}.`,
    );
  }
  const known = Object.hasOwn(tunables, name) ? tunables[name as TunableName] : undefined;
  if (known === undefined) throw new HearsayError('bad-config', `There is no setting named ${name}.`);
  if (typeof value !== 'number' || !(value >= known.min && value <= known.max)) {
    throw new HearsayError(
      'bad-config',
      `${name} is a number from ${known.min} to ${known.max} ${known.unit}, not ${String(value)}.`,
    );
  }
}
