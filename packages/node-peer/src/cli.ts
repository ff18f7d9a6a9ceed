/** The command `hearsay-peer`: headless members of a room, for replicas, bots and tests. */
import { type Command, HELP, readCommand } from './cli/arguments.ts';
import { watchCommands } from './cli/commands.ts';
import { type Member, openMember } from './cli/member.ts';
import { serveMetrics } from './cli/metrics.ts';
import { createReport } from './cli/report.ts';
import { HearsayError } from './index.ts';

/** What the command touches of its process; a test may pass another. */
export interface CliProcess {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: { write(text: string): unknown; on?(event: 'error', listener: () => void): unknown };
  readonly stderr: { write(text: string): unknown };
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Runs until SIGINT, SIGTERM or `--for` ends. Resolves to the exit code: 0 left, 1 failed (also when the time of `--for`
 * ended before any peer was ready), 2 bad arguments.
 */
export async function main(args: readonly string[], process: CliProcess): Promise<number> {
  const command = readCommand(args);
  if ('mistake' in command) {
    process.stderr.write(`${command.mistake} See hearsay-peer --help.\n`);
    return 2;
  }
  if (command.help) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const ending = await run(command, process);
    if (ending.wasReady || !ending.timeIsUp) return 0;
    process.stderr.write('hearsay-peer: no peer was ready before the time of --for was up.\n');
    return 1;
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    process.stderr.write(`hearsay-peer: ${error.message} (${error.code})\n`);
    return 1;
  }
}

async function run(command: Command, process: CliProcess): Promise<{ wasReady: boolean; timeIsUp: boolean }> {
  const report = createReport(command.json, line => process.stdout.write(`${line}\n`));
  const ending = awaitEnd(command, process);
  const members: Member[] = [];
  const metrics = command.metricsPort === undefined ? undefined : await serveMetrics(command.metricsPort, members);
  if (metrics !== undefined) report(0, 'metrics', { url: metrics.url });
  try {
    for (let i = 1; i <= command.count && !ending.asked; i++) members.push(await openMember(command, i, report));
    if (command.json) watchCommands(process.stdin, members, report);
    await ending.promise;
    return { wasReady: members.some(member => member.wasReady), timeIsUp: ending.timeIsUp };
  } finally {
    metrics?.close();
    await Promise.all(members.map(member => member.leave()));
  }
}

interface Ending {
  asked: boolean;
  /** It was the time of `--for`, nobody's signal. */
  timeIsUp: boolean;
  promise: Promise<void>;
}

/** Listens from the start: whoever stops a process that is still joining wants its goodbye as well. */
function awaitEnd(command: Command, process: CliProcess): Ending {
  const ending: Ending = { asked: false, timeIsUp: false, promise: Promise.resolve() };
  ending.promise = new Promise(resolve => {
    const end = (): void => {
      ending.asked = true;
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    // Nobody reads any more, as in `hearsay-peer … | head -1`.
    process.stdout.on?.('error', end);
    const onTime = (): void => {
      ending.timeIsUp = !ending.asked;
      end();
    };
    if (command.forMs !== undefined) setTimeout(onTime, command.forMs).unref();
  });
  return ending;
}
