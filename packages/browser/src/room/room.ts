/**
 * A room: one engine, its host and its ports, and the app's view of them. This is where all that a peer consists
 * of is wired together, for a tab and for Node alike.
 */
import { createEngine, type Engine, type ErrorCode, HearsayError, toHex, type Wire } from '@hearsay/core';
import { createCrypto, createSealer, freshIdentity, type Identity, type Sealer } from '@hearsay/core/crypto';
import { createHost, type Delivery, type Host, type LinkInput, type RendezvousInput } from '@hearsay/core/host';
import { createSignalingClient } from '../signaling-client/index.ts';
import { createWebRtcLinks, sealSignals } from '../webrtc/index.ts';
import type { Room, RoomConfig, RoomLink, RoomSignals } from './api.ts';
import { createDrain } from './drain.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { toEstimates } from './estimates.ts';
import { createEventBus } from './events.ts';
import { createIceSource } from './ice-servers.ts';
import { welcome, writeInvite } from './invite.ts';
import type { Platform, RtcStack } from './platform.ts';
import { checkPresence, createPresenceMirror } from './presence.ts';
import { createReadiness } from './readiness.ts';
import { createStateMirror, type Writer } from './state.ts';
import { createStatsReader } from './stats.ts';
import { createRoomStorage } from './storage.ts';
import { checkTerms, type Terms } from './terms.ts';
import { OTHER_NETWORK, unreachableMessage } from './warnings.ts';
import { createWatch } from './watch.ts';

/** What was written just before leaving is still being signed; nobody waits longer for it than this. */
const LAST_WORDS_MS = 500;

/** What is left of a config when its terms are checked. */
export type Options<P> = Omit<RoomConfig<P>, 'app' | 'signaling'>;

type Signals = { readonly [Name in keyof RoomSignals]: Emitter<[RoomSignals[Name]]> };

type Warn = (code: string, message: string) => void;

export interface OpenRoom<P, S, E> {
  readonly room: Room<P, S, E>;
  readonly warn: Warn;
}

/** @throws HearsayError `bad-config`, `bad-room`, `bad-identity`, `no-webrtc`, `no-crypto`, or what the initial presence is refused for. */
export function createRoom<P, S, E>(platform: Platform, config: RoomConfig<P>, roomId: string): Room<P, S, E> {
  return openRoom<P, S, E>(platform, config, checkTerms(config, roomId)).room;
}

/** The same, of terms that are checked. */
export function openRoom<P, S, E>(platform: Platform, config: Options<P>, terms: Terms): OpenRoom<P, S, E> {
  const presence = checkPresence(config.presence === undefined ? {} : config.presence);
  const identity = config.identity ?? freshIdentity(platform.subtle, platform.randomBytes);
  const sealer = createSealer({ self: identity.id, randomBytes: platform.randomBytes });
  const engine = openEngine(platform, config, terms, identity, sealer.publicKey);
  const rtc = platform.openRtc();
  if (rtc === undefined) throw new HearsayError('no-webrtc', 'This platform has no WebRTC, so no link can be made.');

  const signals = createSignals();
  const warn: Warn = (code, message) => signals.warning.emit({ code, message });
  const readiness = createReadiness(platform.clock, error => signals.error.emit(error));
  const drain = createDrain();
  const news: (() => void)[] = [];
  let telling = false;
  let left: Promise<void> | undefined;

  const writer: Writer = {
    refusal: (kind, key, bytes) => (left ? 'room-left' : engine.refusal(kind, key, bytes)),
    publish: (kind, key, value) => host.push({ type: 'publish', kind, key, value }),
  };
  const publishPresence = (value: Wire): void => host.push({ type: 'publish', kind: 'presence', key: '', value });
  const others = createPresenceMirror<P>(presence.wire, platform.clock, publishPresence, ({ peer, reason }) => {
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
        return () => void restored.then(readiness.onReady);
      case 'backlog':
        drain.onBacklog(delivery.waiting);
        return () => undefined;
      case 'warning':
        return () => signals.warning.emit(delivery);
    }
  };

  const onUnreachable = (message: string): void => {
    readiness.onUnreachable(message);
    warn('signaling-unreachable', message);
  };
  const ports = openPorts({ platform, config, terms, identity, sealer, engine, rtc, warn, onUnreachable }, input => {
    if (input.type === 'link-up') readiness.onLinkUp();
    if (input.type === 'rendezvous-up') readiness.onServerUp();
    if (input.type === 'rendezvous-down') readiness.onServerDown(input.reason);
    const isNew = input.type === 'rendezvous-up' && engine.neighbours().length === 0;
    if (isNew && terms.contact !== undefined) welcome(input, terms.contact).forEach(host.push);
    else host.push(input);
  });
  const kept = createRoomStorage(config.storage, ports.crypto, platform.clock);
  const signing = createWatch<Uint8Array>(platform.clock);
  const host = createHost({
    engine,
    clock: platform.clock,
    crypto: { sign: bytes => signing.watch((async () => kept.crypto.sign(bytes))()), verify: kept.crypto.verify },
    links: ports.links,
    rendezvous: ports.rendezvous,
    storage: kept.storage,
    onDelivery: delivery => void news.push(apply(delivery)),
    onSettled: tell,
    onTrouble: (code, cause) => signals.error.emit(asError(code, cause)),
  });

  let parted = false;
  const part = (): void => {
    if (parted) return;
    parted = true;
    stopWatching();
    host.push({ type: 'leave' });
  };
  const goodbye = async (): Promise<void> => {
    others.stop();
    drain.stop();
    config.signal?.removeEventListener?.('abort', onAbort);
    readiness.fail('room-left', 'The room was left before it was ready.');
    if (signing.busy) {
      await signing.settledWithin(LAST_WORDS_MS);
      // A signature that is made has yet to pass through the engine, a few microtasks later, to be sent.
      await new Promise<void>(resolve => void platform.clock.timer(0, resolve));
    }
    part();
    await ports.links.shutdown();
    host.stop();
    await kept.flushed();
    await rtc.release();
  };
  const leave = (): Promise<void> => {
    if (left === undefined) {
      let done: () => void = () => undefined;
      // Set before the goodbye, whose handlers may write or leave again.
      left = new Promise<void>(resolve => {
        done = resolve;
      });
      void goodbye()
        .catch(() => undefined)
        .then(done);
    }
    return left;
  };
  const onAbort = (): void => {
    readiness.fail('aborted', 'The signal passed to joinRoom was aborted.');
    void leave();
  };
  const onGoing = (): void => {
    void leave();
    // A page that goes cannot wait for signatures.
    part();
  };

  host.push({ type: 'start' });
  const stopWatching = watchPage(platform, host, onGoing);
  publishPresence(presence.wire);
  const restored = kept.restore(host.push).catch(error => signals.error.emit(asError('storage-failed', error)));
  if (config.signal?.aborted) onAbort();
  else config.signal?.addEventListener('abort', onAbort);

  const readStats = createStatsReader(platform.clock, () => engine.stats());
  const room: Room<P, S, E> = {
    id: terms.room,
    self: { id: identity.id, publicKey: identity.publicKey },
    get status() {
      return left === undefined ? engine.status() : 'left';
    },
    ready: readiness.promise,
    presence: others,
    state,
    events,
    get links() {
      return readLinks(engine, platform);
    },
    on(name, handler) {
      if (!Object.hasOwn(signals, name)) {
        throw new HearsayError(
          'bad-config',
          `room.on() knows ${Object.keys(signals).join(', ')}, not ${String(name)}.`,
        );
      }
      return signals[name].subscribe(handler);
    },
    stats: readStats,
    estimates: () => toEstimates(engine.estimates()),
    invite: () => writeInvite({ app: terms.app, room: terms.room, signaling: terms.urls, member: identity.id }),
    drained: drain.drained,
    leave,
  };
  return { room, warn };
}

