import { expect, test } from 'vitest';
import { createReport } from '../../src/cli/report.ts';

const ID = 'ab'.repeat(32);

const sentences: readonly (readonly [type: string, fields: { readonly [name: string]: unknown }, said: string])[] = [
  ['joining', { id: ID }, `[1] joining as ${ID}`],
  ['ready', { id: ID, peers: 1 }, '[1] ready, with 1 other'],
  ['ready', { id: ID, peers: 0 }, '[1] ready, with 0 others'],
  ['not-ready', { code: 'timeout', message: 'Too late.' }, '[1] not ready: Too late. (timeout)'],
  ['status', { status: 'isolated' }, '[1] status: isolated'],
  ['left', {}, '[1] left the room'],
  ['warning', { code: 'w', message: 'Look\u001b.' }, '[1] warning: Look\\u001b. (w)'],
  ['error', { code: 'e', message: 'No.' }, '[1] error: No. (e)'],
  ['peer-join', { id: ID }, '[1] abababab joined'],
  ['peer-leave', { id: ID, reason: 'left' }, '[1] abababab left'],
  ['peer-leave', { id: ID, reason: 'failed' }, '[1] abababab is gone: failed'],
  ['state', { key: 'k', value: { n: 1n }, author: ID, local: true }, '[1] abababab set k to {"n":"1"}'],
  ['state', { key: 'k', value: undefined, author: ID, local: true }, '[1] abababab deleted k'],
  ['event', { name: 'wave', payload: null, from: ID }, '[1] abababab sent wave: null'],
];

test.each(sentences)('CLI-9: %s is a sentence', (type, fields, said) => {
  const printed: string[] = [];
  createReport(false, line => printed.push(line))(1, type, fields);
  expect(printed).toEqual([said]);
});

test('CLI-9: the command itself has no number, and what moves all the time is not told', () => {
  const printed: string[] = [];
  const report = createReport(false, line => printed.push(line));
  report(0, 'metrics', { url: 'http://127.0.0.1:1/metrics' });
  report(1, 'presence', { id: ID, presence: {} });
  report(1, 'status', { status: 'left' });
  expect(printed).toEqual(['Metrics are at http://127.0.0.1:1/metrics']);
});
