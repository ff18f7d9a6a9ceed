/** What the tests here have in common: a stage of real processes and tabs that is always cleared away. */
import type { Room } from '@hearsay/node-peer';
import type { BrowserContext, Page } from 'playwright';
import { startPeers, startSignaling } from '../scripts/run/cast.mjs';
import { launchChromium } from '../scripts/run/chromium-tabs.mjs';
import { serveStatic } from '../scripts/serve-static.mjs';
import { PAGE_FOLDER } from './global-setup.ts';
import type { TestPage } from './page/main.ts';
import type { Notice } from './page/probe.ts';
import { launchUserChromium } from './user-chromium.ts';

export const APP = 'hearsay.e2e';

declare global {
  var hearsay: TestPage;
}

/** A peer of a test, wherever it runs. */
export interface Peer {
  readonly name: string;
  readonly id: string;
  sees(): Promise<readonly string[]>;
  set(key: string, value: string): Promise<void>;
  get(key: string): Promise<unknown>;
  stateHash(): Promise<string>;
  links(): Promise<readonly { peer: string; via: string }[]>;
}

/** A peer whose every word about others is written down. */
export interface Observer extends Peer {
  /** What it holds of one other; undefined: it does not see it. */
  statusOf(id: string): Promise<string | undefined>;
  /** All that it was told of others besides what they say themselves, and every warning, since it joined. */
  notices(): Promise<readonly Notice[]>;
}

export interface Tab extends Observer {
  readonly page: Page;
}

export interface Headless extends Observer {
  readonly child: ReturnType<typeof startPeers>['child'];
}

export interface Stage {
  readonly url: string;
  readonly signaling: Awaited<ReturnType<typeof startSignaling>>['child'];
  /** In front of the others, where the stage's tabs are a user's. */
  tab(name: string, options?: { room?: string; maxLinks?: number }): Promise<Tab>;
  headless(name: string, options?: { room?: string; maxLinks?: number }): Promise<Headless>;
  close(): Promise<void>;
}

/** `userTabs`: only the newest tab is in front, the others are hidden as they are for a user, and can be frozen. */
export async function openStage({ userTabs = false } = {}): Promise<Stage> {
  const signaling = await startSignaling();
  const site = await serveStatic(PAGE_FOLDER);
  const children: { stop(): Promise<void> }[] = [signaling.child];
  let browser: Promise<OpenBrowser> | undefined;

  return {
    url: signaling.url,
    signaling: signaling.child,
    async tab(name, { room = 'stage', maxLinks } = {}) {
      browser ??= userTabs ? launchUserChromium() : openContext();
      const page = await (await browser).context.newPage();
      await page.goto(site.url);
      await page.waitForFunction(() => globalThis.hearsay !== undefined);
      await page.evaluate(([url, id, who, max]) => globalThis.hearsay.join(url, id, who, max), [
        signaling.url,
        room,
        name,
        maxLinks,
      ] as const);
      return tabPeer(page, name);
    },
    async headless(name, { room = 'stage', maxLinks } = {}) {
      const waiting: ((line: StatsLine) => void)[] = [];
      const known = new Map<string, unknown>();
      const others = new Map<string, string>();
      const notices: Notice[] = [];
      let joined: (id: string) => void = () => undefined;
      const id = new Promise<string>(resolve => {
        joined = resolve;
      });
      const { child } = startPeers({
        url: signaling.url,
        room,
        app: APP,
        name,
        args: maxLinks === undefined ? [] : ['--max-links', String(maxLinks)],
        onLine: line => {
          if (line.type === 'joining') joined(line.id);
          if (line.type === 'peer-join') others.set(line.id, line.status);
          if (line.type === 'peer-leave') others.delete(line.id);
          if (line.type === 'presence') {
            if (others.get(line.id) !== line.status) notices.push({ what: line.status, peer: line.id, at: line.at });
            others.set(line.id, line.status);
          }
          if (line.type === 'peer-leave') notices.push({ what: `leave: ${line.reason}`, peer: line.id, at: line.at });
          if (line.type === 'warning') notices.push({ what: `warning: ${line.code}`, peer: line.subject, at: line.at });
          if (line.type === 'state') known.set(line.key, line.value);
          if (line.type === 'stats') waiting.shift()?.(line as StatsLine);
        },
      });
      children.push(child);
      const stats = (): Promise<StatsLine> =>
        new Promise(resolve => {
          waiting.push(resolve);
          child.say({ do: 'stats' });
        });
      return {
        name,
        id: await id,
        child,
        sees: async () => [...others.keys()],
        statusOf: async id => others.get(id),
        notices: async () => notices,
        set: async (key, value) => void child.say({ do: 'set', key, value }),
        get: async key => known.get(key),
        stateHash: async () => (await stats()).stats.stateHash,
        links: async () => (await stats()).links,
      };
    },
    async close() {
      await (await browser)?.close();
      await site.close();
      await Promise.all(children.map(child => child.stop()));
    },
  };
}

