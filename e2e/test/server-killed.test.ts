import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allHave,
  allSeeAll,
  distinctHashes,
  eventually,
  type Observer,
  openStage,
  type Stage,
  type Tab,
} from '../support.ts';

const TABS = 9;
const CLOSED = TABS / 3;
const NODES = 2;
/** A room of eight and fewer is a clique: whoever lost a neighbour looks for another one. */
const LEFT = TABS - CLOSED + NODES;

describe(`${TABS} tabs and ${NODES} Node peers whose signaling server dies`, () => {
  let stage: Stage;
  let tabs: Tab[];
  let all: Observer[];

  beforeAll(async () => {
    stage = await openStage();
    const nodes = await Promise.all(Array.from({ length: NODES }, (_, i) => stage.headless(`node-${i}`)));
    tabs = await Promise.all(Array.from({ length: TABS }, (_, i) => stage.tab(`tab-${i}`)));
    all = [...nodes, ...tabs];
    await allSeeAll(all);
  });
  afterAll(() => stage?.close());

  test('a third of the tabs closes, and the rest links anew through the mesh: one component, nothing lost', async () => {
    for (const peer of all) await peer.set(`before/${peer.name}`, peer.name);
    for (const peer of all) await allHave(all, `before/${peer.name}`, peer.name);
    await stage.signaling.stop('SIGKILL');
    const before = await linksOf(all);

    const closed = tabs.slice(0, CLOSED);
    const rest = all.filter(peer => !closed.includes(peer as Tab));
    const closedAt = performance.now();
    const closing = closed.map(tab => tab.page.close({ runBeforeUnload: true }));
    for (const peer of rest) await peer.set(`during/${peer.name}`, peer.name);
    await Promise.all(closing);
    const goneMs = await eventually('all see the rest and nobody else', 15_000, () => isExact(rest));

    await eventually('everybody is linked to everybody', 60_000, async () => {
      const links = await linksOf(rest);
      return links.every(mine => mine.length === LEFT - 1);
    });
    const relinkedMs = performance.now() - closedAt;
    for (const peer of rest) await peer.set(`after/${peer.name}`, peer.name);
    const names = [
      ...all.map(peer => `before/${peer.name}`),
      ...rest.flatMap(peer => [`during/${peer.name}`, `after/${peer.name}`]),
    ];
    for (const name of names) await allHave(rest, name, name.slice(name.indexOf('/') + 1));

    const after = await linksOf(rest);
    console.log(
      `${all.length} peers with ${count(before)} links (${count(before, 'mesh')} made through the mesh), server killed, ${CLOSED} tabs closed: ` +
        `gone after ${goneMs.toFixed(0)} ms; a clique again after ${relinkedMs.toFixed(0)} ms, with ${count(after)} links, ` +
        `${count(after, 'mesh')} made through the mesh; ${components(rest, after)} component, ` +
        `${names.length} keys everywhere, ${await distinctHashes(rest)} state`,
    );
    expect(count(after, 'mesh')).toBeGreaterThan(count(before, 'mesh'));
    expect(components(rest, after)).toBe(1);
    expect(await distinctHashes(rest)).toBe(1);
    expect(await isExact(rest)).toBe(true);
  });
});

type Links = readonly { readonly peer: string; readonly via: string }[];

function linksOf(peers: readonly Observer[]): Promise<readonly Links[]> {
  return Promise.all(peers.map(peer => peer.links()));
}

/** Each is told of by both of its ends. */
function count(links: readonly Links[], via?: string): number {
  return links.flat().filter(link => via === undefined || link.via === via).length / 2;
}

/** Everyone sees all others and nobody else, each alive. */
async function isExact(peers: readonly Observer[]): Promise<boolean> {
  const views = await Promise.all(
    peers.map(async peer => {
      const others = peers.filter(other => other !== peer);
      const statuses = await Promise.all(others.map(other => peer.statusOf(other.id)));
      return (await peer.sees()).length === others.length && statuses.every(status => status === 'alive');
    }),
  );
  return views.every(Boolean);
}

function components(peers: readonly Observer[], links: readonly Links[]): number {
  const neighbours = new Map(peers.map((peer, i) => [peer.id, links[i]!.map(link => link.peer)]));
  const reached = new Set<string>();
  const reach = (id: string): void => {
    if (reached.has(id)) return;
    reached.add(id);
    for (const next of neighbours.get(id) ?? []) reach(next);
  };
  let found = 0;
  for (const { id } of peers) {
    if (reached.has(id)) continue;
    found += 1;
    reach(id);
  }
  return found;
}
