/** What an app sees: the same names and shapes in a tab and in Node. */
import type {
  ConfigOverrides,
  EngineStats,
  Estimate,
  HearsayError,
  PeerId,
  RoomStatus,
  Rule,
  Via,
} from '@hearsay/core';
import type { Identity } from '@hearsay/core/crypto';
import type { RecordStorage } from '@hearsay/core/host';

export type { ErrorCode, Estimate, PeerId, RoomStatus, Rule } from '@hearsay/core';
export type { Identity, IdentityOptions } from '@hearsay/core/crypto';

/** Types of the three nouns of a room. */
export interface RoomConfig<Presence> {
  /** Names the application, ≤ 64 characters. With room and policy it is hashed into every signature. */
  readonly app: string;
  /** `ws://` or `wss://` URLs of signaling servers, at most 16; the next one is tried when one does not answer. */
  readonly signaling: string | URL | readonly (string | URL)[];
  /** An object of named fields, shown to others from the first moment. Default `{}`. */
  readonly presence?: Presence;
  /** Default: a fresh one for this room. */
  readonly identity?: Identity;
  /**
   * Who may write which key. Default: anyone, but `user/<peer id>/**` is its owner's. Every peer must pass the same:
   * app, room and policy make the network, and another policy is another room.
   */
  readonly policy?: readonly Rule[];
  /**
   * STUN and TURN servers. Default: what the signaling server hands out, which is nothing unless it was told to. A
   * function that rejects is a `warning` `ice-servers-failed`; links are then tried without servers.
   */
  readonly iceServers?: readonly IceServer[] | (() => Promise<readonly IceServer[]>);
  /** Records kept across restarts. Default: none. */
  readonly storage?: RecordStorage;
  /** Hard cap of links, 2 to 64. Default 12 in browsers, 16 in Node. */
  readonly maxLinks?: number;
  /** Any engine setting by its name; see docs/limits.md. */
  readonly limits?: ConfigOverrides;
  /**
   * Where this peer is, for example `eu-west`: 1 to 16 characters of a–z, 0–9 and `-`. Told to everybody in the room. Some
   * of the links then go to peers that say the same, which lie a shorter round trip away. Default: not said.
   */
  readonly region?: string;
  /** Passed to the signaling server's `authorize` hook; at most 4,096 characters. */
  readonly joinToken?: string;
  /** Aborting leaves the room, for everybody who was given it by `joinRoom`. */
  readonly signal?: AbortSignalLike;
}

/** App, room and servers as an invite names them; the rest as everybody says it. */
export interface InvitedConfig<Presence> extends Omit<RoomConfig<Presence>, 'app' | 'signaling'> {
  /** What `room.invite()` gave a member. It is asked for a link before whomever the server names. */
  readonly invite: string;
  /** Other servers than the invite names. */
  readonly signaling?: RoomConfig<Presence>['signaling'];
}

/** RTCIceServer without the DOM's types. */
export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  /** Used after `leave()`, so that a long-lived signal does not keep the room in memory. */
  removeEventListener?(type: 'abort', listener: () => void): void;
}

export interface Room<Presence = unknown, State = Record<string, unknown>, Events = Record<string, unknown>> {
  readonly id: string;
  readonly self: { readonly id: PeerId; readonly publicKey: Uint8Array };
  readonly status: RoomStatus;
  /**
   * Resolves when the first link is up and the first sync done, or when nobody else is here; with `storage`, not before
   * what it kept is back. Rejects with a HearsayError: `signaling-refused` at once, `signaling-unreachable` or `timeout`
   * after 20 s (the room goes on trying), `aborted`, `room-left`.
   */
  readonly ready: Promise<void>;
  readonly presence: RoomPresence<Presence>;
  readonly state: RoomState<State>;
  readonly events: RoomEvents<Events>;
  /** Neighbours now. */
  readonly links: readonly RoomLink[];
  /** Subscribes; returns the unsubscribe function. An `error` is what `ready` rejects with, or a failing storage. */
  on<Name extends keyof RoomSignals>(name: Name, handler: (detail: RoomSignals[Name]) => void): () => void;
  stats(): RoomStats;
  /**
   * How many are here, where, and what their presences say most. Counted as far as this peer lists the members, which is
   * all of them unless the room has more than `presence.maxAuthors` or some state no presence; for those estimated from a
   * sample of 64 that changes every 5 minutes, with a standard error of 13 % (1 / √62; Bar-Yossef et al. 2002, Beyer et
   * al. 2007). It goes through all members: ask once a second at most in a room of thousands.
   */
  estimates(): RoomEstimates<Presence>;
  /**
   * A word for links, chats and codes with which others join by `joinRoom({ invite })`: it names app, room, signaling
   * servers and this peer. No secret and no permission; a `joinToken` is not in it, and a policy is the app's to pass.
   */
  invite(): string;
  /**
   * Resolves when none of this peer's own writes waits for its turn: at once while they go out as they are made; later
   * when they come faster than others admit (see `guard.authorPerSecond`) or than the links take. Awaited after each
   * write it slows a loop down to what the room carries. Rejects with `room-left`.
   */
  drained(): Promise<void>;
  /**
   * Says goodbye, closes every link and waits for the storage. Never rejects; calling it again is harmless. What was
   * written just before still goes out, except what waits for its turn (see `guard.authorPerSecond`) or is signed by a
   * page that is going.
   */
  leave(): Promise<void>;
}

