import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Crowd, openCrowd } from '../crowd.ts';
import { eventually } from '../support.ts';

const TABS = Number(process.env['HEARSAY_TABS'] ?? 32);
const MOST_LINKS = 6;
const AUTHORS = 8;
const CHANGES_EACH = 5;
const BEAT_MS = 100;
const BEATS = 40;

describe(`${TABS} real tabs that join one room at the same moment`, () => {
  let crowd: Crowd;
  const onEach = <T>(run: (page: Page) => Promise<T>): Promise<T[]> => Promise.all(crowd.pages.map(run));

  beforeAll(async () => {
    crowd = await openCrowd(TABS);
  });
  afterAll(() => crowd?.close());

  test('all see all, with at most six links each', async () => {
    const { ms, cpu } = await crowd.join();
    const madeThen = await crowd.connectionsMade();
    // Links that were agreed on while all saw all already are still being made.
    let links: readonly number[] = [];
    const settled = await crowd.costOf(async () => {
      let steady = 0;
      const settledMs = await eventually('the links stay as they are for two seconds', 30_000, async () => {
        const before = links.join();
        links = await crowd.links();
        steady = links.join() === before ? steady + 1 : 0;
        await pause(200);
        return steady === 10;
      });
      return settledMs - 2_000;
    });
    const most = Math.max(...links);
    // Who came first took the room for a small one, where everybody is everybody's neighbour; that is put right later.
    await eventually('nobody has too many links', 30_000, async () => {
      links = await crowd.links();
      return Math.max(...links) <= MOST_LINKS;
    }).catch(() => undefined);
    const made = await crowd.connectionsMade();
    const kept = sum(links);
    console.log(
      `${TABS} tabs: all see all ${ms.toFixed(0)} ms, CPU ${cpu.all.toFixed(2)} s (pages ${cpu.pages.toFixed(2)} s), ` +
        `connections made ${madeThen}; links settled ${settled.value.toFixed(0)} ms later for ${settled.cpu.all.toFixed(2)} s, ` +
        `connections made ${made} (${(made / TABS).toFixed(1)} a tab, ${(made / kept).toFixed(2)} for each kept), ` +
        `links ${Math.min(...links)} / ${(kept / TABS).toFixed(1)} / ${Math.max(...links)} (min, mean, max), ${most} at most before`,
    );
    expect(Math.max(...links)).toBeLessThanOrEqual(MOST_LINKS);
    expect(Math.min(...links)).toBeGreaterThan(0);
  });

  test('every change of several authors reaches every tab', async () => {
    const sent = new Map<string, number>();
    for (let n = 0; n < AUTHORS * CHANGES_EACH; n++) {
      const author = crowd.pages[Math.floor((n % AUTHORS) * (TABS / AUTHORS))]!;
      const at = await author.evaluate(value => {
        const written = performance.timeOrigin + performance.now();
        globalThis.hearsay.room!.state.set(`change/${value}`, value);
        return written;
      }, String(n));
      sent.set(`change/${n} ${n}`, at);
      await pause(50);
    }
    let heard: Map<string, number>[] = [];
    const complete = async (): Promise<boolean> => {
      heard = (await onEach(page => page.evaluate(() => [...globalThis.hearsay.heard]))).map(
        entries => new Map(entries),
      );
      return heard.every(map => [...sent.keys()].every(stamp => map.has(stamp)));
    };
    await eventually('every change is everywhere', 20_000, complete).catch(() => undefined);
    const lost = [...sent.keys()].flatMap(stamp => heard.filter(map => !map.has(stamp))).length;
    const lags = [...sent]
      .map(([stamp, at]) => Math.max(...heard.map(map => map.get(stamp) ?? Number.NaN)) - at)
      .sort((a, b) => a - b);
    console.log(
      `${sent.size} changes of ${AUTHORS} tabs, everywhere after ${quantile(lags, 0.5)} / ${quantile(lags, 0.99)} ms (p50, p99), lost ${lost}`,
    );
    expect(lost).toBe(0);
  });

  // A busy link leaves out what is newer already, so the last move of each tab is what must arrive; all are counted.
  test('every tab moves its presence ten times a second, and where it ends is known everywhere', async () => {
    const beating = await crowd.costOf(async () => {
      const times = [BEAT_MS, BEATS] as const;
      await onEach(page => page.evaluate(([every, count]) => globalThis.hearsay.probe!.beat(every, count), times));
    });
    const arrived = async (): Promise<number> =>
      sum(await onEach(page => page.evaluate(beat => globalThis.hearsay.probe!.othersAt(beat), BEATS)));
    const pairs = TABS * (TABS - 1);
    const waited = eventually('every last beat is everywhere', 20_000, async () => (await arrived()) === pairs);
    const lateMs = await waited.catch(() => Number.NaN);
    const lags = (await onEach(page => page.evaluate(() => globalThis.hearsay.probe!.beatLagsMs()))).flat();
    lags.sort((a, b) => a - b);
    console.log(
      `presence at ${1000 / BEAT_MS} Hz in ${TABS} tabs: delivered ${((100 * lags.length) / (pairs * BEATS)).toFixed(2)} %, ` +
        `${quantile(lags, 0.5)} / ${quantile(lags, 0.99)} ms (p50, p99), all know where all ended ${lateMs.toFixed(0)} ms ` +
        `after the end; CPU ${beating.cpu.all.toFixed(1)} s (pages ${beating.cpu.pages.toFixed(1)} s) in ${((BEAT_MS * BEATS) / 1000).toFixed(0)} s`,
    );
    expect(await arrived()).toBe(pairs);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN).toFixed(0);
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
