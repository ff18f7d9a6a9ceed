import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Line, member, type Peer, run, signaling } from './rig.ts';

const path = (file: string): string => new URL(file, import.meta.url).pathname;

beforeAll(() => {
  // The command is tested as it is shipped: compiled, through its bin file.
  execFileSync(process.execPath, [path('../../../../node_modules/typescript/bin/tsc'), '--build', path('../..')]);
}, 120_000);

/** Two members who see each other, and their names. */
async function pair(...args: string[]): Promise<readonly [Peer, Peer, string, string]> {
  const url = await signaling();
  const a = member(url, ...args);
  const b = member(url);
  const ids = await Promise.all([a.until('joining'), b.until('joining')]);
  const [aId, bId] = ids.map(line => String(line['id'])) as [string, string];
  await Promise.all([a.until('peer-join', saw(bId)), b.until('peer-join', saw(aId))]);
  return [a, b, aId, bId];
}

function saw(id: string): (line: Line) => boolean {
  return line => line['id'] === id;
}

test('CLI-1: it joins, says who it is, and meets others', async () => {
  const [a, b, aId] = await pair();
  expect(aId).toMatch(/^[0-9a-f]{64}$/);
  await Promise.all([a.until('ready'), b.until('ready')]);
  expect(await a.until('status')).toMatchObject({ status: 'connected', peer: 1 });
  // Neighbours are shown in the presence, for mesh views.
  const shown = await b.until('presence', line => (line['presence'] as { links: string[] }).links.length === 1);
  expect(shown).toMatchObject({ status: 'alive', presence: { name: 'node', kind: 'node' } });
  for (const line of a.lines) expect(line).toMatchObject({ type: expect.any(String), at: expect.any(Number) });
});

test('CLI-2: commands write state, events and presence, and ask for figures', async () => {
  const [a, b, aId] = await pair();
  a.say({ do: 'set', key: 'title', value: { text: 'hello' } });
  expect(await b.until('state')).toMatchObject({ key: 'title', value: { text: 'hello' }, author: aId, local: false });
  expect(await a.until('state')).toMatchObject({ key: 'title', local: true });
  a.say({ do: 'event', name: 'wave', payload: [1] });
  expect(await b.until('event')).toMatchObject({ name: 'wave', payload: [1], from: aId });
  a.say({ do: 'presence', patch: { mood: 'fine' } });
  await b.until('presence', line => (line['presence'] as { mood?: string }).mood === 'fine');
  b.say({ do: 'delete', key: 'title' });
  const deleted = await a.until('state', line => !('value' in line));
  expect(deleted).toMatchObject({ key: 'title', local: false });
  a.say({ do: 'stats' });
  const stats = await a.until('stats');
  expect(stats['stats']).toMatchObject({ peers: 1, bytesInPerSecond: expect.any(Number) });
  expect(stats['links']).toMatchObject([{ via: 'server' }]);
  expect(stats['others']).toBe(1);
});

test('CLI-3: lines that make no sense are reported one by one, and never fatal', async () => {
  const a = member(await signaling());
  await a.until('ready');
  const bad = [
    'no json',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{"do":"explode"}',
    '{"do":"stats","peer":2}',
    '{"do":"stats","peer":0}',
    '{"do":"stats","peer":"x"}',
    '{"do":"set","value":1}',
    '{"do":"set","key":5,"value":1}',
    '{"do":"set","key":"k"}',
    '{"do":"set","key":"","value":1}',
    `{"do":"presence","patch":{"x":"${'x'.repeat(20_000)}"}}`,
    '{"do":"event","payload":1}',
    '{"do":"presence"}',
    '{"do":"presence","patch":"text"}',
    `{"do":"set","key":"k","value":"${'x'.repeat(70_000)}"}`,
    // What the command shows in its presence may be overwritten, and it must survive that.
    '{"do":"presence","patch":{"links":5}}',
    '',
    '\u0000\uFFFD',
  ];
  for (const line of bad) a.say(line);
  a.say({ do: 'set', key: 'after', value: 1 });
  await a.until('state', line => line['key'] === 'after');
  const errors = a.lines.filter(line => line.type === 'error');
  // All but the two that are fine: the overwritten links and the empty line.
  expect(errors).toHaveLength(bad.length - 2);
  for (const error of errors) expect(error).toMatchObject({ message: expect.stringMatching(/\S/) });
  expect(new Set(errors.map(({ code }: Line & { code?: unknown }) => code))).toEqual(
    new Set(['bad-command', 'value-unsupported', 'key-invalid', 'value-too-large']),
  );
  // Whose value was refused is known; whom a line without sense was for is not.
  for (const { code, peer, message } of errors as (Line & { code?: unknown; message?: unknown })[]) {
    expect([message, peer]).toEqual([message, code === 'bad-command' ? expect.toBeOneOf([0, 1]) : 1]);
  }
  const other = member(String(a.child.spawnargs[3]));
  await other.until('ready');
  await a.until('peer-join');
  await new Promise(resolve => setTimeout(resolve, 700));
  expect(a.child.exitCode).toBeNull();
  expect(a.stderr()).toBe('');
});

