import type { ConfigOverrides } from '../../src/config.ts';
import type { Effect } from '../../src/effect.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import type { Delivery, Input, PublishKind } from '../../src/input.ts';
import { createRng, type Rng, seedFrom } from '../../src/lib/rng.ts';
import type { PeerId, RecordId, Wire } from '../../src/types.ts';
import { at, peer } from './peers.ts';
import { APP, fakeSign, fakeVerify, ROOM } from './records.ts';

const LINK_MS = 20;
const DIAL_MS = 80;
const SERVER_MS = 10;
const CRYPTO_MS = 1;
const INTRODUCED = 8;
const WAKES_AT_ONCE = 50;

/** A handful of engines, links that lose nothing, one signaling server, and one clock. */
export interface World {
  readonly ids: readonly PeerId[];
  readonly mono: number;
  engine(id: PeerId): Engine;
  add(id: PeerId): void;
  /** A new process with the key and the records of the old one, which was killed. */
  restart(id: PeerId): void;
  /** The process is gone; nobody is told, and its links just fall silent. */
  kill(id: PeerId): void;
  publish(id: PeerId, kind: PublishKind, key: string, value: Wire): void;
  input(id: PeerId, input: Input): void;
  run(ms: number): void;
  /** Runs until `done`, at most `ms`; how long it took, or `undefined`. */
  runUntil(done: () => boolean, ms: number): number | undefined;
  deliveries(id: PeerId): readonly Delivery[];
  serverUp(up: boolean): void;
  /** Frames and signals between the two sides are lost. `undefined`: heal. */
  partition(side: ((id: PeerId) => boolean) | undefined): void;
  linkCount(id: PeerId): number;
  /** The largest number of neighbours any engine ever had. */
  readonly mostLinks: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly to: PeerId;
  readonly from: PeerId | undefined;
  readonly input: Input;
}

export function createWorld(size: number, config: ConfigOverrides = {}, seed = 1): World {
  return new InMemoryWorld(size, config, seed);
}

class InMemoryWorld implements World {
  mono = 0;
  mostLinks = 0;
  readonly ids: PeerId[] = [];
  readonly #config: ConfigOverrides;
  readonly #seed: number;
  readonly #rng: Rng;
  readonly #engines = new Map<PeerId, Engine>();
  readonly #kept = new Map<PeerId, Map<RecordId, Uint8Array>>();
  readonly #said = new Map<PeerId, Delivery[]>();
  readonly #registered = new Set<PeerId>();
  readonly #wanting = new Set<PeerId>();
  readonly #dials = new Map<string, PeerId>();
  readonly #links = new Set<string>();
  #events: Event[] = [];
  #order = 0;
  #instant = 0;
  #serverUp = true;
  #side: ((id: PeerId) => boolean) | undefined;

  constructor(size: number, config: ConfigOverrides, seed: number) {
    this.#config = config;
    this.#seed = seed;
    this.#rng = createRng(seedFrom(seed, 999));
    for (let n = 1; n <= size; n++) this.add(peer(n));
  }

