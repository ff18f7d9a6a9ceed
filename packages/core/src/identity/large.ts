import type { Frame } from '../wire/frame.ts';
import { wireLimits } from '../wire/limits.ts';
import type { SignedRecord } from './record.ts';

/** Too large for a push or a delta: it is offered, and pulled in chunks. */
export function isLarge({ bytes }: SignedRecord): boolean {
  return bytes.length > wireLimits.inlineBytes;
}

/** `fresh`: worth passing on at once, as a push would be. */
export function offerOf({ id, bytes }: SignedRecord, fresh: boolean): Extract<Frame, { type: 'offer' }> {
  return { type: 'offer', id, size: bytes.length, fresh };
}
