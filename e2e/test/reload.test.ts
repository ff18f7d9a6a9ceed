import { createIdentity, joinRoom, type Room } from '@hearsay/node-peer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP, eventually, openStage, type Stage } from '../support.ts';

const RELOADS = 16;
let stage: Stage;
const rooms: Room[] = [];

beforeAll(async () => {
  stage = await openStage();
  for (let i = 0; i < 2; i++) {
    const identity = await createIdentity();
    rooms.push(joinRoom({ app: APP, signaling: stage.url, identity, bindAddress: '127.0.0.1' }, 'stage'));
  }
});
afterAll(async () => {
  await Promise.all(rooms.map(room => room.leave()));
  await stage?.close();
});

// What a page says while it goes is on the wire for a moment, and a busy peer's stack may drop it together with the
// link: then those it hung up on have to agree quickly.
test('a page that is reloaded is gone at once, whether its goodbye arrives or not', async () => {
  const reasons: string[] = [];
  const took: number[] = [];
  for (const room of rooms) room.on('peer-leave', ({ reason }) => reasons.push(reason));
  const { page } = await stage.tab('reloader');
  for (let i = 0; i < RELOADS; i++) {
    const id = await page.evaluate(() => globalThis.hearsay.room!.self.id);
    await eventually('the tab is seen', 15_000, async () => rooms.every(room => room.presence.others.has(id)));
    await new Promise(resolve => setTimeout(resolve, (i % 4) * 100));
    const reloading = page.reload();
    const gone = async () => rooms.every(room => !room.presence.others.has(id));
    took.push(await eventually('the tab is gone', 15_000, gone));
    await reloading;
    await page.waitForFunction(() => globalThis.hearsay !== undefined);
    await page.evaluate(url => globalThis.hearsay.join(url, 'stage', 'reloader', undefined), stage.url);
  }
  const goodbyes = reasons.filter(reason => reason === 'left').length;
  took.sort((a, b) => a - b);
  const [middle, worst] = [took[RELOADS / 2]!, took.at(-1)!];
  console.log(
    `${RELOADS} reloads, seen by two: ${goodbyes} goodbyes arrived; ` +
      `gone after ${middle.toFixed(0)} ms in the middle, ${worst.toFixed(0)} ms at worst`,
  );
  expect(reasons).toHaveLength(2 * RELOADS);
  // Promised: a second. Only a page that went with a single link and whose goodbye was lost takes longer.
  expect(middle).toBeLessThan(1_000);
  expect(worst).toBeLessThan(4_000);
});
