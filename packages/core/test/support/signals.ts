import { signalText, splitSignal } from '../../src/identity/signed-signal.ts';
import { concatBytes } from '../../src/lib/bytes.ts';
import type { PeerId } from '../../src/types.ts';
import { decodeSignal, encodeSignal, type Signal } from '../../src/wire/signal.ts';
import type { TestNode } from './node.ts';
import { peer } from './peers.ts';
import { ofType } from './recorder.ts';
import { fakeSign, NETWORK, record } from './records.ts';

export interface SentSignal {
  readonly to: PeerId;
  readonly signal: Signal;
}

/** What the node said through the server since its effects were asked for last. */
export function signals(node: TestNode): readonly SentSignal[] {
  return ofType(node.effects(), 'server-signal').map(({ to, payload }) => ({ to, signal: signalIn(payload) }));
}

/** What the payload of a relay or of the server says, whoever signed it. */
export function signalIn(payload: Uint8Array): Signal {
  const signal = decodeSignal(splitSignal(payload)?.signal ?? payload);
  if (!signal.ok) throw new Error(signal.code);
  return signal.value;
}

/** The payload by which `from` says this to `to`. */
export function signedSignal(from: PeerId, to: PeerId, signal: Uint8Array): Uint8Array {
  return concatBytes(fakeSign(from, signalText(NETWORK, from, to, signal)), signal);
}

export function tell(node: TestNode, from: PeerId, signal: Signal): void {
  node.handle({ type: 'server-signal', from, payload: signedSignal(from, node.self, encodeSignal(signal)) });
}

/** Starts a node whose server knows `peers`. */
export function start(node: TestNode, peers: readonly PeerId[] = [], entry = false): void {
  node.handle({ type: 'start' });
  node.handle({ type: 'rendezvous-up', peers, entry });
}

/** Says over `link` that peers 1 to `count` are here. */
export function populate(node: TestNode, link: PeerId, count: number): void {
  const records = Array.from({ length: count }, (_, n) =>
    record({ kind: 'presence', author: peer(n + 1), at: node.mono }),
  );
  for (let from = 0; from < count; from += 50) node.push(link, ...records.slice(from, from + 50));
}
