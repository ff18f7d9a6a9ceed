/** The unattended run: everybody sees everybody, then writes by turns, and every peer is asked what it heard and when. */
import { stampOf } from './views.mjs';

const WRITE_EVERY_MS = 200;
const KEYS_PER_PEER = 20;
const SETTLE_BOUND_MS = 10_000;
const JOIN_BOUND_MS = 60_000;
const POLL_MS = 50;

/** @param {Awaited<ReturnType<typeof import('./stage.mjs').openStage>>} stage */
export async function measure(stage, forMs, step) {
  const { views } = stage;
  const allSeeAll = await until(JOIN_BOUND_MS, async () => {
    const sees = await Promise.all(views.map(view => view.sees()));
    return sees.every(count => count === views.length - 1);
  });
  const allSeeAllMs = Math.round(performance.now() - stage.startedAt);
  step(allSeeAll ? `all ${views.length} see all after ${allSeeAllMs} ms` : 'not everybody sees everybody');
  const before = await statsOf(views);
  const begun = performance.now();
  const written = await writeByTurns(views, forMs, step);
  const { delivered, lags } = await delivery(views, written);
  const after = await statsOf(views);
  const seconds = (performance.now() - begun) / 1000;
  const links = after.map(stats => stats.links);
  const bytes = after.map((stats, i) => stats.bytesIn + stats.bytesOut - before[i].bytesIn - before[i].bytesOut);
  return {
    tabs: stage.tabs,
    nodePeers: stage.nodes,
    allSeeAll,
    allSeeAllMs,
    updates: written.length,
    delivered,
    convergenceMs: { p50: quantile(lags, 0.5), p99: quantile(lags, 0.99) },
    stateHashes: new Set(after.map(stats => stats.stateHash)).size,
    linksPerPeer: { mean: round(sum(links) / links.length), max: Math.max(...links) },
    bytesPerPeerPerSecond: Math.round(sum(bytes) / views.length / seconds),
  };
}

async function writeByTurns(views, forMs, step) {
  step(`writing ${1000 / WRITE_EVERY_MS} updates a second by turns for ${forMs / 1000} s`);
  const written = [];
  const end = performance.now() + forMs;
  for (let n = 0; performance.now() < end; n++) {
    const view = views[n % views.length];
    const key = `probe/${view.name}/${Math.floor(n / views.length) % KEYS_PER_PEER}`;
    const at = performance.timeOrigin + performance.now();
    await view.set(key, { n, at });
    written.push({ stamp: stampOf(key, { n }), at });
    if (n > 0 && n % 50 === 0) step(`${n} updates`);
    await pause(WRITE_EVERY_MS);
  }
  return written;
}

/** Waits until every update is everywhere, or the bound; then counts. Lag: from the write to the last peer's news of it. */
async function delivery(views, written) {
  let heard = [];
  await until(SETTLE_BOUND_MS, async () => {
    heard = await Promise.all(views.map(view => view.heard()));
    return written.every(({ stamp }) => heard.every(map => map.has(stamp)));
  });
  let arrived = 0;
  const lags = [];
  for (const { stamp, at } of written) {
    const times = heard.map(map => map.get(stamp)).filter(time => time !== undefined);
    arrived += times.length;
    if (times.length === views.length) lags.push(Math.max(...times) - at);
  }
  const possible = written.length * views.length;
  return { delivered: possible === 0 ? 0 : arrived / possible, lags: lags.sort((a, b) => a - b) };
}

function statsOf(views) {
  return Promise.all(views.map(view => view.stats()));
}

/** What is wrong with the run; empty when it is as promised. */
export function failures(result) {
  const wrong = [];
  if (!result.allSeeAll) wrong.push('Not everybody saw everybody.');
  if (result.delivered !== 1) wrong.push(`Only ${(100 * result.delivered).toFixed(2)} % of the updates arrived.`);
  if (result.stateHashes !== 1) wrong.push(`The peers ended with ${result.stateHashes} different states.`);
  return wrong;
}

export function table(result) {
  const rows = [
    ['peers', `${result.tabs} tabs + ${result.nodePeers} Node peers`],
    ['all see all', result.allSeeAll ? `${result.allSeeAllMs} ms` : 'no'],
    ['updates', `${result.updates}, delivered ${(100 * result.delivered).toFixed(2)} %`],
    ['convergence', `p50 ${result.convergenceMs.p50} ms, p99 ${result.convergenceMs.p99} ms`],
    ['different states', String(result.stateHashes)],
    ['links per peer', `mean ${result.linksPerPeer.mean}, max ${result.linksPerPeer.max}`],
    ['bytes per peer', `${result.bytesPerPeerPerSecond} B/s in and out`],
  ];
  return `\n${rows.map(([name, value]) => `  ${name.padEnd(18)}${value}`).join('\n')}\n`;
}

async function until(boundMs, holds) {
  const end = performance.now() + boundMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > end) return false;
    await pause(POLL_MS);
  }
}

function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}

function quantile(sorted, q) {
  return sorted.length === 0 ? null : round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]);
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(number) {
  return Math.round(number * 100) / 100;
}
