/** What the app is told about its own connection: the status, and once that it is ready. */
import type { Outbox } from '../outbox.ts';
import type { RoomStatus } from '../types.ts';

export interface Standing {
  review(view: { readonly links: number; readonly serverUp: boolean; readonly alone: boolean }): void;
  onCaughtUp(): void;
  onLeave(): void;
  status(): RoomStatus;
}

export function createStanding(outbox: Outbox): Standing {
  let status: RoomStatus = 'connecting';
  let ready = false;

  const set = (next: RoomStatus): void => {
    if (status === next || status === 'left') return;
    status = next;
    outbox.effect({ type: 'deliver', delivery: { what: 'status', status } });
  };

  const beReady = (): void => {
    if (ready) return;
    ready = true;
    outbox.effect({ type: 'deliver', delivery: { what: 'ready' } });
  };

  return {
    review({ links, serverUp, alone }) {
      if (links > 0 || (serverUp && alone)) {
        set('connected');
        // Nobody to catch up with: what this node has is all there is.
        if (links === 0) beReady();
      } else if (status !== 'connecting') set(serverUp ? 'reconnecting' : 'isolated');
    },
    onCaughtUp: beReady,
    onLeave: () => set('left'),
    status: () => status,
  };
}
