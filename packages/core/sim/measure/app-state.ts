/**
 * The shared state as each app was told it, against what was signed: no value without a signature, none older
 * than what was told before, and in a quiet room the same everywhere.
 */
import type { Delivery, PeerId, SignedRecord, Wire } from '@hearsay/core';
import { isUp, type SimNode } from '../world/node.ts';
import type { Rule } from './invariants.ts';

export interface AppState {
  onSigned(record: SignedRecord): void;
  /** What is wrong with this delivery, if anything. */
  onDelivery(node: SimNode, delivery: Delivery): Rule | undefined;
  onStopped(node: SimNode): void;
  /** A sentence for each running node whose app holds another state than the first one's. */
  disagreements(nodes: readonly SimNode[]): readonly string[];
  /** How many keys some running node's app shows although the newest that was signed of them is a deletion. */
  resurrected(nodes: readonly SimNode[]): number;
}

interface Told {
  readonly hlc: number;
  readonly author: PeerId;
  readonly deleted: boolean;
}

export function createAppState(): AppState {
  /** By node number: what its app was told last of each key. */
  const apps: (Map<string, Told> | undefined)[] = [];
  /** By author: what was signed, by the hybrid time that it was signed with. */
  const signed = new Map<PeerId, Map<number, string>>();

  /** By key: the newest that anybody signed. */
  const newest = new Map<string, Told>();

  const isSigned = (author: PeerId, hlc: number, said: string): boolean => signed.get(author)?.get(hlc) === said;

  return {
    onSigned({ author, hlc, kind, key, value }) {
      if (kind !== 'state' && kind !== 'state-delete') return;
      const ofAuthor = signed.get(author) ?? new Map<number, string>();
      signed.set(author, ofAuthor);
      ofAuthor.set(hlc, wordsOf(key, kind === 'state' ? value : undefined));
      const deleted = kind === 'state-delete';
      if (hlc >= (newest.get(key)?.hlc ?? 0)) newest.set(key, { hlc, author, deleted });
    },

    onDelivery(node, delivery) {
      if (delivery.what !== 'state') return undefined;
      const { key, hlc, author, value, local } = delivery;
      const app = apps[node.index] ?? new Map<string, Told>();
      apps[node.index] = app;
      const old = app.get(key);
      app.set(key, { hlc, author, deleted: value === undefined });
      // A local write is told before it is signed.
      if (!local && !isSigned(author, hlc, wordsOf(key, value))) return 'unsigned-delivery';
      if (old === undefined) return undefined;
      if (old.hlc === hlc && old.author === author) return 'duplicate-delivery';
      return hlc < old.hlc ? 'older-delivery' : undefined;
    },

    onStopped: node => void delete apps[node.index],

    disagreements(nodes) {
      const running = nodes.filter(isUp);
      const states = running.map(({ index }) => textOf(apps[index]));
      return running.flatMap(({ index }, i) =>
        states[i] === states[0]
          ? []
          : [`the app of node ${index} holds another state than that of ${running[0]!.index}`],
      );
    },

    resurrected(nodes) {
      const undead = new Set<string>();
      for (const { index } of nodes.filter(isUp)) {
        for (const [key, { deleted }] of apps[index] ?? []) {
          if (!deleted && newest.get(key)?.deleted === true) undead.add(key);
        }
      }
      return undead.size;
    },
  };
}

function wordsOf(key: string, value: Wire | undefined): string {
  return `${key}=${JSON.stringify(value)}`;
}

function textOf(app: ReadonlyMap<string, Told> | undefined): string {
  const lines: string[] = [];
  for (const [key, { hlc, author, deleted }] of app ?? []) if (!deleted) lines.push(`${key} ${hlc} ${author}`);
  return lines.sort().join('\n');
}
