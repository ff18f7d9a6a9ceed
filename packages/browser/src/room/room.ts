/**
 * A room: one engine, its host and its ports, and the app's view of them. This is where all that a peer consists
 * of is wired together, for a tab and for Node alike.
 */
import { createEngine, type Engine, HearsayError, toHex, type Wire } from '@hearsay/core';
import { createCrypto, freshIdentity, type Identity } from '@hearsay/core/crypto';
import {
  createHost,
  type Delivery,
  type Host,
  type Input,
  type LinkInput,
  type RendezvousInput,
} from '@hearsay/core/host';
import { createSignalingClient } from '../signaling-client/index.ts';
import { createWebRtcLinks } from '../webrtc/index.ts';
import type { IceServer, Room, RoomConfig, RoomLink, RoomSignals } from './api.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { createEventBus } from './events.ts';
import type { Platform, RtcStack } from './platform.ts';
import { createPresenceMirror } from './presence.ts';
import { createReadiness } from './readiness.ts';
import { createStateMirror, type Writer } from './state.ts';
import { createStatsReader } from './stats.ts';
import { checkTerms } from './terms.ts';
import { checkValue } from './values.ts';

/** Storage is handed to the engine in portions, so that a large room does not block the page. */
const RESTORE_PORTION = 256;

type Signals = { readonly [Name in keyof RoomSignals]: Emitter<[RoomSignals[Name]]> };

/** @throws HearsayError `bad-config`, `bad-room`, `no-webrtc`, `no-crypto`, or what the initial presence is refused for. */
export function createRoom<P, S, E>(platform: Platform, config: RoomConfig<P>, roomId: string): Room<P, S, E> {
  const terms = checkTerms(config, roomId);
  const initial = config.presence ?? ({} as P);
  const presence = checkValue(initial, 'The presence');
  const identity = config.identity ?? freshIdentity(platform.subtle, platform.randomBytes);
  const engine = openEngine(platform, config, terms.app, terms.room, identity);
  const rtc = platform.openRtc();
  if (rtc === undefined) throw new HearsayError('no-webrtc', 'This platform has no WebRTC, so no link can be made.');

  const signals = createSignals();
  const readiness = createReadiness(platform.clock);
  const news: (() => void)[] = [];
  let telling = false;
  let left: Promise<void> | undefined;

  const writer: Writer = {
    refusal: (kind, key, bytes) => (left ? 'room-left' : engine.refusal(kind, key, bytes)),
    publish: (kind, key, value) => host.push({ type: 'publish', kind, key, value }),
  };
  const publishPresence = (value: Wire): void => host.push({ type: 'publish', kind: 'presence', key: '', value });
  const others = createPresenceMirror(initial, platform.clock, publishPresence, ({ peer, reason }) => {
    if (reason === undefined) signals['peer-join'].emit({ peer });
    else signals['peer-leave'].emit({ peer, reason });
  });
  const state = createStateMirror<S>(writer);
  const events = createEventBus<E>(writer);

  /** Mirrors change while the engine speaks; the app is told when it has finished, and may write in its handlers. */
  const tell = (): void => {
    if (telling) return;
    telling = true;
    for (let next = news.shift(); next !== undefined; next = news.shift()) next();
    telling = false;
  };

  const apply = (delivery: Delivery): (() => void) => {
    switch (delivery.what) {
      case 'state':
        return state.apply(delivery);
      case 'presence':
      case 'presence-gone':
        return others.apply(delivery);
      case 'event':
        return events.apply(delivery);
      case 'status':
        return () => signals.status.emit(delivery.status);
      case 'ready':
        return () => readiness.onReady();
      case 'warning':
        return () => signals.warning.emit(delivery);
    }
  };

  const ports = openPorts({ platform, config, terms, identity, engine, rtc }, input => {
    if (input.type === 'rendezvous-up') readiness.onServerUp();
    if (input.type === 'rendezvous-down') {
      const error = readiness.onServerDown(input.reason);
      if (error !== undefined) signals.error.emit(error);
    }
    host.push(input);
  });
  const host = createHost({
    engine,
    clock: platform.clock,
    crypto: ports.crypto,
    links: ports.links,
    rendezvous: ports.rendezvous,
    storage: config.storage,
    onDelivery: delivery => void news.push(apply(delivery)),
    onSettled: tell,
    onTrouble: (code, cause) => signals.error.emit(new HearsayError(code, String(cause))),
  });

  const leave = (): Promise<void> => {
    left ??= (async () => {
      others.stop();
      stopListening();
      readiness.fail('room-left', 'The room was left before it was ready.');
      host.push({ type: 'leave' });
      await ports.links.shutdown();
      host.stop();
      await rtc.release();
    })();
    return left;
  };
  const stopListening = platform.onGoing(() => void leave());

  host.push({ type: 'start' });
  publishPresence(presence.wire);
  restore(config, host, error => signals.error.emit(error));
  watchAbort(config, readiness.fail, leave);

  const readStats = createStatsReader(platform.clock, () => engine.stats());
  return {
    id: roomId,
    self: { id: identity.id, publicKey: identity.publicKey },
    get status() {
      return engine.status();
    },
    ready: readiness.promise,
    presence: others,
    state,
    events,
    get links() {
      return readLinks(engine, platform);
    },
    on: (name, handler) => signals[name].subscribe(handler),
    stats: readStats,
    leave,
  };
}

