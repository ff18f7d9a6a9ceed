/** One line that says whether this tab is part of the room, in words that do not change with every link. */
import { byId } from './dom.ts';

export type Status = 'connecting' | 'connected' | 'isolated' | 'reconnecting' | 'left';

interface Standing {
  readonly tone: 'good' | 'free' | 'wait' | 'bad';
  readonly words: string;
}

export function showStatus(status: Status, links: number, isServerUp: boolean | undefined): void {
  const line = byId('status', HTMLParagraphElement);
  const { tone, words } = standingOf(status, links, isServerUp);
  if (line.textContent !== words) line.textContent = words;
  line.dataset['tone'] = tone;
}

function standingOf(status: Status, links: number, isServerUp: boolean | undefined): Standing {
  switch (status) {
    case 'connecting':
      return { tone: 'wait', words: 'Joining…' };
    case 'connected':
      if (links === 0) return { tone: 'good', words: 'Connected, alone so far' };
      if (isServerUp === false) return { tone: 'free', words: 'Server off: the mesh goes on' };
      return { tone: 'good', words: 'Connected' };
    case 'reconnecting':
      return { tone: 'wait', words: 'Looking for new neighbours…' };
    case 'isolated':
      return { tone: 'bad', words: 'Cut off: no links, no server' };
    case 'left':
      return { tone: 'bad', words: 'You have left' };
  }
}

/** What stands on a board without notes: a title and what to do. */
export function emptyWords(status: Status, isAlone: boolean): readonly [title: string, advice: string] {
  if (status === 'connecting')
    return ['Joining the room…', 'You may write already: it is kept here until someone is found.'];
  if (isAlone) return ['You are the first one here.', 'Open another tab, or leave a note for whoever comes.'];
  return ['The board is empty.', 'Add a note: everyone here sees it at once.'];
}
