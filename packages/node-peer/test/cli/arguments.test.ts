import { expect, test } from 'vitest';
import { type Command, HELP, readCommand } from '../../src/cli/arguments.ts';
import { main } from '../../src/cli.ts';

const URL_TEXT = 'ws://127.0.0.1:8787';
const good = ['join', URL_TEXT, 'lobby', '--app', 'test'];

function read(...args: string[]): Command {
  const command = readCommand(args);
  if ('mistake' in command) throw new Error(command.mistake);
  return command;
}

async function say(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const code = await main(args, {
    stdin: process.stdin,
    stdout: { write: text => (said.stdout += text) },
    stderr: { write: text => (said.stderr += text) },
    once: () => undefined,
  });
  return { code, ...said };
}

test('CLI-10: what is not said has its default', () => {
  expect(read(...good)).toEqual({
    help: false,
    url: URL_TEXT,
    room: 'lobby',
    app: 'test',
    name: 'node',
    count: 1,
    data: undefined,
    maxLinks: undefined,
    bind: undefined,
    forMs: undefined,
    metricsPort: undefined,
    json: false,
  });
});

test('CLI-10: every option is read, at its limits too', () => {
  const args = '--name n --count 200 --data d --max-links 64 --bind 127.0.0.1 --for 5m --metrics 65535 --json'.split(
    ' ',
  );
  expect(read(...good, ...args)).toMatchObject({
    name: 'n',
    count: 200,
    data: 'd',
    maxLinks: 64,
    bind: '127.0.0.1',
    forMs: 300_000,
    metricsPort: 65_535,
    json: true,
  });
  expect(read(...good, '--max-links', '2', '--metrics', '0', '--for', '0s')).toMatchObject({ maxLinks: 2, forMs: 0 });
  expect(read(...good, '--for', '596h').forMs).toBe(596 * 3_600_000);
});

const mistakes: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['"join"', []],
  ['"leave"', ['leave']],
  ['signaling URL and a room', ['join']],
  ['signaling URL and a room', ['join', URL_TEXT, '--app', 'test']],
  ['signaling URL and a room', ['join', URL_TEXT, 'a', 'b', '--app', 'test']],
  ['--app', ['join', URL_TEXT, 'lobby']],
  ['--app', ['join', URL_TEXT, 'lobby', '--app', '']],
  ['--app', ['join', URL_TEXT, 'lobby', '--app', 'x'.repeat(65)]],
  ['room', ['join', URL_TEXT, 'x'.repeat(65), '--app', 'test']],
  ['ws://', ['join', 'http://127.0.0.1', 'lobby', '--app', 'test']],
  ['ws://', ['join', 'ws:// a', 'lobby', '--app', 'test']],
  ['--count', [...good, '--count', '0']],
  ['--count', [...good, '--count', '201']],
  ['--count', [...good, '--count', '1.5']],
  ['--count', [...good, '--count', 'many']],
  ['--max-links', [...good, '--max-links', '1']],
  ['--max-links', [...good, '--max-links', '65']],
  ['--metrics', [...good, '--metrics', '65536']],
  ['--for', [...good, '--for', '5']],
  ['--for', [...good, '--for', '-5s']],
  ['--for', [...good, '--for', '597h']],
  ['--explode', [...good, '--explode']],
  ['--count', [...good, '--count']],
  ['--json', [...good, '--json=yes']],
];

test.each(mistakes)('CLI-11: a mistake about %s is one sentence and exit 2: %j', async (what, args) => {
  const { code, stdout, stderr } = await say(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(what);
  expect(stderr).toMatch(/^[^\n]+\. See hearsay-peer --help\.\n$/);
});

test('CLI-12: --help prints every option and ends with 0', async () => {
  for (const args of [['--help'], ['join', '--help']]) {
    expect(await say(...args)).toEqual({ code: 0, stdout: HELP, stderr: '' });
  }
  for (const option of ['app', 'name', 'count', 'data', 'max-links', 'bind', 'for', 'metrics', 'json', 'help']) {
    expect(HELP).toContain(`--${option}`);
  }
});
