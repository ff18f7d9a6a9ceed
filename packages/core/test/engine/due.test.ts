import { expect, test } from 'vitest';
import { createDue } from '../../src/due.ts';
import type { MonoMs } from '../../src/types.ts';

const TALKERS = ['broadcast', 'liveness', 'flow'] as const;
const OTHERS = ['authoring', 'sync', 'transfer', 'presence', 'overlay', 'aggregate'] as const;
type Name = (typeof TALKERS | typeof OTHERS)[number];

function bench() {
  const wants: { [name in Name]?: number | undefined } = {};
  const timed = (name: Name) => ({ nextWakeAt: () => wants[name] as MonoMs | undefined });
  const due = createDue({
    broadcast: timed('broadcast'),
    liveness: timed('liveness'),
    flow: timed('flow'),
    authoring: timed('authoring'),
    sync: timed('sync'),
    transfer: timed('transfer'),
    presence: timed('presence'),
    overlay: timed('overlay'),
    aggregate: timed('aggregate'),
  });
  return { wants, due };
}

test.each([...TALKERS, ...OTHERS])('ENGINE-3: the next wake is the earliest that any module wants, %s too', name => {
  const { wants, due } = bench();
  expect(due(false)).toBeUndefined();
  for (const other of [...TALKERS, ...OTHERS]) wants[other] = 500;
  expect(due(false)).toBe(500);
  wants[name] = 100;
  expect(due(false)).toBe(100);
  wants[name] = undefined;
  expect(due(false)).toBe(500);
});

test('ENGINE-3: after talk of one link, what its modules want counts anew, and what the others wanted counts still', () => {
  const { wants, due } = bench();
  wants.presence = 300;
  wants.liveness = 200;
  expect(due(false)).toBe(200);
  wants.liveness = 400;
  expect(due(true)).toBe(300);
  for (const name of TALKERS) {
    wants[name] = 100;
    expect(due(true)).toBe(100);
    wants[name] = undefined;
  }
  expect(due(true)).toBe(300);
});
