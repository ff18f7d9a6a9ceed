import { test } from 'vitest';
import { nodeWebRtc } from '../../../node-peer/src/ports/node-webrtc.ts';
import { connect, testPeer, testServer } from './rig.ts';
test('spike', async () => {
  const rtc = nodeWebRtc({ bindAddress: '127.0.0.1' });
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    const server = testServer();
    const t0 = performance.now();
    const log: string[] = [];
    const wrap = (name: string) => {
      class T extends rtc.wrtc.RTCPeerConnection {
        constructor(c?: RTCConfiguration) {
          super(c);
          const l = (what: string) => log.push(`${name} ${what} ${Math.round(performance.now() - t0)}`);
          this.addEventListener('iceconnectionstatechange', () => l('ice ' + this.iceConnectionState));
          this.addEventListener('connectionstatechange', () => l('conn ' + this.connectionState));
          this.addEventListener('icecandidate', () => l('cand'));
        }
        override addIceCandidate(c: never) { log.push(`${name} addcand ${Math.round(performance.now() - t0)}`); return super.addIceCandidate(c); }
        override setRemoteDescription(c: never) { log.push(`${name} setremote ${Math.round(performance.now() - t0)}`); return super.setRemoteDescription(c); }
      }
      return { ...rtc.wrtc, RTCPeerConnection: T as never };
    };
    const a = server.add(testPeer({ wrtc: wrap('A') }, server.deliver));
    const b = server.add(testPeer({ wrtc: wrap('B') }, server.deliver));
    connect(a, b);
    await Promise.all([a.until('link-up'), b.until('link-up')]);
    times.push(Math.round(performance.now() - t0));
    if (i < 8) console.log(times[i], log.join(' | '));
    await Promise.all([a.links.shutdown(), b.links.shutdown()]);
  }
  console.log(times.join(' '));
  await rtc.cleanup();
}, 60000);
