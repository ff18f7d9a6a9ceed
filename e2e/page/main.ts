/** A bare page for tests: offers the package to `page.evaluate`, joins nothing by itself. */
import { joinRoom, type Room } from '@hearsay/browser';
import { createVerifier } from '@hearsay/core/crypto';
import { countConnections, createProbe, now, type Probe } from './probe.ts';

export interface TestPage {
  room?: Room;
  probe?: Probe;
  /** Time of arrival of every state change, by `key value`. */
  heard: Map<string, number>;
  join(signaling: string, room: string, name: string, maxLinks: number | undefined): void;
  verifyAll(vectors: readonly Vector[], native: boolean): Promise<{ backend: string; answers: boolean[] }>;
}

export interface Vector {
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

declare global {
  var hearsay: TestPage;
}

const connectionsMade = countConnections();

globalThis.hearsay = {
  heard: new Map(),
  join(signaling, id, name, maxLinks) {
    const room = joinRoom<{ name: string }>(
      { app: 'hearsay.e2e', signaling, presence: { name }, ...(maxLinks !== undefined && { maxLinks }) },
      id,
    );
    room.state.subscribe(({ key, value }) => {
      globalThis.hearsay.heard.set(`${key} ${String(value)}`, now());
    });
    globalThis.hearsay.room = room as unknown as Room;
    globalThis.hearsay.probe = createProbe(room, connectionsMade);
  },
  async verifyAll(vectors, native) {
    const verifier = createVerifier({ subtle: native ? crypto.subtle : undefined });
    const backend = await verifier.ready;
    const answers: boolean[] = [];
    for (const { key, message, signature } of vectors) {
      answers.push(await verifier.verify(key as never, bytes(signature), bytes(message)));
    }
    return { backend, answers };
  },
};

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}
