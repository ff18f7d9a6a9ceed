/**
 * What must hold in every run, checked while it runs. A broken rule is reported with its time and node; the
 * run goes on, so that what follows from it can be seen too.
 */
import { type Config, type Effect, type EngineStats, readRecord, type SignedRecord, utf8Length } from '@hearsay/core';
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
  | 'state-diverges'
  | 'queue-limit'
  | 'links-limit'
  | 'bytes-balance'
  | 'wake-loop'
  | 'engine-threw';

export interface Invariants {
  /** What the node is about to sign, when it can be read. */
  onSign(node: SimNode, effect: Extract<Effect, { type: 'sign' }>): SignedRecord | undefined;
  onLinkUp(node: SimNode): void;
  break(rule: Rule, node: SimNode | undefined, detail: string): void;
  /** Limits and sums, from time to time. */
  inspect(): void;
  /** Once nothing has happened for long enough: all states are the same. */
  inspectQuiet(): void;
  /** The first ones; more than a hundred say nothing new. */
  readonly broken: readonly Broken[];
}

const MAX_BROKEN = 100;
/** Before the body, the engine signs its domain: so many bytes. */
const SIGNED_PREFIX_BYTES = utf8Length('hearsay record 1\n');
const SIGNATURE_BYTES = 64;

export function createInvariants(world: () => World, config: Config): Invariants {
  const broken: Broken[] = [];
  const lastSeq = new Map<number, number>();
  const limits = limitsOf(config);

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
      const record = readSigned(node, effect.bytes);
      if (record === undefined) {
        fail('seq-rises', node, 'signs what is no record');
        return undefined;
      }
      const last = lastSeq.get(node.index) ?? -1;
      if (record.seq <= last) fail('seq-rises', node, `signs seq ${record.seq} after ${last}`);
      lastSeq.set(node.index, record.seq);
      return record;
    },

    onLinkUp(node) {
      const links = node.engine?.neighbours().length ?? 0;
      const limit = config['overlay.maxLinks'];
      if (links > limit) fail('links-limit', node, `${links} links, above ${limit}`);
    },

    break: fail,

    inspect() {
      const { traffic } = world().network;
      for (const node of world().nodes) if (isUp(node)) inspectNode(node, node.engine.stats());
      const inFlight = world().inFlight();
      const accounted = traffic.received + traffic.dropped + inFlight;
      if (traffic.sent !== accounted) {
        fail('bytes-balance', undefined, `${traffic.sent} bytes sent, and ${accounted} accounted for`);
      }
    },

    inspectQuiet() {
      const hashes = new Map<string, SimNode>();
      for (const node of world().nodes) {
        if (!isUp(node)) continue;
        const { stateHash } = node.engine.stats();
        if (hashes.has(stateHash)) continue;
        hashes.set(stateHash, node);
        if (hashes.size > 1) fail('state-diverges', node, `state ${stateHash} differs from that of other nodes`);
      }
    },

    broken,
  };
}

type Counted = 'links' | 'peers' | 'stateKeys' | 'indexed' | 'verifying' | 'unsigned' | 'banned';

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
  ];
}

/** The record that a `sign` effect is about, with an empty signature. */
function readSigned(node: SimNode, bytes: Uint8Array): SignedRecord | undefined {
  if (node.engine === undefined) return undefined;
  const whole = new Uint8Array(SIGNATURE_BYTES + bytes.length - SIGNED_PREFIX_BYTES);
  whole.set(bytes.subarray(SIGNED_PREFIX_BYTES), SIGNATURE_BYTES);
  const read = readRecord(whole, node.engine.networkId);
  return read.ok ? read.value : undefined;
}