function openEngine(
  platform: Platform,
  config: RoomConfig<unknown>,
  app: string,
  room: string,
  identity: Identity,
): Engine {
  const maxLinks = config.maxLinks ?? config.limits?.['overlay.maxLinks'] ?? platform.maxLinks;
  const words = new Uint32Array(platform.randomBytes(16).slice().buffer);
  return createEngine(
    {
      self: identity.id,
      app,
      room,
      policy: config.policy,
      config: { ...config.limits, 'overlay.maxLinks': maxLinks },
      seed: [words[0]!, words[1]!, words[2]!, words[3]!],
    },
    platform.clock.now(),
  );
}

interface PortSetting {
  readonly platform: Platform;
  readonly config: RoomConfig<unknown>;
  readonly terms: { readonly app: string; readonly room: string; readonly urls: readonly string[] };
  readonly identity: Identity;
  readonly engine: Engine;
  readonly rtc: RtcStack;
}

function openPorts(setting: PortSetting, sink: (input: LinkInput | RendezvousInput) => void) {
  const { platform, config, terms, identity, engine, rtc } = setting;
  const crypto = createCrypto({ subtle: platform.subtle, identity });
  let handedOut: readonly IceServer[] = [];
  const iceServers = async (): Promise<RTCIceServer[]> => {
    const own = typeof config.iceServers === 'function' ? await config.iceServers() : config.iceServers;
    return (own ?? handedOut).map(server => ({ ...server, urls: [server.urls].flat() as string[] }));
  };
  const { clock } = platform;
  const links = createWebRtcLinks(
    {
      self: identity,
      verify: crypto.verify,
      networkId: engine.networkId,
      clock,
      iceServers,
      wrtc: rtc.wrtc,
      via: () => 'server',
    },
    sink,
  );
  const rendezvous = createSignalingClient(
    {
      urls: terms.urls,
      app: terms.app,
      room: terms.room,
      network: toHex(engine.networkId),
      identity,
      token: config.joinToken,
      WebSocket: platform.WebSocket,
      clock,
      random: () => platform.randomBytes(1)[0]! / 256,
      onIceServers: servers => {
        handedOut = servers;
      },
    },
    sink,
  );
  return { crypto, links, rendezvous };
}

function createSignals(): Signals {
  return {
    status: createEmitter(),
    error: createEmitter(),
    warning: createEmitter(),
    'peer-join': createEmitter(),
    'peer-leave': createEmitter(),
  };
}

function restore(config: RoomConfig<unknown>, host: Host, onError: (error: HearsayError) => void): void {
  config.storage?.load().then(
    records => {
      for (let from = 0; from < records.length; from += RESTORE_PORTION) {
        host.push({ type: 'restore', records: records.slice(from, from + RESTORE_PORTION) } satisfies Input);
      }
    },
    error => onError(new HearsayError('storage-failed', String(error))),
  );
}

function watchAbort(
  config: RoomConfig<unknown>,
  fail: (code: 'aborted', message: string) => void,
  leave: () => Promise<void>,
): void {
  const onAbort = (): void => {
    fail('aborted', 'The signal passed to joinRoom was aborted.');
    void leave();
  };
  if (config.signal?.aborted) onAbort();
  else config.signal?.addEventListener('abort', onAbort);
}

function readLinks(engine: Engine, platform: Platform): readonly RoomLink[] {
  const { mono, wall } = platform.clock.now();
  return engine.neighbours().map(({ peer, rttMs, since, via }) => ({ peer, rttMs, since: wall - (mono - since), via }));
}
