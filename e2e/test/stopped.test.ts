import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rendererPids } from '../processes.ts';
import {
  allHave,
  allSeeAll,
  eventually,
  type Headless,
  nobodySees,
  type Observer,
  openStage,
  type Stage,
} from '../support.ts';

const STOP_MS = 2_000;
/** Whoever was given up would be suspected by then: silence and patience take less. */
const AFTERMATH_MS = 8_000;

describe('peers that the system stops for two seconds', () => {
  let stage: Stage;
  let nodes: Headless[];
  let all: Observer[];

  beforeAll(async () => {
    stage = await openStage();
    nodes = await Promise.all([1, 2, 3].map(i => stage.headless(`node-${i}`)));
    all = [...nodes, ...(await Promise.all([1, 2, 3].map(i => stage.tab(`tab-${i}`))))];
    await allSeeAll(all);
    await pause(STOP_MS);
  });
  afterAll(() => stage?.close());

  test('Node peers one by one, all at once, and every tab: nobody notices', async () => {
    const since = performance.timeOrigin + performance.now();
    const links = await degrees(all);
    const pids = nodes.map(({ child }) => child.pid!);
    for (const pid of pids) await stopFor(STOP_MS, [pid]);
    await stopFor(STOP_MS, pids);
    await stopFor(STOP_MS, rendererPids());
    await nodes[0]!.set('stopped', 'and going on');
    const ms = await allHave(all, 'stopped', 'and going on');
    await pause(AFTERMATH_MS);
    const noticed = (await Promise.all(all.map(peer => peer.notices()))).flat().filter(({ at }) => at > since);
    console.log(
      `${nodes.length} Node peers stopped for ${STOP_MS / 1_000} s one by one, then together, then all tabs: ` +
        `${noticed.length} notices among ${all.length} peers; a change made just after was everywhere after ${ms.toFixed(0)} ms`,
    );
    expect(noticed).toEqual([]);
    expect(await degrees(all)).toEqual(links);
  });

  test('a machine that sleeps for longer is given up, and its peer is back as soon as it wakes', async () => {
    const sleeper = nodes[0]!;
    const others = all.filter(peer => peer !== sleeper);
    process.kill(sleeper.child.pid!, 'SIGSTOP');
    const goneMs = await nobodySees(others, sleeper.id, 25_000);
    await others[0]!.set('meanwhile', 'said');
    await pause(AFTERMATH_MS);
    process.kill(sleeper.child.pid!, 'SIGCONT');
    const backMs = await eventually('it is alive for all', 10_000, async () => {
      const said = await Promise.all(others.map(peer => peer.statusOf(sleeper.id)));
      return said.every(status => status === 'alive');
    });
    const stateMs = await allHave([sleeper], 'meanwhile', 'said');
    console.log(
      `a Node peer stopped for good: gone everywhere after ${(goneMs / 1_000).toFixed(1)} s; let go on, it is alive ` +
        `for all after ${backMs.toFixed(0)} ms and has what it missed ${stateMs.toFixed(0)} ms later`,
    );
    expect(goneMs).toBeLessThan(15_000);
  });
});

/** SIGSTOP, and SIGCONT: neither can be caught. */
async function stopFor(ms: number, pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(ms);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await pause(ms);
}

function degrees(peers: readonly Observer[]): Promise<readonly number[]> {
  return Promise.all(peers.map(async peer => (await peer.links()).length));
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
