import { expect, test } from 'vitest';
import { createEmitter, guarded } from '../../src/room/emitter.ts';

/** What reaches the platform's reporting of uncaught errors while `run` runs. */
async function reported(run: () => void): Promise<unknown[]> {
  const errors: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', error => errors.push(error));
  run();
  await new Promise(resolve => setTimeout(resolve, 5));
  process.removeAllListeners('uncaughtException');
  for (const listener of before) process.on('uncaughtException', listener);
  return errors;
}

test('ROOM-16: a handler that throws stops nobody, and its error reaches the platform', async () => {
  const emitter = createEmitter<[number]>();
  const heard: number[] = [];
  const mistake = new Error('a bug of the app');
  emitter.subscribe(() => {
    throw mistake;
  });
  emitter.subscribe(value => heard.push(value));
  expect(await reported(() => emitter.emit(1))).toEqual([mistake]);
  expect(heard).toEqual([1]);
});

test('ROOM-16: guarded code does not throw at its caller', async () => {
  const errors = await reported(() =>
    guarded(() => {
      throw new Error('late');
    }),
  );
  expect(errors).toHaveLength(1);
});

test('ROOM-17: one function subscribed twice is told twice, and each subscription ends by itself', () => {
  const emitter = createEmitter<[]>();
  let calls = 0;
  const handler = (): void => {
    calls += 1;
  };
  const stop = emitter.subscribe(handler);
  emitter.subscribe(handler);
  emitter.emit();
  expect(calls).toBe(2);
  stop();
  stop();
  emitter.emit();
  expect(calls).toBe(3);
});

test('ROOM-17: who unsubscribes during the news hears it no more, who subscribes during it hears the next', () => {
  const emitter = createEmitter<[string]>();
  const heard: string[] = [];
  let stopSecond = (): void => undefined;
  emitter.subscribe(word => {
    heard.push(`first ${word}`);
    stopSecond();
    if (word === 'one') emitter.subscribe(later => heard.push(`third ${later}`));
  });
  stopSecond = emitter.subscribe(word => heard.push(`second ${word}`));
  emitter.emit('one');
  emitter.emit('two');
  expect(heard).toEqual(['first one', 'first two', 'third two']);
});
