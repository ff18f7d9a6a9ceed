import type { Config } from '../config.ts';

/** Bytes that wait for one link. */
interface Waiting {
  waitingBytes(): number;
}

/** Of a link's queue so much may fill up before the link counts as behind. */
const BEHIND_SHARE = 0.25;

/**
 * Are all of these links behind? Then our own words had better wait where the newer still replaces the older and no
 * signature is spent. No neighbour silences another's app by reading slowly: its queue drops what is too much.
 */
export function isCongested(links: Iterable<Waiting>, config: Config): boolean {
  const limit = BEHIND_SHARE * config['broadcast.queueBytes'];
  let behind = 0;
  for (const link of links) {
    if (link.waitingBytes() <= limit) return false;
    behind += 1;
  }
  return behind > 0;
}

export function waitingBytesOf(links: Iterable<Waiting>): number {
  let bytes = 0;
  for (const link of links) bytes += link.waitingBytes();
  return bytes;
}
