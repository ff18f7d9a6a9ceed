/**
 * A Chromium whose tabs are those of a user: one in front, the others hidden, throttled and free to be frozen. As
 * Playwright launches it, every page believes that it is in front and has the focus.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { findChromium } from '../scripts/chromium.mjs';

const START_MS = 20_000;
const END_MS = 5_000;

export interface UserChromium {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function launchUserChromium(): Promise<UserChromium> {
  const program = await findChromium();
  if (program === undefined) throw new Error('No Chromium, Chrome or Edge was found.');
  const profile = await mkdtemp(path.join(tmpdir(), 'hearsay-e2e-'));
  const args = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-first-run'];
  const asRoot = process.getuid?.() === 0;
  const child = spawn(program, [...args, ...(asRoot ? ['--no-sandbox'] : []), 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const browser = await chromium.connectOverCDP(await debuggerUrl(child), { noDefaults: true });
  return {
    context: browser.contexts()[0]!,
    async close() {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined);
      const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(late);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function debuggerUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Chromium did not start: ${said}`));
    }, START_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_096);
      const [url] = /ws:\/\/\S+/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

/** As the browser does with a tab that has been hidden for long: it hides it if need be, and stops all its tasks. */
export async function freeze(page: Page): Promise<void> {
  await setLifecycle(page, 'frozen');
}

/** As when the user comes back to it. */
export async function thaw(page: Page): Promise<void> {
  await setLifecycle(page, 'active');
}

async function setLifecycle(page: Page, state: 'frozen' | 'active'): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state });
  await session.detach();
}