  add(id: PeerId): void {
    const seed = seedFrom(this.#seed, this.ids.length);
    this.ids.push(id);
    const options = { self: id, app: APP, room: ROOM, config: this.#config, seed };
    this.#engines.set(id, createEngine(options, at(this.mono)));
    this.#later(0, id, { type: 'start' });
    this.#later(1, id, { type: 'publish', kind: 'presence', key: '', value: { n: this.ids.length } });
  }

  restart(id: PeerId): void {
    this.add(id);
    this.#later(0, id, { type: 'restore', records: [...(this.#kept.get(id)?.values() ?? [])] });
  }

  engine(id: PeerId): Engine {
    return this.#engines.get(id)!;
  }

  kill(id: PeerId): void {
    this.#engines.delete(id);
    this.#registered.delete(id);
    this.#wanting.delete(id);
    this.ids.splice(this.ids.indexOf(id), 1);
  }

  publish(id: PeerId, kind: PublishKind, key: string, value: Wire): void {
    this.input(id, { type: 'publish', kind, key, value });
  }

  input(id: PeerId, input: Input): void {
    this.#later(0, id, input);
  }

  run(ms: number): void {
    const until = this.mono + ms;
    while (this.#step(until)) {}
    this.mono = until;
  }

  runUntil(done: () => boolean, ms: number): number | undefined {
    const from = this.mono;
    while (this.mono < from + ms) {
      if (done()) return this.mono - from;
      this.run(50);
    }
    return done() ? this.mono - from : undefined;
  }

  deliveries(id: PeerId): readonly Delivery[] {
    return this.#said.get(id) ?? [];
  }

  serverUp(up: boolean): void {
    this.#serverUp = up;
    if (!up) for (const id of this.#registered) this.#later(0, id, { type: 'rendezvous-down', reason: 'killed' });
    this.#registered.clear();
    if (up) for (const id of this.#wanting) this.#register(id);
  }

  partition(side: ((id: PeerId) => boolean) | undefined): void {
    this.#side = side;
  }

  linkCount(id: PeerId): number {
    return this.engine(id).neighbours().length;
  }

  #later(ms: number, to: PeerId, input: Input, from?: PeerId): void {
    this.#events.push({ at: this.mono + ms, order: this.#order++, to, from, input });
  }

  #step(until: number): boolean {
    let next: Event | undefined;
    for (const event of this.#events) {
      if (next === undefined || event.at < next.at || (event.at === next.at && event.order < next.order)) next = event;
    }
    let waking: PeerId | undefined;
    let wakeAt = next?.at ?? Number.POSITIVE_INFINITY;
    for (const [id, engine] of this.#engines) {
      const due = engine.nextWakeAt() ?? Number.POSITIVE_INFINITY;
      if (due >= wakeAt) continue;
      wakeAt = due;
      waking = id;
    }
    if (wakeAt > until || (waking === undefined && next === undefined)) return false;
    this.#tick(wakeAt);
    if (waking !== undefined) this.#handle(waking, { type: 'wake' });
    else if (next !== undefined) this.#arrive(next);
    return true;
  }

  #tick(to: number): void {
    this.#instant = to > this.mono ? 0 : this.#instant + 1;
    if (this.#instant > WAKES_AT_ONCE * this.#engines.size + 10_000) throw new Error(`time stands at ${this.mono} ms`);
    this.mono = Math.max(this.mono, to);
  }

  #arrive(event: Event): void {
    this.#events.splice(this.#events.indexOf(event), 1);
    const { from, to, input } = event;
    if (from !== undefined && this.#side !== undefined && this.#side(from) !== this.#side(to)) return;
    if (input.type === 'frame' && !this.#links.has(pair(input.from, to))) return;
    if (input.type === 'link-up') this.#links.add(pair(to, input.peer));
    this.#handle(to, input);
  }

  #handle(id: PeerId, input: Input): void {
    const engine = this.#engines.get(id);
    if (engine === undefined) return;
    for (const effect of engine.handle(input, at(this.mono))) this.#obey(id, effect);
    this.mostLinks = Math.max(this.mostLinks, engine.neighbours().length);
  }

  #obey(id: PeerId, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.#later(LINK_MS, effect.to, { type: 'frame', from: id, bytes: effect.bytes }, id);
      case 'watch-link':
        return this.#later(0, id, { type: 'link-drained', peer: effect.peer, waiting: 0 });
      case 'close-link':
        // In order behind the frames: a goodbye that was sent arrives before the end.
        if (this.#links.has(pair(id, effect.peer))) {
          this.#later(LINK_MS, effect.peer, { type: 'link-down', peer: id, reason: effect.reason }, id);
        }
        this.#dials.delete(pair(id, effect.peer));
        return;
      case 'dial':
        return this.#dial(id, effect.peer, effect.session, effect.initiator);
      case 'rendezvous':
        return this.#rendezvous(id, effect.open);
      case 'introduce':
        return this.#later(SERVER_MS, id, { type: 'introduced', peers: this.#sample(id) });
      case 'server-signal':
        if (!this.#registered.has(effect.to)) {
          return this.#later(SERVER_MS, id, { type: 'server-unreachable', peer: effect.to });
        }
        return this.#later(SERVER_MS, effect.to, { type: 'server-signal', from: id, payload: effect.payload }, id);
      case 'sign':
        return this.#later(CRYPTO_MS, id, {
          type: 'signed',
          job: effect.job,
          signature: fakeSign(id, effect.bytes),
        });
      case 'verify':
        return this.#later(CRYPTO_MS, id, {
          type: 'verified',
          job: effect.job,
          ok: fakeVerify(effect.key, effect.signature, effect.bytes),
        });
      case 'keep':
        this.#kept.set(id, (this.#kept.get(id) ?? new Map()).set(effect.id, effect.bytes));
        return;
      case 'forget':
        this.#kept.get(id)?.delete(effect.id);
        return;
      case 'deliver':
        this.#said.set(id, [...(this.#said.get(id) ?? []), effect.delivery]);
        return;
      default:
    }
  }

  #dial(id: PeerId, other: PeerId, session: number, initiator: boolean): void {
    const key = pair(id, other);
    if (this.#dials.get(key) !== other) {
      this.#dials.set(key, id);
      return;
    }
    this.#dials.delete(key);
    const cut = this.#side !== undefined && this.#side(id) !== this.#side(other);
    if (cut || !this.#engines.has(other)) {
      return this.#later(DIAL_MS, id, { type: 'dial-failed', peer: other, session, reason: 'no way' });
    }
    this.#later(DIAL_MS, id, { type: 'link-up', peer: other, outbound: initiator });
    this.#later(DIAL_MS, other, { type: 'link-up', peer: id, outbound: !initiator });
  }

  #rendezvous(id: PeerId, open: boolean): void {
    if (open) this.#wanting.add(id);
    else this.#wanting.delete(id);
    if (open && this.#serverUp) this.#register(id);
    if (!open && this.#registered.delete(id)) this.#later(0, id, { type: 'rendezvous-down', reason: 'closed' });
  }

  #register(id: PeerId): void {
    const peers = this.#sample(id);
    this.#registered.add(id);
    this.#later(SERVER_MS, id, { type: 'rendezvous-up', peers, entry: this.#registered.size <= 3 });
  }

  #sample(id: PeerId): readonly PeerId[] {
    return this.#rng.sample(
      [...this.#registered].filter(other => other !== id),
      INTRODUCED,
    );
  }
}

function pair(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
