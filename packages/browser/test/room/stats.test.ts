import type { EngineStats } from '@hearsay/core';
import { expect, test } from 'vitest';
import { createStatsReader } from '../../src/room/stats.ts';
import { fakeClock } from './fake-clock.ts';

test('ROOM-30: rates cover the time since the last look, and two looks at once share one answer', () => {
  const clock = fakeClock();
  let total = 0;
  const read = createStatsReader(
    clock,
    () =>
      ({
        bytesIn: total,
        bytesOut: 2 * total,
        framesIn: total,
        framesOut: total,
        verifications: total,
      }) as unknown as EngineStats,
  );
  expect(read()).toMatchObject({ bytesIn: 0, bytesInPerSecond: 0, verifiesPerSecond: 0 });
  total += 50;
  clock.advance(500);
  expect(read()).toMatchObject({ bytesInPerSecond: 100, bytesOutPerSecond: 200, messagesInPerSecond: 100 });
  total += 1_000;
  clock.advance(99);
  expect(read()).toMatchObject({ bytesIn: 1_050, bytesInPerSecond: 100 });
  clock.advance(901);
  expect(read()).toMatchObject({ bytesInPerSecond: 1_000, messagesOutPerSecond: 1_000, verifiesPerSecond: 1_000 });
});