export interface RoomLink {
  readonly peer: PeerId;
  /** Smoothed round trip, ms; undefined until measured. */
  readonly rttMs: number | undefined;
  /** When the link came up, ms since 1970. */
  readonly since: number;
  readonly via: Via;
}

export interface RoomSignals {
  readonly status: RoomStatus;
  readonly error: HearsayError;
  /**
   * Something to look into, though the room goes on. `signaling-unreachable`: once an outage, at its first failed
   * attempt; `ice-servers-failed`; `config-ignored`: `joinRoom` was called again, with another config; `other-network`:
   * others are in this room under another policy; the rest come from the engine.
   */
  readonly warning: { readonly code: string; readonly peer?: PeerId; readonly message: string };
  readonly 'peer-join': { readonly peer: PeerId };
  readonly 'peer-leave': { readonly peer: PeerId; readonly reason: 'left' | 'failed' | 'expired' };
}

export interface Other<Presence> {
  readonly presence: Presence;
  /** When it joined by its own clock, ms since 1970. */
  readonly joinedAt: number;
  readonly status: 'alive' | 'suspect' | 'away';
}

export type PresenceChange = { readonly peer: PeerId; readonly type: 'join' | 'update' | 'leave' };

export interface RoomPresence<Presence> {
  /** A frozen copy; change it with `update`. */
  readonly self: Presence;
  /** The map changes as peers come and go; what is in it is frozen. */
  readonly others: ReadonlyMap<PeerId, Other<Presence>>;
  /**
   * Shallow merge. Coalesced: what others see is the newest, at most about 16 times a second.
   * @throws HearsayError `value-unsupported`, `value-too-large`, `room-left`; the presence stays as it was.
   */
  update(patch: Partial<Presence>): void;
  /** Called at once with those present (change undefined), then on every change. */
  subscribe(
    handler: (others: ReadonlyMap<PeerId, Other<Presence>>, change: PresenceChange | undefined) => void,
  ): () => void;
}

export interface StateChange<State, Key extends keyof State & string = keyof State & string> {
  readonly key: Key;
  /** Undefined: deleted. */
  readonly value: State[Key] | undefined;
  readonly author: PeerId;
  readonly local: boolean;
}

export interface RoomState<State> {
  /** Frozen, all but bytes and dates: write a changed copy with `set`. */
  get<Key extends keyof State & string>(key: Key): State[Key] | undefined;
  /** @throws HearsayError `key-invalid`, `value-unsupported`, `value-too-large`, `quota-exceeded`, `too-many-pending`, `forbidden-by-policy`, `room-left`. */
  set<Key extends keyof State & string>(key: Key, value: State[Key]): void;
  /** Deleting what is not there does nothing. @throws HearsayError as `set`. */
  delete(key: keyof State & string): void;
  entries(): IterableIterator<[keyof State & string, State[keyof State & string]]>;
  readonly size: number;
  /** Who wrote the present value. */
  author(key: keyof State & string): PeerId | undefined;
  /**
   * Called on every change from now on, local ones too, in the order they take effect here. What is there already is
   * not replayed: subscribe right after `joinRoom`, before anything can have arrived, or read `entries()` as well.
   */
  subscribe(handler: (change: StateChange<State>) => void): () => void;
}

export interface RoomEvents<Events> {
  /**
   * To everyone present, at most once, kept by nobody. No payload means null.
   * @throws HearsayError as `state.set`.
   */
  send<Name extends keyof Events & string>(
    name: Name,
    ...payload: null extends Events[Name] ? [payload?: Events[Name]] : [payload: Events[Name]]
  ): void;
  on<Name extends keyof Events & string>(
    name: Name,
    handler: (payload: Events[Name], meta: { readonly from: PeerId }) => void,
  ): () => void;
  /** Every event of every name: for logs, bridges and bots. */
  onAny(
    handler: (
      name: keyof Events & string,
      payload: Events[keyof Events & string],
      meta: { readonly from: PeerId },
    ) => void,
  ): () => void;
}

export interface RoomEstimates<Presence> {
  /** All peers in the room, this one included. */
  readonly size: Estimate;
  /** By `joinRoom({ region })`, the most first; `undefined`: not said. */
  readonly regions: readonly { readonly region: string | undefined; readonly count: Estimate }[];
  /** False before the first sync with another peer has ended: until then it is only what is known so far. */
  readonly synced: boolean;
  /**
   * The commonest values of a field of presence, the most first, equally common ones in an order that all peers agree on;
   * at most `most`, default 10. Who does not have the field, or states no presence, is left out. In a room of more than
   * `presence.maxAuthors` those that came first stand for the others.
   */
  top<Field extends keyof Presence & string>(
    field: Field,
    most?: number,
  ): readonly { readonly value: Presence[Field]; readonly count: Estimate }[];
}

/** Plain numbers. Totals since the start unless named `…PerSecond`, which cover the time since the last call. */
export interface RoomStats extends EngineStats {
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly messagesInPerSecond: number;
  readonly messagesOutPerSecond: number;
  readonly verifiesPerSecond: number;
}
