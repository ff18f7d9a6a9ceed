/**
 * Encodes what goes over several links once: a record for all children and an announcement for all others are the same
 * bytes. Only the last frame is remembered, since links are served one after the other.
 */
import { equalBytes } from '../lib/bytes.ts';
import { encodeFrame, type Frame } from './frame.ts';

/** What is returned may be handed out again: nobody may change it. */
export function createFrameEncoder(): (frame: Frame) => Uint8Array {
  let last: Frame | undefined;
  let bytes: Uint8Array = new Uint8Array(0);
  return frame => {
    if (last === undefined || !isSame(frame, last)) {
      bytes = encodeFrame(frame);
      last = frame;
    }
    return bytes;
  };
}

/** By value: a record at rest gives its bytes anew to each who asks. Other frames are rarely the same for two links. */
function isSame(a: Frame, b: Frame): boolean {
  if (a.type === 'push' && b.type === 'push') return isSameList(a.records, b.records, equalBytes);
  if (a.type === 'ihave' && b.type === 'ihave') return isSameList(a.ids, b.ids, Object.is);
  return a.type === 'heartbeat' && b.type === 'heartbeat';
}

function isSameList<T>(a: readonly T[], b: readonly T[], isSameItem: (a: T, b: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !isSameItem(a[i]!, b[i]!)) return false;
  return true;
}
