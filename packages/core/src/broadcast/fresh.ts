import type { Config } from '../config.ts';
import { wallMsOf } from '../identity/hlc.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Now } from '../types.ts';

/**
 * Is a record that a sync brought still news? A newcomer's first words reach its first neighbour by sync and
 * must travel on; what is old is known to most, and whoever lacks it finds out by a sync of its own.
 */
export function isFresh(record: SignedRecord, config: Config, now: Now): boolean {
  return now.wall - wallMsOf(record.hlc) < config['broadcast.freshMs'];
}
