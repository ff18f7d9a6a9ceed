/**
 * What the soak asks of an engine beyond the invariants of every run: rules that hold between honest peers only,
 * read from what goes over the links.
 */
import { type Config, type Effect, type Input, type PeerId, readRecord, type SignedRecord } from '@hearsay/core';
import { decodeFrame, type Frame } from '@hearsay/core/wire';
import { readSigned } from '../measure/invariants.ts';
import { isUp, type Link, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { createVerdicts } from './verdicts.ts';

export interface Checks {
  onInput(node: SimNode, input: Input): void;
  onEffect(node: SimNode, effect: Effect): void;
  /** A sentence for each rule that was broken, the first ones. */
  readonly broken: readonly string[];
}

const MAX_BROKEN = 20;
const ANSWER_MS = 4_000;
const SIGNATURE_BYTES = 64;
/** Numbers of the frames that carry records, in the second byte of a frame. */
const PUSH = 1;
const DELTA = 3;
const GRAFT = 14;
const READ_FRAMES: ReadonlySet<number> = new Set([PUSH, DELTA, GRAFT]);

/** `spreadsOnce`: nothing goes back over the link that brought it, as in a tree and in a flood. `config`: the right numbers. */
export function createChecks(world: () => World, spreadsOnce: boolean, config: Config): Checks {
  const broken: string[] = [];
  /** By node and life: which link brought the first copy of a record. */
  const origins = new Map<string, Map<string, Link>>();
  /** Every record is read once for all nodes. */
  const records = new Map<string, SignedRecord | undefined>();
  /** By link and asker: short ids of what was asked for. */
  const asked = new Map<Link, Map<SimNode, Set<string>>>();
  /** By node: the newest hybrid time that it has signed. */
  const lastSigned = new Map<number, number>();

  const fail = (node: SimNode, what: string): void => {
    if (broken.length < MAX_BROKEN) broken.push(`at ${(world().now / 1000).toFixed(3)} s, node ${node.index} ${what}`);
  };

  const verdicts = createVerdicts(world, config, fail);

  const originsOf = (node: SimNode): Map<string, Link> => {
    const life = `${node.index} ${node.life}`;
    const known = origins.get(life) ?? new Map<string, Link>();
    origins.set(life, known);
    return known;
  };

  const recordIn = (node: SimNode, name: string, bytes: Uint8Array): SignedRecord | undefined => {
    if (!records.has(name) && node.engine !== undefined) {
      const read = readRecord(bytes, node.engine.networkId);
      records.set(name, read.ok ? read.value : undefined);
    }
    return records.get(name);
  };

  const onGraft = (asker: SimNode, link: Link, ids: readonly string[]): void => {
    const askers = asked.get(link) ?? new Map<SimNode, Set<string>>();
    asked.set(link, askers);
    const wanted = askers.get(asker) ?? new Set<string>();
    askers.set(asker, wanted);
    for (const id of ids) wanted.add(id);
  };

  const onAccused = (node: SimNode, accusation: SignedRecord): void => {
    const heardAt = world().now;
    const { life } = node;
    if ((lastSigned.get(node.index) ?? 0) >= accusation.hlc) return;
    const judge = (): void => {
      if (!isUp(node) || node.life !== life || node.hidden) return;
      // Whoever was stopped meanwhile has his time from the moment he runs again.
      if (node.pausedUntil > world().now - ANSWER_MS && node.pausedUntil > heardAt) return wait();
      if ((lastSigned.get(node.index) ?? 0) <= accusation.hlc) fail(node, 'left an accusation unanswered');
    };
    const wait = (): void => world().at(world().now + ANSWER_MS, judge);
    wait();
  };

  const onRecords = (
    node: SimNode,
    link: Link | undefined,
    frame: Extract<Frame, { type: 'push' | 'delta' }>,
  ): void => {
    const known = originsOf(node);
    for (const bytes of frame.records) {
      const name = nameOf(bytes);
      if (spreadsOnce && link !== undefined && !known.has(name)) known.set(name, link);
      const record = recordIn(node, name, bytes);
      if (record !== undefined) verdicts.onRecord(node, record);
      if (record?.kind === 'accuse' && record.key === node.id) onAccused(node, record);
    }
  };

  const onPush = (node: SimNode, to: PeerId, copies: readonly Uint8Array[]): void => {
    const link = node.links.get(to);
    if (link === undefined) return;
    const known = originsOf(node);
    const wanted = asked.get(link)?.get(world().nodeOf(to)!);
    for (const bytes of copies) {
      const name = nameOf(bytes);
      if (known.get(name) !== link) continue;
      // A graft names a tree by a record of it, and may name one that the asker has.
      if (wanted?.has(recordIn(node, name, bytes)?.id.slice(0, 16) ?? '')) continue;
      fail(node, 'sent a record back to whom it had it from');
    }
  };

  const onSign = (node: SimNode, bytes: Uint8Array): void => {
    const record = readSigned(node, bytes);
    if (record !== undefined) verdicts.onRecord(node, record);
    if (record === undefined || record.kind === 'leave') return;
    lastSigned.set(node.index, Math.max(record.hlc, lastSigned.get(node.index) ?? 0));
  };

  return {
    onInput(node, input) {
      if (input.type !== 'frame' || !READ_FRAMES.has(input.bytes[1]!)) return;
      const decoded = decodeFrame(input.bytes);
      if (!decoded.ok) return fail(node, `was sent what is no frame: ${decoded.code}`);
      const frame = decoded.value;
      const link = node.links.get(input.from);
      if (frame.type === 'push' || frame.type === 'delta') onRecords(node, link, frame);
      else if (frame.type === 'graft' && link !== undefined) onGraft(world().nodeOf(input.from)!, link, frame.ids);
    },
    onEffect(node, effect) {
      if (effect.type === 'sign') return onSign(node, effect.bytes);
      if (effect.type === 'deliver') {
        verdicts.onDelivery(node, effect.delivery);
        if (effect.delivery.what === 'warning') fail(node, effect.delivery.message);
      }
      if (effect.type !== 'send' || !spreadsOnce || effect.bytes[1] !== PUSH) return;
      const decoded = decodeFrame(effect.bytes);
      if (decoded.ok && decoded.value.type === 'push') onPush(node, effect.to, decoded.value.records);
    },
    broken,
  };
}

/** A record by its signature and its end: a spoiled copy is another one. */
function nameOf(record: Uint8Array): string {
  let name = String.fromCharCode(record.at(-1)!);
  for (let i = 0; i < SIGNATURE_BYTES; i += 4) name += String.fromCharCode((record[i]! << 8) | record[i + 3]!);
  return name;
}
