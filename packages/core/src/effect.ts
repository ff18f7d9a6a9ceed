import type { Delivery } from './input.ts';
import type { Job, PeerId, RecordId } from './types.ts';

/** Everything a node can ask of the world. The host obeys in order; the simulator obeys with virtual time. */
export type Effect =
  /** Send one frame, whole and in order, over an open link. Other links may get the same bytes: they are not to be changed. */
  | { readonly type: 'send'; readonly to: PeerId; readonly bytes: Uint8Array }
  /** Say `link-drained` once: as soon as at most `below` bytes of what was sent over the link wait in this machine. */
  | { readonly type: 'watch-link'; readonly peer: PeerId; readonly below: number }
  /** Close a link, or give up a dial in progress. */
  | { readonly type: 'close-link'; readonly peer: PeerId; readonly reason: string }
  /**
   * Make a link. Both sides agreed; the initiator sends the offer. Ends in `link-up` or `dial-failed`. `key`: what the
   * other side wants its signals of this session sealed to.
   */
  | {
      readonly type: 'dial';
      readonly peer: PeerId;
      readonly session: number;
      readonly initiator: boolean;
      readonly key?: Uint8Array;
    }
  /** Give the local WebRTC stack what its counterpart said. */
  | { readonly type: 'rtc-signal'; readonly peer: PeerId; readonly session: number; readonly data: string }
  /** Hold, or drop, the socket to the signaling server. The host reconnects with back-off while it is wanted. */
  | { readonly type: 'rendezvous'; readonly open: boolean }
  /** Ask the server for more members of the room. */
  | { readonly type: 'introduce' }
  | { readonly type: 'server-signal'; readonly to: PeerId; readonly payload: Uint8Array }
  | { readonly type: 'sign'; readonly job: Job; readonly bytes: Uint8Array }
  | {
      readonly type: 'verify';
      readonly job: Job;
      readonly key: PeerId;
      readonly signature: Uint8Array;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'deliver'; readonly delivery: Delivery }
  /** Keep, or forget, a record across restarts. */
  | { readonly type: 'keep'; readonly id: RecordId; readonly bytes: Uint8Array }
  | { readonly type: 'forget'; readonly id: RecordId };
