/** What the page says when something is wrong, and what it reads out when someone comes or goes. */
import { byId, html } from './dom.ts';

export interface Notice {
  readonly title: string;
  readonly advice: string;
  /** Where to go from here. */
  readonly link?: { readonly words: string; readonly href: string };
}

const ANNOUNCE_EVERY_MS = 1_500;
const MOST_NAMED = 3;

/** Shows one notice above the board; undefined takes it away. */
export function showNotice(notice: Notice | undefined): void {
  const box = byId('notice', HTMLDivElement);
  box.hidden = notice === undefined;
  box.replaceChildren();
  if (notice === undefined) return;
  box.append(html('strong', '', notice.title), html('span', '', notice.advice));
  if (notice.link === undefined) return;
  const link = html('a', '', notice.link.words);
  link.href = notice.link.href;
  box.append(link);
}

/** A friendly sentence for each code that a visitor can meet, and what to do about it. */
export function noticeFor(code: string, message: string, signaling: string): Notice {
  switch (code) {
    case 'signaling-unreachable':
      return {
        title: 'The signaling server does not answer.',
        advice: `It introduces newcomers, so nobody can be found without it. A reloaded tab is a newcomer, too, and needs it; the others go on without. Is one running at ${signaling}? “npm start” brings one up. This page goes on trying.`,
      };
    case 'signaling-refused':
      return {
        title: 'The signaling server did not let this tab in.',
        advice: `The room may be full, or this address has too many tabs open. Close a tab, or choose another room by changing what follows # in the address. (${message})`,
      };
    case 'timeout':
      return {
        title: 'Others are here, but no link to them comes about.',
        advice: 'A firewall or an extension may block WebRTC between you. This page goes on trying.',
      };
    case 'bad-config':
      return {
        title: `“${signaling}” is not the address of a signaling server.`,
        advice: 'Such an address begins with ws:// or wss://, for example ws://localhost:8787.',
        ...usualServer(),
      };
    case 'bad-room':
      return {
        title: 'No room can have this name.',
        advice: 'The part of the address after # names the room: a word or two will do.',
        link: { words: 'Go to the lobby', href: '#lobby' },
      };
    case 'no-webrtc':
      return {
        title: 'This browser has no WebRTC.',
        advice:
          'Tabs link to each other by WebRTC. Allow it in the settings, or try a current Chrome, Edge, Firefox or Safari.',
      };
    case 'no-crypto':
      return {
        title: 'This page may not sign anything here.',
        advice: 'Browsers allow signatures on https:// and on localhost only. Open the page from one of these.',
      };
    case 'quota-exceeded':
    case 'too-many-pending':
      return {
        title: 'That was a little too much at once.',
        advice: 'Each visitor may keep a limited number of notes and changes. Wait a moment, or delete a note.',
      };
    default:
      return { title: 'Something did not work.', advice: message };
  }
}

/** The same room without a server in the address, if it is the address that names one. */
function usualServer(): Pick<Notice, 'link'> {
  const address = new URL(location.href);
  if (!address.searchParams.has('signaling')) return {};
  address.searchParams.delete('signaling');
  return { link: { words: 'Open this page without it', href: address.href } };
}

/** Tells screen readers who came and went, gathered so that a crowd is one sentence. */
export function createAnnouncer(): (words: string) => void {
  const line = byId('announce', HTMLParagraphElement);
  let waiting: string[] = [];

  const speak = (): void => {
    const more = waiting.length - MOST_NAMED;
    const named = waiting.slice(0, MOST_NAMED).join('. ');
    line.textContent = more > 0 ? `${named}. And ${more} more.` : `${named}.`;
    waiting = [];
  };

  return words => {
    if (waiting.length === 0) window.setTimeout(speak, ANNOUNCE_EVERY_MS);
    waiting.push(words);
  };
}
