import type { Hlc, Job, PeerId, RoomStatus, Wire } from './types.ts';

/** Everything that can happen to a node. The host says it, `engine.handle` obeys. */
export type Input =
  /** Begin: ask for a rendezvous, start the timers. Once, first. */
  | { readonly type: 'start' }
  /** The time asked for by `nextWakeAt` has come. May be late by any amount. */
  | { readonly type: 'wake' }
  /** An authenticated link is open: the other side proved that it holds `peer`'s key. */
  | { readonly type: 'link-up'; readonly peer: PeerId; readonly outbound: boolean }
  /** A link that was up is gone. */
  | { readonly type: 'link-down'; readonly peer: PeerId; readonly reason: string }
  /** A dial ended without a link. */
  | { readonly type: 'dial-failed'; readonly peer: PeerId; readonly session: number; readonly reason: string }
  /** One whole frame arrived over a link. Bytes are hostile until the gate has walked them. */
  | { readonly type: 'frame'; readonly from: PeerId; readonly bytes: Uint8Array }
  /** Asked for by `watch-link`: about `waiting` bytes of what was sent have not left the machine yet. */
  | { readonly type: 'link-drained'; readonly peer: PeerId; readonly waiting: number }
  /** The signaling server admitted us. `entry`: it asks us to stay as an entry point. */
  | { readonly type: 'rendezvous-up'; readonly peers: readonly PeerId[]; readonly entry: boolean }
  | { readonly type: 'rendezvous-down'; readonly reason: string }
  /** The server names members of the room, or changes our role. */
  | { readonly type: 'introduced'; readonly peers: readonly PeerId[] }
  | { readonly type: 'entry-role'; readonly entry: boolean }
  /** A signal for us by way of the server. `from` is what the server claims; HELLO proves it later. */
  | { readonly type: 'server-signal'; readonly from: PeerId; readonly payload: Uint8Array }
  | { readonly type: 'server-unreachable'; readonly peer: PeerId }
  /** The local WebRTC stack has something to tell its counterpart at `peer`. */
  | { readonly type: 'rtc-signal'; readonly peer: PeerId; readonly session: number; readonly data: string }
  | { readonly type: 'signed'; readonly job: Job; readonly signature: Uint8Array }
  | { readonly type: 'verified'; readonly job: Job; readonly ok: boolean }
  /** The app says something. Checked by the caller's side first; see `engine.refusal`. */
  | { readonly type: 'publish'; readonly kind: PublishKind; readonly key: string; readonly value: Wire }
  /** Records this node kept before it was restarted. They are verified like any other. */
  | { readonly type: 'restore'; readonly records: readonly Uint8Array[] }
  /** The page of this node came into view, went out of it, or is stopped as soon as this input was handled. */
  | { readonly type: 'activity'; readonly state: PageActivity }
  | { readonly type: 'leave' };

export type PageActivity = 'active' | 'hidden' | 'frozen';

export type PublishKind = 'presence' | 'state' | 'state-delete' | 'event';

/** What the app is told. The room mirrors these into its maps. */
export type Delivery =
  | {
      readonly what: 'state';
      readonly key: string;
      readonly value: Wire | undefined;
      readonly author: PeerId;
      readonly hlc: Hlc;
      readonly local: boolean;
    }
  | {
      readonly what: 'presence';
      readonly peer: PeerId;
      readonly presence: Wire;
      readonly joinedAtMs: number;
      readonly status: 'alive' | 'suspect' | 'away';
    }
  | { readonly what: 'presence-gone'; readonly peer: PeerId; readonly reason: 'left' | 'failed' | 'expired' }
  | { readonly what: 'event'; readonly key: string; readonly value: Wire; readonly from: PeerId }
  | { readonly what: 'status'; readonly status: RoomStatus }
  /** First link up and first sync done, or nobody else is here. Said once. */
  | { readonly what: 'ready' }
  /** Own writes wait for their turn: for their author's share, or for links that are full. False: none does any more. */
  | { readonly what: 'backlog'; readonly waiting: boolean }
  | { readonly what: 'warning'; readonly code: string; readonly peer?: PeerId; readonly message: string };
