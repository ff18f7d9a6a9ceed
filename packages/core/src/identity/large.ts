import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import type { SignedRecord } from './record.ts';

/** Too large for a push or a delta: it is offered, and pulled in chunks. */
export function isLarge({ bytes }: Pick<SignedRecord, 'bytes'>): boolean {
  return bytes.length > wireLimits.inlineBytes;
}

/** `fresh`: worth passing on at once, as a push would be. */
export function offerOf(
  { id, bytes }: Pick<SignedRecord, 'id' | 'bytes'>,
  fresh: boolean,
): Extract<Frame, { type: 'offer' }> {
  return { type: 'offer', id, size: bytes.length, fresh };
}
