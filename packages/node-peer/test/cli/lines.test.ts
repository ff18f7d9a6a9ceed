import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readLines } from '../../src/cli/lines.ts';

async function linesOf(max: number, chunks: readonly (string | Uint8Array)[]): Promise<(string | undefined)[]> {
  const input = new PassThrough();
  const lines: (string | undefined)[] = [];
  readLines(input, max, line => lines.push(line));
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await new Promise(resolve => input.on('close', resolve));
  return lines;
}

test('CLI-3: lines come whole, however they are cut, the last one without its end too', async () => {
  expect(await linesOf(9, ['one\ntwo', '\n', '\nth', 'ree\nfour'])).toEqual(['one', 'two', '', 'three', 'four']);
  expect(
    await linesOf(
      9,
      [...Buffer.from('é🎉\n')].map(byte => Uint8Array.of(byte)),
    ),
  ).toEqual(['é🎉']);
  expect(await linesOf(9, [])).toEqual([]);
});

test('CLI-3: a line of the longest length passes; a longer one is told once, and the next is whole', async () => {
  expect(await linesOf(5, ['12345\n'])).toEqual(['12345']);
  expect(await linesOf(5, ['123', '45', '\n'])).toEqual(['12345']);
  expect(await linesOf(5, ['123456\nnext\n'])).toEqual([undefined, 'next']);
  expect(await linesOf(5, ['123', '456', '789', 'x\nne', 'xt\n'])).toEqual([undefined, 'next']);
  expect(await linesOf(5, ['123456', '\n\n'])).toEqual([undefined, '']);
  expect(await linesOf(5, ['123456'])).toEqual([undefined]);
});

test('CLI-3: an input that fails is no error', async () => {
  const input = new PassThrough();
  readLines(input, 5, () => undefined);
  input.destroy(new Error('gone'));
  await new Promise(resolve => input.on('close', resolve));
});
