/** The demo page as visitors use it: two tabs, real keys and clicks, one signaling server. */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSignaling } from '../../scripts/run/cast.mjs';
import { launchChromium } from '../../scripts/run/chromium-tabs.mjs';
import { buildDemo } from '../../scripts/run/demo-build.mjs';
import { serveStatic } from '../../scripts/serve-static.mjs';
import { eventually } from '../support.ts';

const BOUND_MS = 10_000;
let signaling: Awaited<ReturnType<typeof startSignaling>>;
let site: Awaited<ReturnType<typeof serveStatic>>;
let browser: Browser;
let ada: Page;
let ben: Page;

beforeAll(async () => {
  const folder = await buildDemo('lobby', () => undefined);
  signaling = await startSignaling();
  const served = { port: 0, extra: { '/config.json': JSON.stringify({ signaling: signaling.url }) } };
  site = await serveStatic(folder, served);
  browser = await launchChromium();
  [ada, ben] = await Promise.all([openLobby(), openLobby()]);
  await Promise.all([ada, ben].map(page => page.waitForFunction(() => hearsay?.room?.presence.others.size === 1)));
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await signaling?.child.stop();
});

test('a note added in one tab appears in the other, and says who wrote in it last', async () => {
  await ada.getByRole('button', { name: 'Add a note' }).click();
  await ada.keyboard.type('Milk');
  await shows(ben, ['Milk']);
  expect(await ben.locator('.note-author').textContent()).toBe(await nameOf(ada));

  await ben.locator('.note').click();
  await ben.keyboard.type(' and bread');
  await shows(ben, ['Milk and bread']);
  // Ada still writes: what Ben wrote meanwhile shows when she lets go.
  await ada.waitForTimeout(300);
  await shows(ada, ['Milk']);
  await ada.keyboard.press('Escape');
  await shows(ada, ['Milk and bread']);
  expect(await ada.locator('.note-author').textContent()).toBe(`last by ${await nameOf(ben)}`);
});

test('by keyboard alone: skip to the board, add, write, delete, undo', async () => {
  const page = await openLobby();
  await shows(page, ['Milk and bread']);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await focused(page)).toBe('add-note');
  expect(new URL(page.url()).hash).toBe('#kitchen');

  await page.keyboard.press('Enter');
  await page.keyboard.type('Salt');
  await page.keyboard.press('Escape');
  await shows(ada, ['Milk and bread', 'Salt']);
  const before = await page.evaluate(() => [...hearsay.room!.state.entries()].map(([key]) => key).sort());

  await page.keyboard.press('Backspace');
  await shows(page, ['Milk and bread', 'Salt']);
  await page.keyboard.press('Delete');
  await shows(ada, ['Milk and bread']);
  await page.keyboard.press('Control+z');
  await shows(ada, ['Milk and bread', 'Salt']);
  expect(await page.evaluate(() => [...hearsay.room!.state.entries()].map(([key]) => key).sort())).toEqual(before);
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^Note by .+: Salt$/);

  await page.keyboard.press('Delete');
  await page.getByRole('button', { name: 'Undo' }).click();
  await shows(ada, ['Milk and bread', 'Salt']);
  await page.close({ runBeforeUnload: true });
});

test('a reaction arrives', async () => {
  await ada.getByRole('button', { name: 'React: Love' }).click();
  await ben.waitForSelector('.floating', { state: 'attached', timeout: BOUND_MS });
});

test('the mesh panel shows every peer', async () => {
  for (const [page, other] of [[ada, ben] as const, [ben, ada] as const]) {
    const expected = ['you', await nameOf(other)].sort();
    await eventually('a circle for each', BOUND_MS, async () => {
      const labels = await page.locator('#mesh .peer .label').allTextContents();
      return labels.sort().join() === expected.join();
    });
  }
});

test('who is away is dimmed and says so, until they are back', async () => {
  // Playwright's pages are always in front, so this one is only told that it is not.
  const turn = (visibility: 'hidden' | 'visible', event: string): Promise<void> =>
    ben.evaluate(
      ([state, name]) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event(name));
      },
      [visibility, event] as const,
    );
  const away = ada.locator('.person.dim', { hasText: 'away' });
  await turn('hidden', 'visibilitychange');
  // What is said when the page is stopped has to be signed first.
  await eventually('nothing waits for its signature', BOUND_MS, () =>
    ben.evaluate(() => hearsay.room!.stats().unsigned === 0),
  );
  await turn('hidden', 'freeze');
  await eventually('Ben is away', BOUND_MS, async () => (await away.count()) === 1);
  expect(await ada.locator('#mesh .peer.dim').count()).toBe(1);
  await turn('visible', 'visibilitychange');
  await eventually('Ben is back', BOUND_MS, async () => (await away.count()) === 0);
});

test('a reloaded tab keeps its name', async () => {
  const name = await nameOf(ben);
  await ben.reload();
  await shows(ben, ['Milk and bread', 'Salt']);
  expect(await nameOf(ben)).toBe(name);
});

test('the board is full at 150 notes: the next one is refused in words, and none is lost', async () => {
  await ada.evaluate(() => {
    for (let i = 2; i < 150; i++)
      hearsay.room!.state.set(`note/full-${i}`, { x: 0.5, y: 0.5, text: String(i), color: '#1d61c9' });
  });
  expect(await ada.locator('.note').count()).toBe(150);
  await ada.getByRole('button', { name: 'Add a note' }).click();
  expect(await ada.locator('#toast').textContent()).toContain('The board is full');
  expect(await ada.evaluate(() => hearsay.room!.state.size)).toBe(150);
});

async function openLobby(): Promise<Page> {
  // A context of its own each, as two visitors have.
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(BOUND_MS);
  await page.goto(`${site.url}#kitchen`);
  await page.waitForFunction(() => globalThis.hearsay?.room !== undefined);
  return page;
}

function shows(page: Page, notes: readonly string[]): Promise<number> {
  return eventually(`the board shows ${notes.join(', ')}`, BOUND_MS, async () => {
    const texts = await page
      .locator('.note-text')
      .evaluateAll(fields => fields.map(field => (field as HTMLTextAreaElement).value));
    return texts.sort().join() === notes.join();
  });
}

async function nameOf(page: Page): Promise<string> {
  return (await page.locator('#you-name').textContent()) ?? '';
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id ?? '');
}