/** Returns how to stop. */
function watchPage(platform: Platform, host: Host, onGoing: () => void): () => void {
  const stops = [platform.onGoing(onGoing), platform.onActivity(state => host.push({ type: 'activity', state }))];
  return () => {
    for (const stop of stops) stop();
  };
}

function openEngine(
  platform: Platform,
  config: Options<unknown>,
  { app, room }: Terms,
  identity: Identity,
  sealKey: Uint8Array,
): Engine {
  const maxLinks = config.maxLinks ?? config.limits?.['overlay.maxLinks'] ?? platform.maxLinks;
  const words = new Uint32Array(platform.randomBytes(16).slice().buffer);
  return createEngine(
    {
      self: identity.id,
      app,
      room,
      policy: config.policy,
      region: config.region,
      sealKey,
      config: { ...config.limits, 'overlay.maxLinks': maxLinks },
      seed: [words[0]!, words[1]!, words[2]!, words[3]!],
    },
    platform.clock.now(),
  );
}

interface PortSetting {
  readonly platform: Platform;
  readonly config: Options<unknown>;
  readonly terms: Terms;
  readonly identity: Identity;
  readonly sealer: Sealer;
  readonly engine: Engine;
  readonly rtc: RtcStack;
  readonly warn: Warn;
  readonly onUnreachable: (message: string) => void;
}

function openPorts(setting: PortSetting, sink: (input: LinkInput | RendezvousInput) => void) {
  const { platform, config, terms, identity, engine, rtc } = setting;
  const crypto = createCrypto({ subtle: platform.subtle, identity });
  const ice = createIceSource(config.iceServers, message => setting.warn('ice-servers-failed', message));
  const { clock } = platform;
  let elsewhere = false;
  const hasLinks = (): boolean => engine.neighbours().length > 0;
  const rtcOptions = {
    self: identity,
    verify: crypto.verify,
    networkId: engine.networkId,
    clock,
    iceServers: ice.servers,
    wrtc: rtc.wrtc,
  };
  const links = sealSignals(
    setting.sealer,
    say => createWebRtcLinks(rtcOptions, say),
    input => {
      sink(input);
      if (input.type === 'link-down' && !hasLinks()) rendezvous.hasten();
    },
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
      isCalm: hasLinks,
      onIceServers: ice.handOut,
      onElsewhere: () => {
        if (!elsewhere) setting.warn('other-network', OTHER_NETWORK);
        elsewhere = true;
      },
      onUnreachable: failure => setting.onUnreachable(unreachableMessage(failure)),
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

function readLinks(engine: Engine, platform: Platform): readonly RoomLink[] {
  const { mono, wall } = platform.clock.now();
  return engine.neighbours().map(({ peer, rttMs, since, via }) => ({ peer, rttMs, since: wall - (mono - since), via }));
}

/** What a port rejected with: its own error where it has one, so that its message stays a sentence. */
function asError(code: ErrorCode, cause: unknown): HearsayError {
  if (cause instanceof HearsayError) return cause;
  return new HearsayError(code, cause instanceof Error ? cause.message : String(cause));
}
