/**
 * `npm start`: signaling server, headless peers and the demo page, on loopback; with `--tabs N` real tabs as well;
 * with `--for TIME` unattended, with figures at the end. Installs and compiles first what has changed.
 */
import { writeFile } from 'node:fs/promises';
import { buildDemo } from './run/demo-build.mjs';
import { failures, measure, table } from './run/measure.mjs';
import { openInBrowser } from './run/open-browser.mjs';
import { killChildren } from './run/process.mjs';
import { openStage } from './run/stage.mjs';
import { HELP, readArguments } from './run/start-arguments.mjs';

const EXIT_BOUND_MS = 2_500;
const PARENT_CHECK_MS = 300;

async function main() {
  const wish = readArguments(process.argv.slice(2));
  if ('mistake' in wish) return say(`${wish.mistake} See npm start -- --help.`, 2);
  if (wish.help) return say(HELP, 0);
  // Here and not as a command before this one: a signal sent to `npm start` must reach this process.
  await import('./setup.mjs');
  const folder = await buildDemo('lobby', step);
  const pages = { '/what-if': await buildDemo('what-if', step) };
  const stage = await openStage({ ...wish, folder, pages }, step);
  onStop(stage);
  const unattended = wish.forMs !== undefined;
  if (!unattended && !wish.headless) openInBrowser(stage.pageUrl);
  const { origin } = new URL(stage.pageUrl);
  console.log(`\n  Open ${stage.pageUrl}   (Ctrl-C ends everything)\n  The simulator in a page: ${origin}/what-if/\n`);
  if (!unattended) return undefined;
  const result = await measure(stage, wish.forMs, step);
  console.log(table(result));
  if (wish.json !== undefined) await writeFile(wish.json, `${JSON.stringify(result, null, 2)}\n`);
  await stage.close();
  const wrong = failures(result);
  return say(
    wrong.length === 0 ? 'All see all, every update everywhere, one state.' : wrong.join('\n'),
    wrong.length === 0 ? 0 : 1,
  );
}

/** Ctrl-C, or whoever started us asking: everything ends within three seconds, the second time at once. */
function onStop(stage) {
  let stopping = false;
  const stop = async () => {
    const now = () => {
      killChildren();
      process.exit(0);
    };
    if (stopping) return;
    stopping = true;
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, now);
    setTimeout(now, EXIT_BOUND_MS).unref();
    console.log('\nLeaving…');
    await stage.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  // npm runs us in a shell that does not pass on a signal meant for npm alone: it dies, and we notice.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
}

function step(text) {
  console.log(`· ${text}`);
}

function say(text, code) {
  (code === 0 ? console.log : console.error)(text);
  return code;
}

try {
  const code = await main();
  if (code !== undefined) process.exit(code);
} catch (error) {
  killChildren();
  console.error(`npm start: ${error.message}`);
  process.exit(1);
}
