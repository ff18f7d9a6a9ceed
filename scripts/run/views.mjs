/**
 * One way to look at a peer, be it a tab or a headless process: whom it sees, what it was told and when, its
 * figures; and to let it write. Times are milliseconds since 1970 of this machine's one clock.
 */

/** @param {ReturnType<typeof import('./process.mjs').startChild>} child */
export function createPeerView(child, peer, name) {
  const others = new Set();
  const heard = new Map();
  const waiting = [];
  let sayReady;
  const ready = new Promise(resolve => {
    sayReady = resolve;
  });
  return {
    name,
    child,
    /** Resolves when the peer is in the room. */
    ready,
    hear(line) {
      if (line.type === 'peer-join') others.add(line.id);
      else if (line.type === 'peer-leave') others.delete(line.id);
      else if (line.type === 'state') heard.set(stampOf(line.key, line.value), line.at);
      else if (line.type === 'ready') sayReady();
      else if (line.type === 'stats') waiting.shift()?.(line);
    },
    sees: async () => others.size,
    set: async (key, value) => void child.say({ do: 'set', peer, key, value }),
    remove: async key => void child.say({ do: 'delete', peer, key }),
    heard: async () => heard,
    stats: () =>
      new Promise(resolve => {
        waiting.push(line =>
          resolve({ ...line.stats, links: line.links.length, via: line.links.map(link => link.via) }),
        );
        child.say({ do: 'stats', peer });
      }),
  };
}

/** @param {import('playwright').Page} page  a page that offers `window.hearsay.room` */
export async function createTabView(page, name) {
  await page.waitForFunction(() => globalThis.hearsay?.room !== undefined);
  await page.evaluate(() => {
    const heard = [];
    globalThis.hearsay.heard = heard;
    globalThis.hearsay.room.state.subscribe(({ key, value }) => {
      heard.push([`${key} ${value?.n}`, performance.timeOrigin + performance.now()]);
    });
  });
  return {
    name,
    page,
    child: undefined,
    sees: () => page.evaluate(() => globalThis.hearsay.room.presence.others.size),
    set: (key, value) => page.evaluate(([k, v]) => globalThis.hearsay.room.state.set(k, v), [key, value]),
    remove: key => page.evaluate(k => globalThis.hearsay.room.state.delete(k), key),
    heard: async () => new Map(await page.evaluate(() => globalThis.hearsay.heard)),
    stats: () =>
      page.evaluate(() => {
        const { room } = globalThis.hearsay;
        return { ...room.stats(), links: room.links.length, via: room.links.map(link => link.via) };
      }),
  };
}

/** What tells one update of a key from the next. */
export function stampOf(key, value) {
  return `${key} ${value?.n}`;
}