test('CLI-3: a line as long as memory is thrown away while it comes', async () => {
  const a = member(await signaling());
  await a.until('joining');
  for (let i = 0; i < 32; i += 1) a.child.stdin.write('x'.repeat(65_536));
  a.say('');
  a.say({ do: 'set', key: 'after', value: 1 });
  await a.until('state');
  expect(a.lines.filter(line => line.type === 'error')).toMatchObject([
    { code: 'bad-command', message: 'A command is at most 65536 characters.' },
  ]);
});

test('CLI-3: the end of the input is no wish to leave', async () => {
  const a = member(await signaling());
  await a.until('ready');
  a.child.stdin.end('{"do":"set","key":"last","value":1}');
  await a.until('state', line => line['key'] === 'last');
  await new Promise(resolve => setTimeout(resolve, 200));
  expect(a.child.exitCode).toBeNull();
});

test('CLI-4: --count makes so many peers, numbered, named and addressed by "peer"', async () => {
  const a = member(await signaling(), '--count', '3', '--name', 'bot');
  const ids = await Promise.all([1, 2, 3].map(n => a.until('joining', line => line.peer === n)));
  expect(new Set(ids.map(line => line['id'])).size).toBe(3);
  await Promise.all(
    [1, 2, 3].flatMap(n =>
      ids
        .filter(line => line.peer !== n)
        .map(line => a.until('peer-join', seen => seen.peer === n && saw(String(line['id']))(seen))),
    ),
  );
  a.say({ do: 'set', key: 'from', value: 'three', peer: 3 });
  const heard = await Promise.all([1, 2, 3].map(n => a.until('state', line => line.peer === n)));
  expect(heard.map(line => [line['author'], line['local']])).toEqual([
    [ids[2]!['id'], false],
    [ids[2]!['id'], false],
    [ids[2]!['id'], true],
  ]);
  // A change of it: what it joined with may be all that the others ever saw.
  a.say({ do: 'presence', patch: { mood: 'calm' }, peer: 3 });
  await a.until('presence', line => (line['presence'] as { name: string }).name === 'bot-3');
});

