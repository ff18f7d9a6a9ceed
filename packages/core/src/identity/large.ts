import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import type { SignedRecord } from './record.ts';

/** Too large for a push or a delta: it is offered, and pulled in chunks. */
export function isLarge({ size }: Pick<SignedRecord, 'size'>): boolean {
  return size > wireLimits.inlineBytes;
}

/** `fresh`: worth passing on at once, as a push would be. */
export function offerOf(
  { id, size }: Pick<SignedRecord, 'id' | 'size'>,
  fresh: boolean,
): Extract<Frame, { type: 'offer' }> {
  return { type: 'offer', id, size, fresh };
}
