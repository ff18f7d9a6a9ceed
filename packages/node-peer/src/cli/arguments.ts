/** What `hearsay-peer` was asked for. */
import { parseArgs } from 'node:util';
import { isLocalAddress } from '../ports/bind-address.ts';

export const HELP = `Usage: hearsay-peer join <signaling-url> <room> --app <app> [options]

Joins a room as a headless peer and stays until it is stopped.

  --app NAME       the application's name, the same as the pages use
  --name NAME      shown to others (default node)
  --count N        so many peers in this process, 1 to 200 (default 1)
  --data FOLDER    keep records and identity there across restarts
  --max-links N    hard cap of links of each peer, 2 to 64 (default 16)
  --bind ADDRESS   local address of every link, one that this machine has
                   (default: all interfaces)
  --for TIME       leave by itself after e.g. 30s or 5m (exit 1 if no peer was
                   ever ready)
  --metrics PORT   serve http://127.0.0.1:PORT/metrics (Prometheus text)
  --json           one JSON line for everything that happens, and commands as
                   JSON lines on standard input: {"do":"set","key":K,"value":V},
                   {"do":"delete","key":K}, {"do":"event","name":N,"payload":P},
                   {"do":"presence","patch":{…}}, {"do":"stats"};
                   "peer":N addresses one of several (default 1)
  --help           print this
`;

export interface Command {
  readonly help: boolean;
  readonly url: string;
  readonly room: string;
  readonly app: string;
  readonly name: string;
  readonly count: number;
  readonly data: string | undefined;
  readonly maxLinks: number | undefined;
  readonly bind: string | undefined;
  readonly forMs: number | undefined;
  readonly metricsPort: number | undefined;
  readonly json: boolean;
}

const MAX_COUNT = 200;
const MAX_NAME = 64;
/** Above it a timer would fire at once. */
const MAX_TIME_MS = 2 ** 31 - 1;
const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export function readCommand(args: readonly string[]): Command | { readonly mistake: string } {
  try {
    return checked(args);
  } catch (error) {
    // Node's own sentence names the flag; what follows its first full stop or line is advice about quoting.
    const sentence = error instanceof Error ? error.message.split(/\. |\.?\n/)[0] : 'The arguments make no sense';
    return { mistake: `${sentence}.` };
  }
}

function checked(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      app: { type: 'string' },
      name: { type: 'string', default: 'node' },
      count: { type: 'string', default: '1' },
      data: { type: 'string' },
      'max-links': { type: 'string' },
      bind: { type: 'string' },
      for: { type: 'string' },
      metrics: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [verb, url = '', room = '', ...rest] = positionals;
  if (!values.help) {
    if (verb !== 'join') throw new Error(`The command is "join", not ${verb === undefined ? 'nothing' : `"${verb}"`}`);
    if (url === '' || room === '' || rest.length > 0) throw new Error('join takes a signaling URL and a room');
    if (values.app === undefined) throw new Error('--app is needed: the name that the pages pass to joinRoom');
    if (!/^wss?:\/\/[^/]/.test(url) || !URL.canParse(url)) throw new Error(`"${url}" is no ws:// or wss:// URL`);
    if (url.includes('#')) throw new Error(`"${url}" has a fragment (#…), which no WebSocket takes`);
    if (values.bind !== undefined && !isLocalAddress(values.bind))
      throw new Error(`--bind ${values.bind} is no IP address that this machine has now`);
    for (const [what, name] of Object.entries({ 'The room': room, '--app': values.app })) {
      if (name === '' || name.length > MAX_NAME) throw new Error(`${what} is text of 1 to ${MAX_NAME} characters`);
    }
  }
  return {
    help: values.help,
    url,
    room,
    app: values.app ?? '',
    name: values.name,
    count: wholeNumber('--count', values.count, 1, MAX_COUNT),
    data: values.data,
    maxLinks: optional(values['max-links'], text => wholeNumber('--max-links', text, 2, 64)),
    bind: values.bind,
    forMs: optional(values.for, readTime),
    metricsPort: optional(values.metrics, text => wholeNumber('--metrics', text, 0, 65_535)),
    json: values.json,
  };
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new Error(`${flag} is a whole number from ${min} to ${max}`);
  return value;
}

function readTime(text: string): number {
  const match = /^(\d{1,6})(ms|s|m|h)$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!]!;
  if (!(ms <= MAX_TIME_MS)) throw new Error('--for is a time such as 30s or 5m, at most 596h');
  return ms;
}
