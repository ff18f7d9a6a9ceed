import { expect, test } from 'vitest';
import { systemClock } from '../../src/ports/clock.ts';

test('LINK-28: the clock tells both times, and its timers fire once or not at all', async () => {
  const before = systemClock.now();
  expect(Math.abs(before.wall - Date.now())).toBeLessThan(1_000);
  const fired: string[] = [];
  systemClock.timer(1, () => fired.push('short'));
  systemClock.timer(1, () => fired.push('cancelled'))();
  const cancelLong = systemClock.timer(2 ** 40, () => fired.push('long'));
  systemClock.timer(-5, () => fired.push('past'));
  await new Promise(resolve => setTimeout(resolve, 50));
  cancelLong();
  expect(fired.sort()).toEqual(['past', 'short']);
  expect(systemClock.now().mono).toBeGreaterThan(before.mono);
});
