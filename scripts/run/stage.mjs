/** Everything that `npm start` starts, and how it ends again. */
import { serveStatic } from '../serve-static.mjs';
import { startPeers, startSignaling } from './cast.mjs';
import { createPeerView, createTabView } from './views.mjs';

export const APP = 'hearsay.demo.lobby';
export const ROOM = 'lobby';
const SIGNALING_PORT = 8787;
/** More processes than this gain nothing; further peers share them. */
const MAX_PROCESSES = 4;

/**
 * @param {{ folder: string, pages?: Record<string, string>, tabs: number, nodes: number, headless: boolean, forMs?: number, maxLinks?: number, port: number }} wish
 * @param {(text: string) => void} step
 */
export async function openStage(wish, step) {
  const startedAt = performance.now();
  const signaling = await startSignaling({ port: SIGNALING_PORT });
  step(`signaling server on ${signaling.url}`);
  const page = await serveStatic(wish.folder, {
    port: wish.port,
    folders: wish.pages,
    extra: { '/config.json': JSON.stringify({ signaling: signaling.url }) },
  });
  const pageUrl = `${page.url}${wish.maxLinks === undefined ? '' : `?max=${wish.maxLinks}`}`;
  const views = startNodes(wish, signaling.url);
  const nodes = `${wish.nodes} headless Node peer${wish.nodes === 1 ? '' : 's'}`;
  if (wish.nodes > 0) {
    step(`starting ${nodes}`);
    Promise.all(views.map(view => view.ready)).then(() => step(`${nodes} in the room`));
  }
  const browser = wish.tabs > 0 ? await openTabs(wish, pageUrl, views, step) : undefined;
  let closing;
  return {
    pageUrl: `${pageUrl}#${ROOM}`,
    signaling,
    views,
    startedAt,
    tabs: wish.tabs,
    nodes: wish.nodes,
    close() {
      closing ??= Promise.allSettled([
        browser?.close(),
        page.close(),
        signaling.child.stop(),
        ...new Set(views.filter(view => view.child).map(view => view.child.stop())),
      ]);
      return closing;
    },
  };
}

function startNodes({ nodes, maxLinks }, url) {
  const views = [];
  const processes = Math.min(nodes, MAX_PROCESSES);
  for (let i = 0; i < processes; i++) {
    const count = Math.floor(nodes / processes) + (i < nodes % processes ? 1 : 0);
    const members = [];
    const { child } = startPeers({
      url,
      room: ROOM,
      app: APP,
      name: `node-${i + 1}`,
      count,
      args: maxLinks === undefined ? [] : ['--max-links', String(maxLinks)],
      onLine: line => members[line.peer - 1]?.hear(line),
    });
    for (let k = 1; k <= count; k++) members.push(createPeerView(child, k, `node-${i + 1}.${k}`));
    views.push(...members);
  }
  return views;
}

async function openTabs({ tabs, headless, forMs }, url, views, step) {
  // Playwright is asked for only when tabs are wanted.
  const { launchChromium } = await import('./chromium-tabs.mjs');
  step(`opening ${tabs} tab${tabs === 1 ? '' : 's'} in Chromium`);
  const browser = await launchChromium({ headless });
  // Nobody watches an unattended run: figures are of the mesh, not of what it costs to animate it in every tab at once.
  const context = await browser.newContext(forMs === undefined ? {} : { reducedMotion: 'reduce' });
  await Promise.all(
    Array.from({ length: tabs }, async (_, i) => {
      const page = await context.newPage();
      await page.goto(`${url}#${ROOM}`);
      views.push(await createTabView(page, `tab-${i + 1}`));
    }),
  );
  return browser;
}
