/** Quick reactions: sent as events, seen by whoever is here now, kept by nobody. */
import { byId, html, icon, paint, prefersCalm } from '../dom.ts';
import type { Person } from '../model.ts';

export interface Reactions {
  /** Lets it float up from where the person points. An emoji that this page does not offer is not shown. */
  show(emoji: unknown, from: Pick<Person, 'name' | 'color' | 'cursor'>): void;
}

interface Offer {
  readonly emoji: string;
  readonly drawing: string;
  readonly label: string;
}

/** Drawn as icons, because a system without an emoji font would show empty boxes. */
const OFFERS: readonly Offer[] = [
  { emoji: '❤️', drawing: 'heart', label: 'Love' },
  { emoji: '⭐', drawing: 'star', label: 'Star' },
  { emoji: '😀', drawing: 'smile', label: 'Smile' },
  { emoji: '⚡', drawing: 'bolt', label: 'Energy' },
  { emoji: '🔥', drawing: 'flame', label: 'Fire' },
];
const MAX_FLOATING = 30;
const FLOAT_MS = 1_800;
const SEND_EVERY_MS = 120;

export function createReactions(overlay: HTMLElement, send: (emoji: string) => void): Reactions {
  let sentAt = 0;
  const press = (emoji: string): void => {
    if (performance.now() - sentAt < SEND_EVERY_MS) return;
    sentAt = performance.now();
    send(emoji);
  };
  byId('reactions', HTMLFieldSetElement).append(...OFFERS.map(offer => button(offer, press)));

  let floating = 0;
  return {
    show(emoji, { name, color, cursor }) {
      const offer = OFFERS.find(known => known.emoji === emoji);
      if (offer === undefined || floating >= MAX_FLOATING || document.hidden) return;
      const element = html('div', 'floating', icon(offer.drawing));
      // Whoever points already has a name beside the pointer.
      if (cursor === null) element.append(html('span', 'cursor-name', name));
      paint(element, color);
      element.style.setProperty('--x', String(cursor?.x ?? 0.2 + 0.6 * Math.random()));
      element.style.setProperty('--y', String(cursor?.y ?? 0.85));
      overlay.append(element);
      floating += 1;
      rise(element).addEventListener('finish', () => {
        floating -= 1;
        element.remove();
      });
    },
  };
}

function button({ emoji, drawing, label }: Offer, press: (emoji: string) => void): HTMLButtonElement {
  const element = html('button', `reaction ${drawing}`, icon(drawing));
  element.type = 'button';
  element.title = label;
  element.setAttribute('aria-label', `React: ${label}`);
  element.addEventListener('click', () => press(emoji));
  return element;
}

function rise(element: HTMLElement): Animation {
  const still = [{ opacity: 0 }, { opacity: 1, offset: 0.15 }, { opacity: 1, offset: 0.7 }, { opacity: 0 }];
  const moving = still.map((frame, i) => ({
    ...frame,
    transform: ['translateY(0) scale(0.4)', 'translateY(-16px) scale(1.15)', 'translateY(-64px)', 'translateY(-96px)'][
      i
    ]!,
  }));
  return element.animate(prefersCalm() ? still : moving, { duration: FLOAT_MS, easing: 'ease-out' });
}
