/**
 * When the next thing is due, asked after every input. Most inputs are talk of one link, of which only broadcast,
 * liveness and flow hear: what the other modules said last still holds.
 */
import type { MonoMs } from './types.ts';
import type { Frame } from './wire/frame.ts';

export type LinkTalk = Extract<
  Frame,
  { type: 'ihave' | 'graft' | 'prune' | 'grow' | 'pull' | 'ping' | 'pong' | 'heartbeat' }
>;

interface Timed {
  /** `undefined`: only an input can change anything. */
  nextWakeAt(): MonoMs | undefined;
}

type Talker = 'broadcast' | 'liveness' | 'flow';
type Other = 'authoring' | 'sync' | 'transfer' | 'presence' | 'overlay' | 'aggregate';

const NEVER = Number.POSITIVE_INFINITY;

/** Module by module: a loop would look up each one's method anew. */
export function createDue(
  m: { readonly [name in Talker | Other]: Timed },
): (afterLinkTalk: boolean) => MonoMs | undefined {
  let others = NEVER;
  return afterLinkTalk => {
    if (!afterLinkTalk) {
      others = Math.min(
        m.authoring.nextWakeAt() ?? NEVER,
        m.sync.nextWakeAt() ?? NEVER,
        m.transfer.nextWakeAt() ?? NEVER,
        m.presence.nextWakeAt() ?? NEVER,
        m.overlay.nextWakeAt() ?? NEVER,
        m.aggregate.nextWakeAt() ?? NEVER,
      );
    }
    const talkers = Math.min(m.broadcast.nextWakeAt() ?? NEVER, m.liveness.nextWakeAt() ?? NEVER);
    const next = Math.min(others, talkers, m.flow.nextWakeAt() ?? NEVER);
    return next === NEVER ? undefined : (next as MonoMs);
  };
}
