import type { PeerId } from '@hearsay/core';
import { expect, test } from 'vitest';
import { joinRoom } from '../../../node-peer/src/index.ts';
import { readInvite, welcome, writeInvite } from '../../src/room/invite.ts';
import { checkTerms } from '../../src/room/terms.ts';
import { DEAD_URL, join, leftAfterwards, signaling, thrown, until } from './rig.ts';

const member = 'ab'.repeat(32) as PeerId;
const invite = { app: 'test', room: 'Küche 🎉', signaling: ['wss://a.example/path?x=1', DEAD_URL], member };

test('ROOM-42: an invite reads back, and passes a link as it is', () => {
  const text = writeInvite(invite);
  expect(text).toMatch(/^[A-Za-z0-9._-]+$/);
  expect(encodeURIComponent(text)).toBe(text);
  expect(readInvite(text)).toEqual(invite);
  expect(checkTerms({ invite: text }, undefined)).toEqual({
    app: 'test',
    room: 'Küche 🎉',
    urls: invite.signaling,
    contact: member,
  });
});

test('ROOM-42: the longest that a room can write is read', () => {
  const url = `wss://${'a'.repeat(110)}.example/`;
  const longest = { ...invite, app: 'x'.repeat(64), room: '語'.repeat(64), signaling: new Array(16).fill(url) };
  expect(readInvite(writeInvite(longest))).toEqual(longest);
});

test.each([
  undefined,
  5,
  '',
  'https://a.example/',
  'hearsay1.',
  'hearsay1.!!',
  `hearsay1.${btoa('{}')}`,
  `hearsay1.${btoa('["test","room",["ws://a.example"]]')}`,
  `hearsay1.${btoa(`["test","room","ws://a.example","${member}"]`)}`,
  `hearsay1.${btoa('["test","room",["ws://a.example"],"AB"]')}`,
  `hearsay1.${btoa(String.fromCharCode(0xff))}`,
  writeInvite(invite).slice(0, -9),
  writeInvite({ ...invite, app: 'x'.repeat(8_192) }),
])('ROOM-42: what no room wrote is bad-config: %s', text => {
  expect(thrown(() => readInvite(text))).toMatchObject({
    code: 'bad-config',
    message: expect.stringContaining('invite'),
  });
});

test('ROOM-42: what it names is checked like a config, and must not contradict the call', () => {
  const bad = { ...invite, signaling: ['https://a.example'] };
  expect(thrown(() => checkTerms({ invite: writeInvite(bad) }, undefined)).code).toBe('bad-config');
  const text = writeInvite(invite);
  for (const call of [
    () => checkTerms({ invite: text }, 'another room'),
    () => checkTerms({ invite: text, app: 'another', signaling: DEAD_URL } as never, undefined),
  ]) {
    expect(thrown(call)).toMatchObject({ code: 'bad-config', message: expect.stringContaining('invite') });
  }
  expect(checkTerms({ invite: text, signaling: 'ws://b.example' }, invite.room).urls).toEqual(['ws://b.example']);
});

test('ROOM-42: who invited is heard of before those whom the server names', () => {
  const others = ['cd'.repeat(32) as PeerId];
  expect(welcome({ type: 'rendezvous-up', peers: others, entry: true }, member)).toEqual([
    { type: 'rendezvous-up', peers: [member], entry: true },
    { type: 'introduced', peers: others },
  ]);
});

test('ROOM-42: with an invite alone a peer joins the room and is linked with who invited it', async () => {
  const host = join(await signaling());
  await host.ready;
  const guest = leftAfterwards(joinRoom({ invite: host.invite(), bindAddress: '127.0.0.1' }));
  await guest.ready;
  expect(guest.id).toBe(host.id);
  await until(() => guest.links.some(({ peer }) => peer === host.self.id));
});

test('ROOM-42: when who invited it has gone, the others are met', async () => {
  const url = await signaling();
  const [host, other] = [join(url), join(url)];
  await Promise.all([host.ready, other.ready]);
  const invitation = host.invite();
  await host.leave();
  const guest = leftAfterwards(joinRoom({ invite: invitation, bindAddress: '127.0.0.1' }));
  await guest.ready;
  await until(() => guest.presence.others.has(other.self.id));
});

test('ROOM-42: when nobody is left it is ready alone', async () => {
  const host = join(await signaling());
  await host.ready;
  const invitation = host.invite();
  await host.leave();
  const guest = leftAfterwards(joinRoom({ invite: invitation, bindAddress: '127.0.0.1' }));
  await guest.ready;
  expect(guest.links).toEqual([]);
});
