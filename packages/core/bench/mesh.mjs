/** A room in one process: engines, memory links of a few milliseconds, a server that names eight others, one clock. */
import { createEngine, createRng, seedFrom } from '../dist/index.js';
import { createIdentity } from './identity.mjs';

const WALL = 1_800_000_000_000;
const LINK_MS = 5;
const DIAL_MS = 100;
const SERVER_MS = 20;
const INTRODUCED = 8;
/** What the second byte of an `ihave` says: the number of its type. */
const ANNOUNCEMENT = 13;

/** `checks`: are signatures really verified, or taken for good? */
export function createMesh(size, { checks }) {
  const rng = createRng(seedFrom(1, size));
  const nodes = Array.from({ length: size }, (_, n) => createNode(n));
  const byId = new Map(nodes.map(node => [node.id, node]));
  const dials = new Map();
  const counts = { deliveries: 0, announcements: 0 };
  let mono = 0;
  let order = 0;
  const queue = [];

  return { nodes, counts, start, publish, run };

  function createNode(n) {
    const identity = createIdentity();
    const options = { self: identity.id, app: 'bench', room: 'mesh', seed: seedFrom(2, n) };
    return { id: identity.id, identity, engine: createEngine(options, { mono: 0, wall: WALL }), wakeAt: Infinity };
  }

  function start(node) {
    input(node, { type: 'start' });
    input(node, { type: 'publish', kind: 'presence', key: '', value: { name: node.id.slice(0, 8) } });
  }

  function publish(node, kind, key, value) {
    input(node, { type: 'publish', kind, key, value });
  }

  /** Until `untilMs` of the room's clock. */
  function run(untilMs) {
    for (let next = earliest(); next !== undefined && next.at <= untilMs; next = earliest()) {
      queue.shift();
      mono = next.at;
      if (next.act !== undefined) next.act();
      else if (next.node.wakeAt === next.at) input(next.node, { type: 'wake' });
    }
    mono = untilMs;
  }

  function earliest() {
    return queue[0];
  }

  /** Events are few at a time, and most come last. */
  function later(ms, what) {
    const event = { at: mono + ms, order: order++, ...what };
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (queue[middle].at <= event.at) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, event);
  }

  function input(node, what) {
    for (const effect of node.engine.handle(what, { mono, wall: WALL + mono })) obey(node, effect);
    const at = node.engine.nextWakeAt() ?? Infinity;
    if (at === node.wakeAt && what.type !== 'wake') return;
    node.wakeAt = Math.max(at, mono + (what.type === 'wake' ? 1 : 0));
    if (node.wakeAt < Infinity) later(node.wakeAt - mono, { node });
  }

  function obey(node, effect) {
    switch (effect.type) {
      case 'send':
        if (effect.bytes[1] === ANNOUNCEMENT) counts.announcements += 1;
        return later(LINK_MS, {
          act: () => input(byId.get(effect.to), { type: 'frame', from: node.id, bytes: effect.bytes }),
        });
      case 'sign':
        return later(0, {
          act: () => input(node, { type: 'signed', job: effect.job, signature: node.identity.sign(effect.bytes) }),
        });
      case 'verify':
        return later(0, { act: () => input(node, { type: 'verified', job: effect.job, ok: isGood(effect) }) });
      case 'dial':
        return dial(node, effect);
      case 'close-link':
        return later(LINK_MS, {
          act: () => input(byId.get(effect.peer), { type: 'link-down', peer: node.id, reason: 'remote-closed' }),
        });
      case 'rendezvous':
        if (!effect.open) return;
        return later(SERVER_MS, {
          act: () => input(node, { type: 'rendezvous-up', peers: others(node), entry: false }),
        });
      case 'introduce':
        return later(SERVER_MS, { act: () => input(node, { type: 'introduced', peers: others(node) }) });
      case 'server-signal':
        return later(SERVER_MS, {
          act: () => input(byId.get(effect.to), { type: 'server-signal', from: node.id, payload: effect.payload }),
        });
      case 'watch-link':
        return later(0, { act: () => input(node, { type: 'link-drained', peer: effect.peer, waiting: 0 }) });
      case 'deliver':
        if (effect.delivery.what === 'state' && !effect.delivery.local) counts.deliveries += 1;
    }
  }

  function isGood({ key, signature, bytes }) {
    return !checks || byId.get(key).identity.verify(signature, bytes);
  }

  /** A link is there when both sides want it in one session. */
  function dial(node, { peer, session }) {
    const name = [node.id, peer].sort().join() + session;
    const first = dials.get(name);
    if (first === undefined) return void dials.set(name, node);
    dials.delete(name);
    later(DIAL_MS, { act: () => input(first, { type: 'link-up', peer: node.id, outbound: true }) });
    later(DIAL_MS, { act: () => input(node, { type: 'link-up', peer: first.id, outbound: false }) });
  }

  function others(node) {
    return rng.sample(
      nodes.filter(other => other !== node).map(({ id }) => id),
      INTRODUCED,
    );
  }
}
