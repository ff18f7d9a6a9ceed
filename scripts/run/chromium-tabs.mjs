/** Real tabs: one Chromium with any number of pages. */
import { chromium } from 'playwright';
import { findChromium } from '../chromium.mjs';

/** Nothing is fetched from outside. Playwright's own switches keep hidden tabs from being throttled. */
const ARGS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchChromium({ headless = true } = {}) {
  const executablePath = await findChromium();
  if (executablePath === undefined) {
    throw new Error('No Chromium, Chrome or Edge was found. Install one, or name it with CHROMIUM_PATH.');
  }
  const asRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath, headless, args: [...ARGS, ...(asRoot ? ['--no-sandbox'] : [])] });
}
