/**
 * What is told in a room that agrees, by somebody who has a link: accusations signed by keys that are nobody here, and
 * a question in the name of another that this one never signed. Nobody may believe either.
 */
import {
  concatBytes,
  type Effect,
  type Engine,
  isSignalText,
  type PeerId,
  type Rng,
  signalText,
  toHex,
  utf8,
  utf8Length,
  type Wire,
} from '@hearsay/core';
import { decodeSignal, encodeCbor, encodeFrame, encodeSignal, type Frame } from '@hearsay/core/wire';
import { readSigned } from '../measure/invariants.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { isWhole } from './reachable.ts';

export interface Lies {
  /** Lies are counted as its own frames: that they were told must not give them away. */
  wrap(engine: Engine, self: PeerId): Engine;
  onEffect(node: SimNode, effect: Effect): void;
  /** Three strangers accuse somebody who runs. Until `settle` nobody may believe it. */
  slander(): void;
  /** One peer asks another whether it is there, in the name of a third. */
  forge(): void;
  settle(): void;
}

const STRANGERS = 3;
const ACCUSE = 7;
const ACCUSATION_MS = 60_000;
/** In front of every signal that is signed: the domain, the room, from whom and to whom. */
const SIGNAL_PREFIX_BYTES = utf8Length('hearsay signal 1\n') + 8 + 32 + 32;
const RELAY_TTL = 4;

export function createLies(world: () => World, rng: Rng, complain: (sentence: string) => void): Lies {
  /** By liar: counts what was said in its name. */
  const counts = new Map<PeerId, (bytes: number) => void>();
  /** The newest hybrid time that anybody has signed: an accusation from before the last word of the accused is void. */
  let newest = 0;
  let victim: SimNode | undefined;
  let forged: number | undefined;

  const running = (): readonly SimNode[] => world().nodes.filter(isUp);

  /** To whom a node has a link that is whole. */
  const neighboursOf = ({ links }: SimNode): readonly SimNode[] =>
    [...links].filter(([, link]) => isWhole(link)).map(([peer]) => world().nodeOf(peer)!);

  const say = (liar: SimNode, to: SimNode, frame: Frame): void => {
    const bytes = encodeFrame(frame);
    counts.get(liar.id)?.(bytes.length);
    world().network.send(liar, to.id, bytes);
  };

  const accusation = (networkId: Uint8Array, subject: PeerId): Uint8Array => {
    const stranger = Uint8Array.from({ length: 32 }, () => rng.int(256));
    const exp = Math.floor(1_750_000_000_000 + world().now + ACCUSATION_MS);
    const fields: readonly Wire[] = [1, networkId, stranger, ACCUSE, 1, newest + 1, exp, subject, null];
    const body = encodeCbor(fields);
    const signature = world().signatures.sign(toHex(stranger) as PeerId, concatBytes(utf8('hearsay record 1\n'), body));
    return concatBytes(signature, body);
  };

  return {
    wrap(engine, self) {
      let lied = 0;
      counts.set(self, bytes => {
        lied += bytes;
      });
      return {
        ...engine,
        stats() {
          const stats = engine.stats();
          return { ...stats, bytesOut: stats.bytesOut + lied };
        },
      };
    },

    onEffect(node, effect) {
      if (effect.type === 'sign') {
        if (isSignalText(effect.bytes)) {
          const signal = decodeSignal(effect.bytes.subarray(SIGNAL_PREFIX_BYTES));
          if (signal.ok && signal.value.session === forged)
            complain(`node ${node.index} answered a signal that its source never signed`);
          return;
        }
        const record = readSigned(node, effect.bytes);
        newest = Math.max(newest, record?.hlc ?? 0);
        if (record?.kind === 'accuse' && record.key === victim?.id)
          complain(`node ${node.index} accused ${victim?.index}, of whom only strangers said that it is silent`);
      }
      if (effect.type !== 'deliver' || effect.delivery.what !== 'presence' || victim === undefined) return;
      const { peer, status } = effect.delivery;
      if (peer === victim.id && status === 'suspect')
        complain(`node ${node.index} suspects ${victim.index}, of whom only strangers said that it is silent`);
    },

    slander() {
      const liar = rng.pick(running());
      const subject = rng.pick(running().filter(node => node !== liar));
      if (liar?.engine === undefined || subject === undefined) return;
      const { networkId } = liar.engine;
      victim = subject;
      const records = Array.from({ length: STRANGERS }, () => accusation(networkId, subject.id));
      for (const to of neighboursOf(liar)) say(liar, to, { type: 'push', records });
    },

    forge() {
      const target = rng.pick(running().filter(node => neighboursOf(node).length > 1));
      if (target?.engine === undefined) return;
      const liar = rng.pick(neighboursOf(target))!;
      const source = rng.pick(neighboursOf(target).filter(node => node !== liar))!;
      forged = rng.uint32();
      const signal = encodeSignal({ type: 'probe', session: forged });
      const text = signalText(target.engine.networkId, source.id, target.id, signal);
      const payload = concatBytes(world().signatures.sign(liar.id, text), signal);
      say(liar, target, { type: 'relay', id: rng.uint32(), to: target.id, from: source.id, ttl: RELAY_TTL, payload });
    },

    settle() {
      victim = undefined;
      forged = undefined;
    },
  };
}
