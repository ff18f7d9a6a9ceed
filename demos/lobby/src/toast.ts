/** A word at the foot of the board that goes by itself, and a way to take back what it tells of. */
import { byId, html } from './dom.ts';

const LASTS_MS = 8_000;

/** Each replaces the one before. Ctrl+Z undoes, too, while the offer stands. */
export function createToast(): (words: string, undo?: () => void) => void {
  const box = byId('toast', HTMLDivElement);
  let timer: number | undefined;
  let pending: (() => void) | undefined;

  const close = (): void => {
    window.clearTimeout(timer);
    pending = undefined;
    box.hidden = true;
    box.replaceChildren();
  };
  const expire = (): void => {
    // Nothing goes away under a pointer or a finger that is on its way to press it.
    if (box.matches(':hover, :focus-within')) timer = window.setTimeout(expire, LASTS_MS);
    else close();
  };
  const undo = (): void => {
    const run = pending;
    close();
    run?.();
  };

  document.addEventListener('keydown', event => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'z';
    if (!isUndo || pending === undefined || isWritten(event.target)) return;
    event.preventDefault();
    undo();
  });

  return (words, take) => {
    close();
    pending = take;
    box.append(html('span', '', words));
    if (take !== undefined) {
      const button = html('button', 'toast-undo', 'Undo');
      button.type = 'button';
      button.addEventListener('click', undo);
      box.append(button);
    }
    box.hidden = false;
    timer = window.setTimeout(expire, LASTS_MS);
  };
}

/** A text field that is written in undoes its own letters. */
function isWritten(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || (target instanceof HTMLTextAreaElement && !target.readOnly);
}
