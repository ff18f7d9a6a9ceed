/**
 * Fifty engines in one process, with memory links and real signatures (GOALS.md §2): CPU for each delivery with and
 * without verification, copies and signature checks for each, bytes, and memory. What a room says all the
 * time, heartbeats and presence and shuffles, is in the figures.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median, print } from './measure.mjs';
import { createMesh } from './mesh.mjs';

const SIZE = 50;
const JOIN_MS = 5_000;
/** By then everybody is there, trees have grown, and surplus links are gone. */
const SETTLED_MS = 60_000;
const UPDATES = 200;
const UPDATE_EVERY_MS = 50;
const PAYLOAD = 'x'.repeat(200);
const SIGNATURE_BYTES = 64;
const ROUNDS = 3;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** What was compiled for a room goes with it, and would count for the next one: the first room stays. */
const first = [];

export function room() {
  const rounds = [];
  // One room for all the code to be compiled, then with and without verification in turn.
  play(true);
  for (let round = 0; round < ROUNDS; round++) rounds.push({ checked: play(true), unchecked: play(false) });
  const of = read => median(rounds.map(read));
  const { deliveries, copies, checks, bytes, pushed, announced, announcements, links } = rounds[0].checked;
  const goal = 1.3 * (PAYLOAD.length + SIGNATURE_BYTES);

  console.log(
    `\n${SIZE} engines in one process, ${links.toFixed(1)} links each, ${deliveries} deliveries of ${PAYLOAD.length} bytes`,
  );
  print(
    of(({ checked }) => checked.us),
    'µs',
    'CPU for each delivery, all that the room does included',
    100,
  );
  print(
    of(({ unchecked }) => unchecked.us),
    'µs',
    '… not counting verification',
    15,
  );
  print(copies, '', 'copies received of each record', 1.05);
  print(checks, '', 'signature checks for each record', 1.02);
  print(bytes, 'B', 'bytes of all frames for each delivery', goal);
  print(pushed, 'B', '… in pushes: the one copy of the record, presences restated');
  print(
    announced,
    'B',
    `… in announcements, ${announcements.toFixed(1)} frames: one id to each neighbour that is no child`,
  );
  print(
    of(({ checked }) => checked.settledMegabytes),
    'MB',
    'memory of an engine before the updates',
  );
  print(
    of(({ checked }) => checked.megabytes),
    'MB',
    `… and after ${UPDATES} of them: what was replaced is known by its id for a minute`,
    0.25,
  );
}

function play(checks) {
  const heapBefore = heap();
  const mesh = createMesh(SIZE, { checks });
  if (first.length === 0) first.push(mesh);
  for (const [n, node] of mesh.nodes.entries()) {
    mesh.run((n * JOIN_MS) / SIZE);
    mesh.start(node);
  }
  mesh.run(SETTLED_MS);
  const settledMegabytes = (heap() - heapBefore) / 1e6 / SIZE;
  const before = totalsOf(mesh);
  const began = process.cpuUsage();
  for (let n = 1; n <= UPDATES; n++) {
    // A number without a divisor in common: everyone writes as often.
    const writer = (17 * n) % SIZE;
    mesh.publish(mesh.nodes[writer], 'state', `key ${writer}`, PAYLOAD);
    mesh.run(SETTLED_MS + n * UPDATE_EVERY_MS);
  }
  mesh.run(SETTLED_MS + UPDATES * UPDATE_EVERY_MS + 1_000);
  const { user, system } = process.cpuUsage(began);
  const { deliveries, fresh, received, checked, ...sent } = differenceOf(totalsOf(mesh), before);
  const expected = UPDATES * (SIZE - 1);
  if (deliveries !== expected) throw new Error(`${deliveries} of ${expected} deliveries`);
  return {
    deliveries,
    us: (user + system) / deliveries,
    copies: received / fresh,
    checks: checked / fresh,
    bytes: sent.bytesOut / deliveries,
    pushed: sent.pushed / deliveries,
    announced: sent.announced / deliveries,
    announcements: sent.announcements / deliveries,
    links: mesh.nodes.reduce((sum, { engine }) => sum + engine.stats().links, 0) / SIZE,
    settledMegabytes,
    megabytes: (heap() - heapBefore) / 1e6 / SIZE,
  };
}

function totalsOf({ nodes, counts }) {
  const totals = {
    deliveries: counts.deliveries,
    announcements: counts.announcements,
    fresh: 0,
    received: 0,
    checked: 0,
  };
  Object.assign(totals, { bytesOut: 0, pushed: 0, announced: 0 });
  for (const { engine } of nodes) {
    const stats = engine.stats();
    // Of every kind; a node accepts its own as well, and no copy of it came by a link.
    totals.fresh += stats.recordsAccepted - stats.signatures;
    totals.received += stats.recordsAccepted - stats.signatures + stats.duplicates;
    totals.checked += stats.verifications;
    totals.bytesOut += stats.bytesOut;
    totals.pushed += stats.bytesOutByFrame.push ?? 0;
    totals.announced += stats.bytesOutByFrame.ihave ?? 0;
  }
  return totals;
}

function differenceOf(after, before) {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]]));
}

/** Twice: the first collection frees what the second finds unused, as the bytes of arrays. */
function heap() {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
