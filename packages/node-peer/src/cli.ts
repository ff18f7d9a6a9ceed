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
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** Runs until SIGINT, SIGTERM or `--for` ends. Resolves to the exit code: 0 left, 1 failed, 2 bad arguments. */
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
    await run(command, process);
    return 0;
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    process.stderr.write(`hearsay-peer: ${error.message} (${error.code})\n`);
    return 1;
  }
}

async function run(command: Command, process: CliProcess): Promise<void> {
  const report = createReport(command.json, line => process.stdout.write(`${line}\n`));
  const members: Member[] = [];
  for (let i = 1; i <= command.count; i++) members.push(await openMember(command, i, report));
  const metrics = command.metricsPort === undefined ? undefined : await serveMetrics(command.metricsPort, members);
  if (command.json) watchCommands(process.stdin, members, report);
  await ended(command, process);
  metrics?.close();
  await Promise.all(members.map(member => member.leave()));
}

function ended(command: Command, process: CliProcess): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    if (command.forMs !== undefined) setTimeout(resolve, command.forMs).unref();
  });
}
