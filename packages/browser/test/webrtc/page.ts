/** Runs inside Chromium: one `Links`, driven from the test. Keys stay with the test; bytes travel as hex. */
import type { LinkInput, PeerId } from '@hearsay/core/host';
import { systemClock } from '../../src/ports/clock.ts';
import { createWebRtcLinks, type WebRtcLinks } from '../../src/webrtc/index.ts';

declare global {
  interface Window {
    testSign(bytes: string): Promise<string>;
    testVerify(key: string, signature: string, bytes: string): Promise<boolean>;
    testInput(input: string): Promise<void>;
    start(id: string, network: string): void;
    links: WebRtcLinks;
    sendHex(peer: string, bytes: string): void;
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));

window.start = (id, network) => {
  window.links = createWebRtcLinks(
    {
      self: { id: id as PeerId, sign: async bytes => bytesOf(await window.testSign(hex(bytes))) },
      verify: (key, signature, bytes) => window.testVerify(key, hex(signature), hex(bytes)),
      networkId: bytesOf(network),
      clock: systemClock,
      iceServers: async () => [],
    },
    (input: LinkInput) =>
      void window.testInput(JSON.stringify(input.type === 'frame' ? { ...input, bytes: hex(input.bytes) } : input)),
  );
};
window.sendHex = (peer, bytes) => window.links.send(peer as PeerId, bytesOf(bytes));
