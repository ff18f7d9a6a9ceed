/** Commands on standard input, one JSON object a line. A line that makes no sense is reported, never fatal. */
import { HearsayError } from '../index.ts';
import { readLines } from './lines.ts';
import type { Member, NodePresence } from './member.ts';
import type { Report } from './report.ts';

type Fields = { readonly [name: string]: unknown };

const MAX_LINE = 65_536;

export function watchCommands(stdin: NodeJS.ReadableStream, members: readonly Member[], report: Report): void {
  // A closed input is not a wish to leave: services run with none.
  readLines(stdin, MAX_LINE, line => {
    try {
      if (line === undefined) throw new Error(`A command is at most ${MAX_LINE} characters.`);
      if (line.trim() !== '') obey(line, members, report);
    } catch (error) {
      const code = error instanceof HearsayError ? error.code : 'bad-command';
      report(0, 'error', { code, message: error instanceof Error ? error.message : String(error) });
    }
  });
}

function obey(line: string, members: readonly Member[], report: Report): void {
  const command = JSON.parse(line) as Fields | null;
  if (command === null || typeof command !== 'object') throw new Error('A command is a JSON object.');
  const { peer = 1 } = command;
  const member = members.find(({ index: number }) => number === peer);
  if (member === undefined) throw new Error(`There is no peer ${JSON.stringify(peer)}.`);
  const { room, index } = member;
  switch (command['do']) {
    case 'set':
      return room.state.set(text(command, 'key'), command['value']);
    case 'delete':
      return room.state.delete(text(command, 'key'));
    case 'event':
      return room.events.send(text(command, 'name'), command['payload']);
    case 'presence':
      return room.presence.update(command['patch'] as Partial<NodePresence>);
    case 'stats':
      return report(index, 'stats', { stats: room.stats(), links: room.links, others: room.presence.others.size });
    default:
      throw new Error(`"do" is set, delete, event, presence or stats, not ${JSON.stringify(command['do'])}.`);
  }
}

function text(command: Fields, name: string): string {
  const value = command[name];
  if (typeof value !== 'string') throw new Error(`"${name}" is text.`);
  return value;
}
