import { expect, test } from 'vitest';
import { readRecord } from '../../src/identity/record.ts';
import { createNode } from '../support/node.ts';
import { peer } from '../support/peers.ts';
import { NETWORK } from '../support/records.ts';
import { start } from '../support/signals.ts';

/** Values of presences, which are the only lists here, that went to `peer(1)` since asked last. */
const presences = (node: ReturnType<typeof createNode>): readonly unknown[] =>
  node.sent().flatMap(({ to, frame }) => {
    if (to !== peer(1) || frame.type !== 'push') return [];
    return frame.records
      .map(bytes => {
        const read = readRecord(bytes, NETWORK);
        return read.ok ? read.value.value : read.code;
      })
      .filter(Array.isArray);
  });

test('ENGINE-19: a page that is stopped says so with the same input, and is there again with the next', () => {
  const node = createNode();
  start(node);
  node.link(peer(1));
  node.handle({ type: 'publish', kind: 'presence', key: '', value: 'me' });
  node.handle({ type: 'activity', state: 'hidden' });
  for (let s = 0; s < 15; s++) {
    node.receive(peer(1), { type: 'heartbeat' });
    node.advance(1_000);
  }
  expect(presences(node).at(-1)).toEqual([expect.any(Number), 'me', 1]);
  // Much to say, so that what is pushed waits for its tick.
  for (let n = 0; n < 5; n++) node.handle({ type: 'publish', kind: 'state', key: `k${n}`, value: n });
  presences(node);
  node.handle({ type: 'activity', state: 'frozen' });
  expect(presences(node)).toEqual([[expect.any(Number), 'me', 2]]);
  node.sleep(60_000);
  node.handle({ type: 'activity', state: 'active' });
  node.advance(100);
  expect(presences(node)).toEqual([[expect.any(Number), 'me']]);
});
