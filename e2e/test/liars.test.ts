import { createRng, fromHex, type PeerId, seedFrom } from '@hearsay/core';
import { encodeCbor, encodeFrame } from '@hearsay/core/wire';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Liar, startLiar } from '../liar.ts';
import { allHave, allSeeAll, distinctHashes, eventually, openStage, type Peer, type Stage } from '../support.ts';

const SEED = Number(process.env['HEARSAY_SEED'] ?? Date.now() % 1_000_000);
console.log(`seed ${SEED} (HEARSAY_SEED repeats it)`);

let stage: Stage;
let honest: Peer[];
let liar: Liar | undefined;

beforeAll(async () => {
  stage = await openStage();
  honest = await Promise.all([
    ...[1, 2, 3].map(i => stage.headless(`node-${i}`)),
    ...[1, 2].map(i => stage.tab(`tab-${i}`)),
  ]);
  await allSeeAll(honest);
  await honest[0]!.set('truth', 'stands');
  await allHave(honest, 'truth', 'stands');
});
afterEach(() => liar?.stop());
afterAll(() => stage?.close());

/** A record that says `key = value` in `author`'s name. The signature is whatever the caller has. */
function record(author: PeerId, networkId: Uint8Array, key: string, value: string, signature: Uint8Array): Uint8Array {
  const now = Date.now();
  const body = encodeCbor([1, networkId, fromHex(author)!, 4, now * 2, now * 2048, 0, key, value]);
  const whole = new Uint8Array(64 + body.length);
  whole.set(signature);
  whole.set(body, 64);
  return whole;
}

/** What honest peers write while the liar is at work: how long the slowest update took, ms. */
async function honestTraffic(rounds: number): Promise<number> {
  let worst = 0;
  for (let i = 0; i < rounds; i++) {
    const writer = honest[i % honest.length]!;
    await writer.set('honest', `${writer.name} ${i}`);
    worst = Math.max(worst, await allHave(honest, 'honest', `${writer.name} ${i}`));
  }
  return worst;
}

async function linkedLiar(): Promise<Liar> {
  liar = await startLiar(stage.url, 'stage', SEED);
  const made = liar;
  await eventually('the liar has links', 15_000, async () => made.linked.size > 0);
  return made;
}

test('a forger changes nothing anywhere and is cut off', async () => {
  const forger = await linkedLiar();
  const rng = createRng(seedFrom(SEED, 2));
  const victims = honest.map(peer => peer.id as PeerId);
  const links = forger.linked.size;
  for (let i = 0; i < 40; i++) {
    const signature = Uint8Array.from({ length: 64 }, () => rng.int(256));
    const forged = record(victims[i % victims.length]!, forger.networkId, `forged/${i}`, 'a lie', signature);
    forger.tell(encodeFrame({ type: 'push', records: [forged] }));
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  const ms = await eventually('the forger has no link left', 15_000, async () => forger.linked.size === 0);
  console.log(`forger: ${links} links, all cut ${ms.toFixed(0)} ms after its last lie; ${forger.cutOff()} cuts`);
  for (const peer of honest) for (let i = 0; i < 40; i++) expect(await peer.get(`forged/${i}`)).toBeUndefined();
  expect(await distinctHashes(honest)).toBe(1);
  await allHave(honest, 'truth', 'stands');
});

test('a signature by the wrong author is a forgery too', async () => {
  const forger = await linkedLiar();
  const victim = honest[1]!.id as PeerId;
  let lies = 0;
  const lying = setInterval(async () => {
    const unsigned = record(victim, forger.networkId, `impersonated/${lies++ % 50}`, 'a lie', new Uint8Array(64));
    const signature = await forger.identity.sign(unsigned.subarray(64));
    unsigned.set(signature);
    forger.tell(encodeFrame({ type: 'push', records: [unsigned] }));
  }, 10);
  const ms = await eventually('the impersonator has no link left', 15_000, async () => forger.linked.size === 0);
  clearInterval(lying);
  console.log(`impersonator: all links cut after ${ms.toFixed(0)} ms and ${lies} lies`);
  for (const peer of honest) expect(await peer.get('impersonated/0')).toBeUndefined();
});

test('junk at 1,000 frames a second is cut off, and everybody else stays on time', async () => {
  const quietWorst = await honestTraffic(10);
  const junker = await linkedLiar();
  const rng = createRng(seedFrom(SEED, 3));
  let sent = 0;
  const begun = performance.now();
  const firing = setInterval(() => {
    const due = Math.min(10_000, (performance.now() - begun) * 1);
    for (; sent < due; sent++) junker.tell(Uint8Array.from({ length: 1 + rng.int(300) }, () => rng.int(256)));
  }, 5);
  const worst = await honestTraffic(10);
  const cutMs = await eventually('the junk sender has no link left', 15_000, async () => junker.linked.size === 0);
  clearInterval(firing);
  console.log(
    `junk: cut off ≤ ${cutMs.toFixed(0)} ms after the honest round; slowest honest update ${worst.toFixed(0)} ms ` +
      `(without junk ${quietWorst.toFixed(0)} ms)`,
  );
  expect(await distinctHashes(honest)).toBe(1);
  await allHave(honest, 'truth', 'stands');
  await allSeeAll(honest);
});
