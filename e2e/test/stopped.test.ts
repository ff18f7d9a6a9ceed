import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rendererPids } from '../processes.ts';
import { allHave, allSeeAll, type Headless, type Observer, openStage, type Stage } from '../support.ts';

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
