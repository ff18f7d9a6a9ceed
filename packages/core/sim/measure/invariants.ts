/**
 * What must hold in every run, checked while it runs. A broken rule is reported with its time and node; the
 * run goes on, so that what follows from it can be seen too.
 */
import {
  type Config,
  type Effect,
  type EngineStats,
  isSignalText,
  readRecord,
  type SignedRecord,
  utf8Length,
} from '@hearsay/core';
import { wireLimits } from '@hearsay/core/wire';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';

export interface Broken {
  readonly at: number;
  /** -1: the world as a whole. */
  readonly node: number;
  readonly rule: Rule;
  readonly detail: string;
}

export type Rule =
  | 'seq-rises'
  | 'unsigned-delivery'
  | 'duplicate-delivery'
  | 'older-delivery'
  | 'resurrected'
  | 'left-unsaid'
  | 'death-unaccused'
  | 'state-diverges'
  | 'apps-diverge'
  | 'queue-limit'
  | 'links-limit'
  | 'bytes-balance'
  | 'wake-loop'
  | 'engine-threw';

export interface Invariants {
  /** What the node is about to sign, when it can be read. */
  onSign(node: SimNode, effect: Extract<Effect, { type: 'sign' }>): SignedRecord | undefined;
  onStarted(node: SimNode): void;
  onLinkUp(node: SimNode): void;
  break(rule: Rule, node: SimNode | undefined, detail: string): void;
  /** Limits and sums, from time to time. `all`: of every node; else large rooms are looked through in turns. */
  inspect(all: boolean): void;
  /** A sentence for each running node that keeps another state than the first one. */
  stateDisagreements(): readonly string[];
  /** The first ones; more than a hundred say nothing new. */
  readonly broken: readonly Broken[];
}

const MAX_BROKEN = 100;
const NODES_AT_ONCE = 200;
/** Of nodes times nodes. */
const PAIRS_AT_ONCE = 200_000;
/** Before the body, the engine signs its domain: so many bytes. */
const SIGNED_PREFIX_BYTES = utf8Length('hearsay record 1\n');
const SIGNATURE_BYTES = 64;
const MAX_GOODBYE_BYTES = 1_024;

export function createInvariants(world: () => World, config: Config): Invariants {
  const broken: Broken[] = [];
  const lastSeq = new Map<number, number>();
  /** By node: the latest that its wall clock said when it signed, ms since the world began. */
  const lastSigned = new Map<number, number>();
  const limits = limitsOf(config);
  let turn = 0;

  const fail = (rule: Rule, node: SimNode | undefined, detail: string): void => {
    if (broken.length < MAX_BROKEN) broken.push({ at: world().now, node: node?.index ?? -1, rule, detail });
  };

  const inspectNode = (node: SimNode, stats: EngineStats): void => {
    for (const [name, limit] of limits) {
      if (stats[name] > limit) fail('queue-limit', node, `${name} is ${stats[name]}, above ${limit}`);
    }
    if (stats.bytesOut !== node.bytesOut) {
      fail('bytes-balance', node, `sent ${stats.bytesOut} bytes, and ${node.bytesOut} reached its links`);
    }
    if (stats.bytesIn !== node.bytesIn) {
      fail('bytes-balance', node, `was handed ${node.bytesIn} bytes, and counted ${stats.bytesIn}`);
    }
  };

  return {
    onSign(node, effect) {
      if (isSignalText(effect.bytes)) return undefined;
      const record = readSigned(node, effect.bytes);
      if (record === undefined) {
        fail('seq-rises', node, 'signs what is no record');
        return undefined;
      }
      const last = lastSeq.get(node.index) ?? -1;
      if (record.seq <= last) fail('seq-rises', node, `signs seq ${record.seq} after ${last}`);
      lastSeq.set(node.index, record.seq);
      lastSigned.set(node.index, Math.max(world().now + node.skewMs, lastSigned.get(node.index) ?? 0));
      return record;
    },

    onStarted(node) {
      // Its numbers come from the clock: with that set back and nothing kept, nobody could know how far it had counted.
      const isBehind = world().now + node.skewMs < (lastSigned.get(node.index) ?? 0);
      if (isBehind && node.storage.size === 0) lastSeq.delete(node.index);
    },

    onLinkUp(node) {
      const links = node.engine?.neighbours().length ?? 0;
      const limit = config['overlay.maxLinks'];
      if (links > limit) fail('links-limit', node, `${links} links, above ${limit}`);
    },

    break: fail,

    inspect(all) {
      const { traffic } = world().network;
      const { nodes } = world();
      // What an engine says of itself costs as much as the room is large, and so would asking all of them.
      const atOnce = Math.min(NODES_AT_ONCE, PAIRS_AT_ONCE / nodes.length);
      const step = all ? 1 : Math.max(1, Math.ceil(nodes.length / atOnce));
      turn = (turn + 1) % step;
      for (let i = turn; i < nodes.length; i += step) {
        const node = nodes[i]!;
        if (isUp(node)) inspectNode(node, node.engine.stats());
      }
      const inFlight = world().inFlight();
      const accounted = traffic.received + traffic.dropped + inFlight;
      if (traffic.sent !== accounted) {
        fail('bytes-balance', undefined, `${traffic.sent} bytes sent, and ${accounted} accounted for`);
      }
    },

    stateDisagreements() {
      const running = world().nodes.filter(isUp);
      const hashes = running.map(node => node.engine.stats().stateHash);
      return running.flatMap(({ index }, i) =>
        hashes[i] === hashes[0] ? [] : [`node ${index} keeps another state than node ${running[0]!.index}`],
      );
    },

    broken,
  };
}

type Counted =
  | 'links'
  | 'peers'
  | 'stateKeys'
  | 'indexed'
  | 'verifying'
  | 'unsigned'
  | 'banned'
  | 'queuedBytes'
  | 'fullestLinkBytes'
  | 'transferBytes';

function limitsOf(config: Config): readonly (readonly [Counted, number])[] {
  const maxAccusations = 1_024;
  return [
    ['links', config['overlay.maxLinks']],
    ['peers', config['presence.maxAuthors']],
    ['stateKeys', config['store.maxKeys']],
    [
      'indexed',
      config['store.maxKeys'] + config['store.maxTombstones'] + config['presence.maxAuthors'] + maxAccusations,
    ],
    ['verifying', config['intake.pending']],
    // Besides those that wait, a burst may be with the signer.
    ['unsigned', config['intake.unsigned'] + config['guard.authorBurst']],
    ['banned', config['guard.peers']],
    ['transferBytes', config['transfer.atOnce'] * wireLimits.recordBytes],
    ['queuedBytes', config['overlay.maxLinks'] * config['broadcast.queueBytes']],
    // A goodbye goes whatever waits.
    ['fullestLinkBytes', config['flow.linkBytes'] + MAX_GOODBYE_BYTES],
  ];
}

/** The record that a `sign` effect is about, with an empty signature. */
export function readSigned(node: SimNode, bytes: Uint8Array): SignedRecord | undefined {
  if (node.engine === undefined) return undefined;
  const whole = new Uint8Array(SIGNATURE_BYTES + bytes.length - SIGNED_PREFIX_BYTES);
  whole.set(bytes.subarray(SIGNED_PREFIX_BYTES), SIGNATURE_BYTES);
  const read = readRecord(whole, node.engine.networkId);
  return read.ok ? read.value : undefined;
}
