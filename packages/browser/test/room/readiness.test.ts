import type { HearsayError } from '@hearsay/core';
import { expect, test } from 'vitest';
import { createReadiness } from '../../src/room/readiness.ts';
import { fakeClock } from './fake-clock.ts';

function readiness() {
  const clock = fakeClock();
  const errors: string[] = [];
  const ready = createReadiness(clock, error => errors.push(error.code));
  let outcome = 'open';
  ready.promise.then(
    () => {
      outcome = 'ready';
    },
    (error: HearsayError) => {
      outcome = `${error.code}: ${error.message}`;
    },
  );
  const settled = async (): Promise<string> => {
    await new Promise(resolve => setTimeout(resolve, 0));
    return outcome;
  };
  return { clock, errors, ready, settled };
}

test('ROOM-24: without any server ready rejects after 20 s, not before', async () => {
  const { clock, errors, ready, settled } = readiness();
  ready.onServerDown('unreachable');
  clock.advance(19_999);
  expect(await settled()).toBe('open');
  clock.advance(1);
  expect(await settled()).toMatch(/^signaling-unreachable: .*URL/);
  expect(errors).toEqual(['signaling-unreachable']);
});

test('ROOM-24: with a server and no peer ready rejects with timeout', async () => {
  const { clock, ready, settled } = readiness();
  ready.onServerUp();
  clock.advance(20_000);
  expect(await settled()).toMatch(/^timeout: .*WebRTC/);
});

test('ROOM-24: with a peer and no end of the sync ready rejects with timeout, and says that', async () => {
  const { clock, ready, settled } = readiness();
  ready.onLinkUp();
  ready.onServerUp();
  clock.advance(20_000);
  expect(await settled()).toMatch(/^timeout: .*in sync/);
});

test('ROOM-23: a refusal rejects at once, says why, and is told each time', async () => {
  const { errors, ready, settled } = readiness();
  ready.onServerDown('refused:forbidden');
  ready.onServerDown('refused:forbidden');
  expect(await settled()).toMatch(/^signaling-refused: .*forbidden/);
  expect(errors).toEqual(['signaling-refused', 'signaling-refused']);
});

test('ROOM-22: what is settled stays settled, and no timer is left', async () => {
  const { clock, errors, ready, settled } = readiness();
  ready.onReady();
  ready.fail('room-left', 'too late');
  expect(clock.timers()).toBe(0);
  clock.advance(60_000);
  expect(await settled()).toBe('ready');
  expect(errors).toEqual([]);
});
