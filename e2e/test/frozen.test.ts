import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allHave,
  allSeeAll,
  distinctHashes,
  eventually,
  type Headless,
  type Observer,
  openStage,
  type Stage,
  type Tab,
} from '../support.ts';
import { freeze, thaw } from '../user-chromium.ts';

const FROZEN_MS = 60_000;

describe('a tab in the background', () => {
  let stage: Stage;
  let nodes: Headless[];
  let tabs: Tab[];
  let others: Observer[];
  let sleeper: Tab;

  beforeAll(async () => {
    stage = await openStage({ userTabs: true });
    nodes = await Promise.all([1, 2, 3].map(i => stage.headless(`node-${i}`)));
    sleeper = await stage.tab('sleeper');
    tabs = [sleeper];
    for (const i of [1, 2]) tabs.push(await stage.tab(`tab-${i}`));
    others = [...nodes, ...tabs.slice(1)];
    await allSeeAll([sleeper, ...others]);
  });
  afterAll(() => stage?.close());

  const allSay = (status: string, boundMs: number): Promise<number> =>
    eventually(`${sleeper.name} is ${status} everywhere`, boundMs, async () => {
      const said = await Promise.all(others.map(peer => peer.statusOf(sleeper.id)));
      return said.every(found => found === status);
    });

  test('is away for all while it is hidden, and alive again when it is looked at', async () => {
    expect(await sleeper.page.evaluate(() => document.visibilityState)).toBe('hidden');
    const awayMs = await allSay('away', 30_000);
    await sleeper.page.bringToFront();
    const backMs = await allSay('alive', 10_000);
    console.log(`hidden tab: away everywhere after ${awayMs.toFixed(0)} ms, alive again after ${backMs.toFixed(0)} ms`);
  });

  test('that is frozen for a minute is away, and right again within two seconds of its thaw', {
    timeout: 150_000,
  }, async () => {
    await tabs[1]!.page.bringToFront();
    await pause(1_000);
    const since = performance.timeOrigin + performance.now();
    await freeze(sleeper.page);
    const awayMs = await allSay('away', 5_000);
    await pause(FROZEN_MS);
    for (const peer of others) await peer.set(`meanwhile/${peer.name}`, peer.name);
    for (const peer of others) await allHave(others, `meanwhile/${peer.name}`, peer.name);
    expect(await Promise.all(others.map(peer => peer.statusOf(sleeper.id)))).toEqual(others.map(() => 'away'));

    const thawedAt = performance.now();
    await thaw(sleeper.page);
    await sleeper.page.bringToFront();
    for (const peer of others) await allHave([sleeper], `meanwhile/${peer.name}`, peer.name, 20_000);
    const stateMs = performance.now() - thawedAt;
    await allSay('alive', 20_000);
    const aliveMs = performance.now() - thawedAt;
    await sleeper.set('back', 'again');
    await allHave(others, 'back', 'again', 20_000);
    const writesMs = performance.now() - thawedAt;
    const noticed = (await Promise.all(others.map(peer => peer.notices()))).flat().filter(({ at }) => at > since);
    const wrong = noticed.filter(({ what }) => what !== 'away' && what !== 'alive');
    console.log(
      `frozen for ${FROZEN_MS / 1_000} s: away everywhere after ${awayMs.toFixed(0)} ms; thawed, it has all it missed after ` +
        `${stateMs.toFixed(0)} ms, is alive for all after ${aliveMs.toFixed(0)} ms, and heard by all after ${writesMs.toFixed(0)} ms`,
    );
    expect(wrong).toEqual([]);
    expect(await distinctHashes([sleeper, ...others])).toBe(1);
    expect(await sleeper.sees()).toHaveLength(others.length);
    expect(Math.max(stateMs, aliveMs, writesMs)).toBeLessThan(2_000);
  });

  test('that is closed while it is frozen says goodbye by the links that it still has', async () => {
    await tabs[1]!.page.bringToFront();
    await pause(1_000);
    await freeze(sleeper.page);
    await allSay('away', 5_000);
    const since = performance.timeOrigin + performance.now();
    await sleeper.page.close();
    const goneMs = await eventually(`${sleeper.name} is gone everywhere`, 10_000, async () => {
      const said = await Promise.all(others.map(peer => peer.statusOf(sleeper.id)));
      return said.every(found => found === undefined);
    });
    const noticed = (await Promise.all(nodes.map(peer => peer.notices()))).flat().filter(({ at }) => at > since);
    console.log(`closed while frozen: gone everywhere after ${goneMs.toFixed(0)} ms`);
    expect(new Set(noticed.map(({ what }) => what))).toEqual(new Set(['leave: left']));
  });
});

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