test('CLI-5: --data keeps identity and state across a restart, for its owner only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hearsay-cli-'));
  try {
    const url = await signaling();
    const first = member(url, '--data', folder);
    const { id } = await first.until('ready');
    first.say({ do: 'set', key: 'kept', value: { n: 1 } });
    await first.until('state');
    first.child.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const second = member(url, '--data', folder);
    expect((await second.until('joining'))['id']).toBe(id);
    expect(await second.until('state')).toMatchObject({ key: 'kept', value: { n: 1 }, author: id, local: false });
    expect((await stat(join(folder, 'peer-1', 'identity'))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('CLI-5: a folder that cannot be used is one sentence and exit 1', async () => {
  const end = run('join', 'ws://127.0.0.1:9', 'room', '--app', 'test', '--data', '/dev/null/folder');
  expect(await end.ended).toEqual({ code: 1, signal: null });
  expect(end.stderr()).toMatch(/^hearsay-peer: .*\/dev\/null\/folder.*\(storage-failed\)\n$/);
});

test('CLI-5: a damaged identity is named, not replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hearsay-cli-'));
  try {
    const file = join(folder, 'peer-1', 'identity');
    await mkdir(join(folder, 'peer-1'));
    await writeFile(file, 'half a sec');
    const end = run('join', 'ws://127.0.0.1:9', 'room', '--app', 'test', '--data', folder);
    expect(await end.ended).toEqual({ code: 1, signal: null });
    expect(end.stderr()).toMatch(/^hearsay-peer: .*identity holds no identity: .*\(bad-identity\)\n$/);
    expect(await readFile(file, 'utf8')).toBe('half a sec');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('CLI-6: --for leaves by itself', async () => {
  const a = member(await signaling(), '--for', '3s');
  expect(await a.ended).toEqual({ code: 0, signal: null });
  expect(a.lines.at(-1)).toMatchObject({ type: 'left', peer: 1 });
});

test('CLI-6: a server that cannot be reached is said at once, and the time ends with 1', async () => {
  const a = member('ws://127.0.0.1:9', '--for', '2s');
  const warning = await a.until('warning');
  expect(warning).toMatchObject({ code: 'signaling-unreachable', peer: 1 });
  expect(warning['message']).toContain('ws://127.0.0.1:9/v1/signal');
  expect(await a.ended).toEqual({ code: 1, signal: null });
  expect(a.lines.at(-1)).toMatchObject({ type: 'left', peer: 1 });
  expect(a.lines.filter(({ type }) => type === 'warning')).toHaveLength(1);
  expect(a.stderr()).toBe('hearsay-peer: no peer was ready before the time of --for was up.\n');
});

test.each(['10.255.255.254', 'nonsense', ''])(
  'CLI-11: an address that this machine lacks is refused: %j',
  async bind => {
    const end = run('join', await signaling(), 'room', '--app', 'test', '--bind', bind);
    expect(await end.ended).toEqual({ code: 2, signal: null });
    expect(end.stderr()).toMatch(/^--bind .*address.*\.\n$/);
  },
);

test('CLI-7: --metrics serves every number of every peer on loopback', async () => {
  const a = member(await signaling(), '--metrics', '0', '--count', '2');
  const { url } = (await a.until('metrics')) as Line & { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  await Promise.all([1, 2].map(n => a.until('ready', line => line.peer === n)));
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  const text = await response.text();
  for (const name of ['bytes_in', 'peers', 'verifies_per_second']) {
    expect(text).toMatch(
      new RegExp(
        `^# TYPE hearsay_${name} gauge\\nhearsay_${name}\\{peer="1"\\} [\\d.e+-]+\\nhearsay_${name}\\{peer="2"\\} [\\d.e+-]+$`,
        'm',
      ),
    );
  }
  expect(text.endsWith('\n')).toBe(true);
  expect((await fetch(new URL('/other', url))).status).toBe(404);
});

test('CLI-7: a taken port is one sentence and exit 1', async () => {
  const holder = createServer();
  await new Promise<void>(resolve => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  const a = run('join', await signaling(), 'room', '--app', 'test', '--metrics', String(port));
  expect(await a.ended).toEqual({ code: 1, signal: null });
  expect(a.stderr()).toBe(
    `hearsay-peer: --metrics: port ${port} on 127.0.0.1 is already in use: choose another port. (bad-config)\n`,
  );
  holder.close();
});

test.each(['SIGTERM', 'SIGINT'] as const)('CLI-8: %s says goodbye and ends with 0', async signal => {
  const [a, b, aId] = await pair();
  const before = performance.now();
  a.child.kill(signal);
  expect(await a.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - before).toBeLessThan(8_000);
  expect(a.lines.at(-1)).toMatchObject({ type: 'left' });
  expect(await b.until('peer-leave', saw(aId))).toMatchObject({ reason: 'left' });
});

test('CLI-8: stopped while it is still joining, it leaves what it has joined', async () => {
  const a = member(await signaling(), '--count', '50');
  await a.until('joining');
  a.child.kill('SIGTERM');
  expect(await a.ended).toEqual({ code: 0, signal: null });
  const joined = a.lines.filter(line => line.type === 'joining').length;
  expect(a.lines.filter(line => line.type === 'left')).toHaveLength(joined);
});

test('CLI-8: a reader that goes away ends it', async () => {
  const a = member(await signaling());
  await a.until('ready');
  a.child.stdout.destroy();
  a.say({ do: 'stats' });
  a.say({ do: 'stats' });
  expect(await a.ended).toEqual({ code: 0, signal: null });
  expect(a.stderr()).toBe('');
});

test('CLI-9: for people it prints sentences, in which nobody steers the terminal', async () => {
  const url = await signaling();
  const reader = run('join', url, 'room', '--app', 'test', '--bind', '127.0.0.1');
  const writer = member(url);
  await writer.until('peer-join');
  writer.say({ do: 'set', key: 'k\u001b[2J', value: 'two\nlines\u202e' });
  writer.say({ do: 'set', key: 'end', value: 'x'.repeat(500) });
  await expect.poll(() => reader.stdout(), { timeout: 15_000 }).toContain(' set end to ');
  const said = reader.stdout();
  expect(said).toMatch(/\[1\] [0-9a-f]{8} set k\\u001b\[2J to two\\u000alines\\u202e\n/);
  expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  for (const line of said.trimEnd().split('\n')) expect(line).toMatch(/^\[1\] [a-z0-9]/);
  expect(said).toContain(`${'x'.repeat(79)}…`);
  reader.child.kill('SIGTERM');
  expect(await reader.ended).toEqual({ code: 0, signal: null });
  expect(reader.stdout().match(/\bleft\b/g)).toHaveLength(1);
});
