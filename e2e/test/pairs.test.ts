import { afterAll, beforeAll, expect, test } from 'vitest';
import { allHave, allSeeAll, distinctHashes, openStage, type Peer, type Stage } from '../support.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const kinds = {
  'Node and Node': ['headless', 'headless'],
  'Node and Chromium': ['headless', 'tab'],
  'Chromium and Chromium': ['tab', 'tab'],
} as const;

for (const [title, pair] of Object.entries(kinds)) {
  test(`a room of ${title} carries presence and state both ways`, async () => {
    const room = title.replaceAll(' ', '-');
    const peers: Peer[] = [];
    for (const [i, kind] of pair.entries()) peers.push(await stage[kind](`${room}-${i}`, { room }));
    await allSeeAll(peers);
    for (const peer of peers) {
      await peer.set('word', peer.name);
      await allHave(peers, 'word', peer.name);
      expect(await peer.links()).toHaveLength(1);
    }
    expect(await distinctHashes(peers)).toBe(1);
  });
}
