/** A process of its own: two peers link, part and clean up. It must then end without being told to. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createWebRtcLinks, type WebRtcLinks } from '@hearsay/browser/webrtc';
import type { LinkInput, PeerId } from '@hearsay/core/host';
import { systemClock } from '../../src/ports/index.ts';
import { nodeWebRtc } from '../../src/ports/node-webrtc.ts';

const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const ids = keys.map(
  ({ publicKey }) => publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('hex') as PeerId,
);
let up = 0;

const links: WebRtcLinks[] = keys.map(({ privateKey }, at) =>
  createWebRtcLinks(
    {
      self: { id: ids[at]!, sign: async bytes => new Uint8Array(sign(null, bytes, privateKey)) },
      verify: async () => true,
      networkId: new Uint8Array(8),
      clock: systemClock,
      iceServers: async () => [],
      wrtc: rtc.wrtc,
    },
    input => void onInput(input, at),
  ),
);

async function onInput(input: LinkInput, at: number): Promise<void> {
  if (input.type === 'rtc-signal') links[1 - at]!.signal(ids[at]!, input.session, input.data);
  if (input.type !== 'link-up') return;
  up += 1;
  if (up < 2) return;
  console.log('linked');
  await Promise.all(links.map(each => each.shutdown()));
  await rtc.cleanup();
  console.log('clean');
}

links[0]!.dial(ids[1]!, 1, true);
links[1]!.dial(ids[0]!, 1, false);
