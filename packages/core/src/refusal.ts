/** Why a write of our own would be refused, told before it is made: the app gets an error it can act on. */
import type { ErrorCode } from './errors.ts';
import type { Authoring } from './intake/authoring.ts';
import type { Policy } from './policy/policy.ts';
import type { Store } from './store/store.ts';
import type { PeerId } from './types.ts';

export type Refusal = (
  kind: 'presence' | 'state' | 'state-delete' | 'event',
  key: string,
  bytes: number,
) => ErrorCode | undefined;

export function createRefusal(self: PeerId, policy: Policy, store: Store, authoring: Authoring): Refusal {
  return (kind, key, bytes) => {
    const isState = kind === 'state' || kind === 'state-delete';
    if (isState && !policy.mayWrite(self, key)) return 'forbidden-by-policy';
    if (kind === 'state' && store.exceedsQuota(self, key, bytes)) return 'quota-exceeded';
    return authoring.hasRoom(kind, key) ? undefined : 'too-many-pending';
  };
}
