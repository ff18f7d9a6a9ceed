/** Where the visitor's own pointer is on the board, for the others to see. */
import type { Point } from '../model.ts';
import { createThrottle } from '../throttle.ts';

/** Together with a note that is being dragged this stays below the 20 statements a second that others admit. */
const EVERY_MS = 100;

export function watchPointer(board: HTMLElement, onMove: (cursor: Point | null) => void): void {
  const throttle = createThrottle(EVERY_MS);
  let isInside = false;

  const leave = (): void => {
    if (!isInside) return;
    isInside = false;
    throttle.push(() => onMove(null));
  };

  board.addEventListener('pointermove', event => {
    const { left, top, width, height } = board.getBoundingClientRect();
    const x = (event.clientX - left) / width;
    const y = (event.clientY - top) / height;
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) return leave();
    isInside = true;
    throttle.push(() => onMove({ x: round(x), y: round(y) }));
  });
  board.addEventListener('pointerleave', leave);
  board.addEventListener('pointercancel', leave);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leave();
  });
}

/** A thousandth of the board is less than two pixels, and shorter on the wire. */
function round(fraction: number): number {
  return Math.round(fraction * 1_000) / 1_000;
}
