/** Many pages of one Chromium that join one room at the same moment. */
import type { Browser, Page } from 'playwright';
import { startSignaling } from '../scripts/run/cast.mjs';
import { launchChromium } from '../scripts/run/chromium-tabs.mjs';
import { serveStatic } from '../scripts/serve-static.mjs';
import { PAGE_FOLDER } from './global-setup.ts';
import { type CpuSeconds, chromiumCpu } from './processes.ts';

/** Pages opened side by side: more would only wait for one another. */
const OPENED_AT_ONCE = 8;
const JOIN_BOUND_MS = 30_000;

export interface Crowd {
  readonly pages: readonly Page[];
  /** All pages join; how long until each saw all, from the first one's call, and what that cost. */
  join(): Promise<{ readonly ms: number; readonly cpu: CpuSeconds }>;
  links(): Promise<readonly number[]>;
  connectionsMade(): Promise<number>;
  /** What `run` cost. */
  costOf<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly cpu: CpuSeconds }>;
  close(): Promise<void>;
}

export async function openCrowd(size: number): Promise<Crowd> {
  const signaling = await startSignaling();
  const site = await serveStatic(PAGE_FOLDER);
  const browser = await launchChromium();
  const pages: Page[] = [];
  for (let at = 0; at < size; at += OPENED_AT_ONCE) {
    const more = Math.min(OPENED_AT_ONCE, size - at);
    pages.push(...(await Promise.all(Array.from({ length: more }, () => openPage(browser, site.url)))));
  }
  const costOf = async <T>(run: () => Promise<T>): Promise<{ value: T; cpu: CpuSeconds }> => {
    const before = chromiumCpu();
    const value = await run();
    const after = chromiumCpu();
    return { value, cpu: { all: after.all - before.all, pages: after.pages - before.pages } };
  };

  return {
    pages,
    costOf,
    async join() {
      const { value: ms, cpu } = await costOf(() => joinAll(pages, signaling.url));
      return { ms, cpu };
    },
    links: () => Promise.all(pages.map(page => page.evaluate(() => globalThis.hearsay.room!.links.length))),
    async connectionsMade() {
      const made = await Promise.all(
        pages.map(page => page.evaluate(() => globalThis.hearsay.probe!.connectionsMade())),
      );
      return made.reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await browser.close();
      await site.close();
      await signaling.child.stop();
    },
  };
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  // A page of its own context each, as visitors have: they share no storage and no cache.
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.waitForFunction(() => globalThis.hearsay !== undefined);
  return page;
}

/** How long it took from the first join until the last page saw all others. Throws when one never did. */
async function joinAll(pages: readonly Page[], url: string): Promise<number> {
  const others = pages.length - 1;
  const joined = await Promise.all(
    pages.map((page, at) =>
      page.evaluate(
        async ([signaling, name, count, boundMs]) => {
          const since = performance.timeOrigin + performance.now();
          globalThis.hearsay.join(signaling, 'crowd', name, undefined);
          const late = new Promise<undefined>(resolve => setTimeout(resolve, boundMs));
          const saw = await Promise.race([globalThis.hearsay.probe!.sees(count), late]);
          return { since, saw, seen: globalThis.hearsay.room!.presence.others.size };
        },
        [url, `tab-${at}`, others, JOIN_BOUND_MS] as const,
      ),
    ),
  );
  const blind = joined.filter(({ saw }) => saw === undefined);
  if (blind.length > 0) {
    const seen = blind.map(page => page.seen).join(', ');
    throw new Error(`After ${JOIN_BOUND_MS / 1000} s ${blind.length} pages see ${seen} of ${others} others`);
  }
  return Math.max(...joined.map(({ saw }) => saw!)) - Math.min(...joined.map(({ since }) => since));
}