interface OpenBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

async function openContext(): Promise<OpenBrowser> {
  const browser = await launchChromium();
  return { context: await browser.newContext(), close: () => browser.close() };
}

interface StatsLine {
  readonly stats: { readonly stateHash: string };
  readonly links: readonly { peer: string; via: string }[];
}

async function tabPeer(page: Page, name: string): Promise<Tab> {
  const id = await page.evaluate(() => globalThis.hearsay.room!.self.id);
  return {
    name,
    id,
    page,
    sees: () => page.evaluate(() => [...globalThis.hearsay.room!.presence.others.keys()]),
    statusOf: other =>
      page.evaluate(
        who => new Map<string, { status: string }>(globalThis.hearsay.room!.presence.others).get(who)?.status,
        other,
      ),
    notices: () => page.evaluate(() => globalThis.hearsay.probe!.notices()),
    set: (key, value) => page.evaluate(([k, v]) => globalThis.hearsay.room!.state.set(k, v), [key, value] as const),
    get: key => page.evaluate(k => globalThis.hearsay.room!.state.get(k), key),
    stateHash: () => page.evaluate(() => globalThis.hearsay.room!.stats().stateHash),
    links: () => page.evaluate(() => globalThis.hearsay.room!.links.map(({ peer, via }) => ({ peer, via }))),
  };
}

/** A peer in the test's own process. */
export function localPeer(name: string, room: Room): Peer {
  return {
    name,
    id: room.self.id,
    sees: async () => [...room.presence.others.keys()],
    set: async (key, value) => room.state.set(key, value),
    get: async key => room.state.get(key),
    stateHash: async () => room.stats().stateHash,
    links: async () => room.links,
  };
}

/** Waits until `holds`, at most `boundMs`; returns how long it took. Throws with `what` when it never did. */
export async function eventually(what: string, boundMs: number, holds: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - start;
    if (performance.now() - start > boundMs) throw new Error(`Waited ${boundMs / 1000} s in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

export function allSeeAll(peers: readonly Peer[]): Promise<number> {
  return eventually('all see all', 30_000, async () => {
    const views = await Promise.all(peers.map(peer => peer.sees()));
    return views.every(view => view.length === peers.length - 1);
  });
}

export function allHave(peers: readonly Peer[], key: string, value: string, boundMs = 10_000): Promise<number> {
  return eventually(`"${key}" is "${value}" everywhere`, boundMs, async () => {
    const values = await Promise.all(peers.map(peer => peer.get(key)));
    return values.every(found => found === value);
  });
}

export async function distinctHashes(peers: readonly Peer[]): Promise<number> {
  return new Set(await Promise.all(peers.map(peer => peer.stateHash()))).size;
}

export async function nobodySees(peers: readonly Peer[], gone: string, boundMs: number): Promise<number> {
  try {
    return await eventually(`nobody sees ${gone.slice(0, 8)} any more`, boundMs, async () => {
      const views = await Promise.all(peers.map(peer => peer.sees()));
      return views.every(view => !view.includes(gone));
    });
  } catch (error) {
    for (const peer of peers) {
      const [seen, links] = [await peer.sees(), await peer.links()];
      const others = links.map(link => link.peer.slice(0, 8)).join(' ');
      console.log(
        `${peer.name} ${peer.id.slice(0, 8)}: ${seen.includes(gone) ? 'sees it' : 'does not'}, linked with ${others || 'nobody'}`,
      );
    }
    throw error;
  }
}
