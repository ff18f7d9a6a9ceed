/** The command `hearsay-signaling`. */

import { parseArgs } from 'node:util';
import { SignalingServerError } from './errors.ts';
import type { SignalingOptions } from './options.ts';
import { createSignalingServer } from './server.ts';

const HELP = `Usage: hearsay-signaling [options]

Introduces Hearsay peers to one another over WebSocket.

  --port N       port to listen on, 0 for any free one (default 8787)
  --host NAME    address to listen on (default 127.0.0.1: this machine only)
  --origin URL   browser origin that may connect; repeat for several (default: all)
  --ice-server URL
                 stun: or stuns: server that peers are told to use; repeat for
                 several (default: none). For turn: use createSignalingServer
  --json         print one JSON line instead of a sentence
  --help         print this
`;

/** What the command touches of its process; a test may pass another. */
export interface CliProcess {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** Runs until SIGINT or SIGTERM. Resolves to the exit code: 0 stopped, 1 could not listen, 2 bad arguments. */
export async function main(args: readonly string[], process: CliProcess): Promise<number> {
  const command = readCommand(args);
  if ('mistake' in command) {
    process.stderr.write(`${command.mistake} See hearsay-signaling --help.\n`);
    return 2;
  }
  if (command.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const log: SignalingOptions['log'] = (event, fields) =>
      process.stderr.write(`${JSON.stringify({ event, ...fields })}\n`);
    const iceServers = command.iceServers.map(urls => ({ urls }));
    const server = createSignalingServer({ ...(command.origins && { origins: command.origins }), iceServers, log });
    const stopped = new Promise<void>(resolve => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    const { url } = await server.listen(command.port, command.host);
    const line = command.json ? JSON.stringify({ event: 'listening', url }) : `Hearsay signaling listens on ${url}`;
    process.stdout.write(`${line}\n`);
    await stopped;
    await server.close();
    return 0;
  } catch (error) {
    if (!(error instanceof SignalingServerError)) throw error;
    process.stderr.write(`hearsay-signaling: ${error.message}.\n`);
    return error.code === 'bad-option' ? 2 : 1;
  }
}

interface Command {
  readonly port: number;
  readonly host: string;
  readonly origins: readonly string[] | undefined;
  readonly iceServers: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

function readCommand(args: readonly string[]): Command | { readonly mistake: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '127.0.0.1' },
        origin: { type: 'string', multiple: true },
        'ice-server': { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { port, host, origin, 'ice-server': iceServers, json, help } = values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return { mistake: `--port ${port} is not a port number.` };
    const wrong = iceServers.find(url => !/^stuns?:/.test(url));
    // A command line is no place for a TURN server's credential: every user of the machine can read it.
    if (wrong !== undefined) return { mistake: `--ice-server ${wrong} is no stun: or stuns: URL.` };
    return { port: Number(port), host, origins: origin, iceServers, json, help };
  } catch (error) {
    // Node's own sentence names the flag; what follows its first full stop is advice about quoting.
    const sentence = error instanceof Error ? error.message.split('. ')[0] : 'The arguments make no sense';
    return { mistake: `${sentence}.` };
  }
}
