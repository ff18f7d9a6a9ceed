/** Pointer → fractions of the board. A press that hardly moves is a click. */
import type { Point } from '../model.ts';

export interface DragHandlers {
  /** Where the note is when the press begins. */
  start(): Point;
  moved(to: Point): void;
  ended(): void;
  clicked(): void;
}

const CLICK_RADIUS_PX = 4;

export function followDrag(element: HTMLElement, handlers: DragHandlers): void {
  let press: { readonly pointer: number; readonly at: Point; readonly from: Point; readonly room: Point } | undefined;
  let isDragging = false;

  element.addEventListener('pointerdown', event => {
    const board = element.closest('.board');
    if (press !== undefined || event.button !== 0 || isControl(event.target) || board === null) return;
    press = {
      pointer: event.pointerId,
      at: { x: event.clientX, y: event.clientY },
      from: handlers.start(),
      room: { x: board.clientWidth - element.offsetWidth, y: board.clientHeight - element.offsetHeight },
    };
  });

  element.addEventListener('pointermove', event => {
    if (press === undefined || event.pointerId !== press.pointer) return;
    const dx = event.clientX - press.at.x;
    const dy = event.clientY - press.at.y;
    if (!isDragging && Math.hypot(dx, dy) < CLICK_RADIUS_PX) return;
    if (!isDragging) element.setPointerCapture(event.pointerId);
    isDragging = true;
    handlers.moved({ x: fraction(press.from.x, dx, press.room.x), y: fraction(press.from.y, dy, press.room.y) });
  });

  const end = (event: PointerEvent): void => {
    if (press === undefined || event.pointerId !== press.pointer) return;
    press = undefined;
    if (isDragging) handlers.ended();
    else if (event.type === 'pointerup') handlers.clicked();
    isDragging = false;
  };
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
  element.addEventListener('pointerleave', event => {
    // Without capture a press may end outside, where this element does not hear of it.
    if (!isDragging) end(event);
  });
}

/** Buttons keep their clicks, and a text field that is written in keeps its selection. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLButtonElement || (target instanceof HTMLTextAreaElement && !target.readOnly);
}

function fraction(from: number, pixels: number, room: number): number {
  const to = room > 0 ? from + pixels / room : 0;
  return Math.min(1, Math.max(0, Math.round(to * 1e4) / 1e4));
}
