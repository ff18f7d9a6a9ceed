/**
 * How long a record lives. It follows from the record and the room's settings alone, and what is not taken any more
 * is not kept either: else two peers that heard the same at other times would hold different sets, and offer each
 * other for ever what the other one refuses.
 */
import type { Config } from '../config.ts';
import type { Now } from '../types.ts';
import { wallMsOf } from './hlc.ts';
import type { Kind, Statement } from './record.ts';

/** For how long others may still take the record, ms: their clocks may be behind. Not above 0: it has expired. */
export function msLeft({ kind, hlc, exp }: Statement, config: Config, now: Now): number {
  const end = wallMsOf(hlc) + validForMs(kind, config);
  return Math.min(end, exp === 0 ? end : exp) + config['intake.skewMs'] - now.wall;
}

/** The longest life of each kind, ms; an author may ask for less. */
function validForMs(kind: Kind, config: Config): number {
  switch (kind) {
    case 'presence':
      return config['presence.maxValidMs'];
    case 'leave':
      // It is signed in advance, and outlives what is said until it is signed anew.
      return 2 * config['presence.maxValidMs'];
    case 'accuse':
    case 'unreach':
      return config['liveness.accusationMs'];
    case 'here':
      return 2 * config['aggregate.epochMs'];
    case 'vouch':
      return config['liveness.vouchMs'];
    case 'event':
      return config['intake.eventMs'];
    case 'state':
    case 'state-delete':
      return Number.POSITIVE_INFINITY;
  }
}
