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
    // Until it is known whom the line is for, what is wrong with it is the command's own affair.
    let index = 0;
    try {
      if (line === undefined) throw new Error(`A command is at most ${MAX_LINE} characters.`);
      if (line.trim() === '') return;
      const command = readCommand(line);
      const member = memberFor(command, members);
      index = member.index;
      obey(command, member, report);
    } catch (error) {
      const code = error instanceof HearsayError ? error.code : 'bad-command';
      report(index, 'error', { code, message: error instanceof Error ? error.message : String(error) });
    }
  });
}

function readCommand(line: string): Fields {
  const command = JSON.parse(line) as Fields | null;
  if (command === null || typeof command !== 'object') throw new Error('A command is a JSON object.');
  return command;
}

function memberFor({ peer = 1 }: Fields, members: readonly Member[]): Member {
  const member = members.find(({ index }) => index === peer);
  if (member === undefined) throw new Error(`There is no peer ${JSON.stringify(peer)}.`);
  return member;
}

function obey(command: Fields, { room, index }: Member, report: Report): void {
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
