import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allHave,
  allSeeAll,
  distinctHashes,
  eventually,
  type Headless,
  nobodySees,
  openStage,
  type Peer,
  type Stage,
  type Tab,
} from '../support.ts';

const MAX_LINKS = 4;

describe('six tabs and three Node peers, at most four links each', () => {
  let stage: Stage;
  let tabs: Tab[];
  let nodes: Headless[];
  let all: Peer[];

  beforeAll(async () => {
    stage = await openStage();
    nodes = await Promise.all([1, 2, 3].map(i => stage.headless(`node-${i}`, { maxLinks: MAX_LINKS })));
    tabs = await Promise.all([1, 2, 3, 4, 5, 6].map(i => stage.tab(`tab-${i}`, { maxLinks: MAX_LINKS })));
    all = [...nodes, ...tabs];
  });
  afterAll(() => stage?.close());

  test('all see all, with fewer links than a full mesh', async () => {
    const ms = await allSeeAll(all);
    const degrees = await Promise.all(all.map(async peer => (await peer.links()).length));
    console.log(`all see all ${ms.toFixed(0)} ms after the last tab opened; links ${degrees.join(' ')}`);
    expect(Math.max(...degrees)).toBeLessThanOrEqual(MAX_LINKS);
    expect(Math.min(...degrees)).toBeGreaterThan(0);
  });

  test('a change in any tab reaches all, and all end in the same state', async () => {
    for (const tab of tabs) {
      await tab.set(`from/${tab.name}`, 'hello');
      const ms = await allHave(all, `from/${tab.name}`, 'hello');
      console.log(`${tab.name}: everywhere after ${ms.toFixed(0)} ms`);
    }
    expect(await distinctHashes(all)).toBe(1);
  });

  test('a late joiner gets the whole state and presence, and nobody re-sends by hand', async () => {
    const late = await stage.tab('late', { maxLinks: MAX_LINKS });
    const ms = await eventually('the late tab has everything', 20_000, async () => {
      const values = await Promise.all(tabs.map(tab => late.get(`from/${tab.name}`)));
      return values.every(value => value === 'hello') && (await late.sees()).length === all.length;
    });
    console.log(`late joiner complete after ${ms.toFixed(0)} ms`);
    tabs.push(late);
    all.push(late);
    await allSeeAll(all);
    expect(await distinctHashes(all)).toBe(1);
  });

  test('the signaling server dies by SIGKILL, and changes still reach everyone', async () => {
    await stage.signaling.stop('SIGKILL');
    for (const peer of [tabs[0]!, tabs[5]!, nodes[0]!]) {
      await peer.set('after-the-server', peer.name);
      const ms = await allHave(all, 'after-the-server', peer.name);
      console.log(`without a server, from ${peer.name}: everywhere after ${ms.toFixed(0)} ms`);
    }
    expect(await distinctHashes(all)).toBe(1);
  });

  test('a closed tab leaves the list of everybody within a second', async () => {
    const closed = tabs.pop()!;
    all = all.filter(peer => peer !== closed);
    // As a person closes it: pagehide runs, the process lives on.
    const closing = closed.page.close({ runBeforeUnload: true });
    const ms = await nobodySees(all, closed.id, 10_000);
    await closing;
    console.log(`closed tab gone everywhere after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(1_000);
  });

  test('a killed renderer leaves the list of everybody within 15 seconds', async () => {
    const killed = tabs.pop()!;
    all = all.filter(peer => peer !== killed);
    const session = await killed.page.context().newCDPSession(killed.page);
    session.send('Page.crash').catch(() => undefined);
    const ms = await nobodySees(all, killed.id, 25_000);
    console.log(`killed renderer gone everywhere after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(15_000);
  });

  test('a Node peer killed by SIGKILL leaves the list of everybody within 15 seconds', async () => {
    // Without a server, who lost its last two links at once would be alone for good.
    const left = new Set(all.map(({ id }) => id));
    const mended = await eventually('everybody has two links again', 20_000, async () => {
      const links = await Promise.all(all.map(peer => peer.links()));
      return links.every(ofOne => ofOne.filter(({ peer }) => left.has(peer)).length >= 2);
    });
    console.log(`two links again for everybody after ${mended.toFixed(0)} ms`);
    const killed = nodes.pop()!;
    all = all.filter(peer => peer !== killed);
    await killed.child.stop('SIGKILL');
    const ms = await nobodySees(all, killed.id, 25_000);
    console.log(`killed Node peer gone everywhere after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(15_000);
  });

  test('the rest is still one mesh', async () => {
    await allSeeAll(all);
    await tabs[0]!.set('the-rest', 'holds');
    await allHave(all, 'the-rest', 'holds');
    expect(await distinctHashes(all)).toBe(1);
  });
});
