import { createSealer, type Sealer } from '@hearsay/core/crypto';
import type { LinkInput, Links, PeerId } from '@hearsay/core/host';
import { expect, test } from 'vitest';
import { sealSignals } from '../../src/webrtc/sealed-signals.ts';

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const id = (n: number): PeerId => n.toString(16).padStart(64, '0') as PeerId;
const [ada, bob] = [id(1), id(2)];
const SDP = '[{"candidate":{"candidate":"candidate:1 1 udp 1 192.168.1.7 5 typ host"}}]';

interface End {
  readonly sealer: Sealer;
  readonly links: Links;
  /** What the stack beneath was asked. */
  readonly asked: string[];
  /** What the host heard. */
  readonly heard: LinkInput[];
  /** The stack beneath speaks. */
  say(input: LinkInput): void;
}

function end(self: PeerId): End {
  const sealer = createSealer({ self, randomBytes });
  const asked: string[] = [];
  const heard: LinkInput[] = [];
  let say: (input: LinkInput) => void = () => undefined;
  const beneath = (sink: (input: LinkInput) => void): Links => {
    say = sink;
    return {
      dial: (peer, session, initiator) => void asked.push(`dial ${peer.at(-1)} ${session} ${initiator}`),
      signal: (peer, session, data) => void asked.push(`signal ${peer.at(-1)} ${session} ${data}`),
      send: peer => void asked.push(`send ${peer.at(-1)}`),
      bufferedBytes: () => 7,
      watch: peer => void asked.push(`watch ${peer.at(-1)}`),
      close: peer => void asked.push(`close ${peer.at(-1)}`),
      shutdown: async () => void asked.push('shutdown'),
    };
  };
  const links = sealSignals(sealer, beneath, input => void heard.push(input));
  return { sealer, links, asked, heard, say: input => say(input) };
}

/** Two ends that have agreed on session 5. */
function pair(): readonly [End, End] {
  const [one, two] = [end(ada), end(bob)];
  one.links.dial(bob, 5, true, two.sealer.publicKey);
  two.links.dial(ada, 5, false, one.sealer.publicKey);
  return [one, two];
}

function sealedBy(from: End, data = SDP): string {
  from.say({ type: 'rtc-signal', peer: bob, session: 5, data });
  const input = from.heard.at(-1);
  if (input?.type !== 'rtc-signal') throw new Error('nothing was said');
  return input.data;
}

test('LINK-31: signals leave sealed, and only the other side’s stack gets them as they were', () => {
  const [one, two] = pair();
  const data = sealedBy(one);
  expect(atob(data)).not.toContain('192.168');
  two.links.signal(ada, 5, data);
  expect(two.asked).toEqual(['dial 1 5 false', `signal 1 5 ${SDP}`]);
});

test.each<[string, (data: string) => string]>([
  ['open words', () => SDP],
  ['words that somebody changed', data => `${data.startsWith('A') ? 'B' : 'A'}${data.slice(1)}`],
  [
    'what a third peer sealed',
    () => {
      const third = end(id(3));
      third.links.dial(bob, 5, true, end(bob).sealer.publicKey);
      return sealedBy(third);
    },
  ],
])('LINK-31: %s do not reach the stack', (_what, spoil) => {
  const [one, two] = pair();
  two.links.signal(ada, 5, spoil(sealedBy(one)));
  two.links.signal(ada, 6, sealedBy(one));
  expect(two.asked).toEqual(['dial 1 5 false']);
});

test.each([
  ['no key', undefined],
  ['a key that is none', new Uint8Array(32)],
])('LINK-31: with %s a dial fails and tells nobody an address', async (_what, key) => {
  const one = end(ada);
  one.links.dial(bob, 5, true, key);
  expect(one.heard).toEqual([]);
  await Promise.resolve();
  expect(one.heard).toEqual([{ type: 'dial-failed', peer: bob, session: 5, reason: 'no-seal-key' }]);
  one.say({ type: 'rtc-signal', peer: bob, session: 5, data: SDP });
  expect(one.heard).toHaveLength(1);
  expect(one.asked).toEqual([]);
});

test('LINK-31: the keys of a dial are forgotten with it, and an older one’s end leaves the next alone', () => {
  const [one, two] = pair();
  one.links.dial(bob, 9, true, two.sealer.publicKey);
  one.say({ type: 'dial-failed', peer: bob, session: 5, reason: 'superseded' });
  one.say({ type: 'rtc-signal', peer: bob, session: 9, data: SDP });
  expect(one.heard.map(({ type }) => type)).toEqual(['dial-failed', 'rtc-signal']);
  one.say({ type: 'link-up', peer: bob, outbound: true });
  one.say({ type: 'rtc-signal', peer: bob, session: 9, data: SDP });
  expect(one.heard.at(-1)?.type).toBe('link-up');
});

test('LINK-31: all else passes as it is', async () => {
  const { links, asked, heard, say } = end(ada);
  links.send(bob, new Uint8Array(1));
  links.watch(bob, 1);
  links.close(bob, 'why');
  await links.shutdown();
  expect(asked).toEqual(['send 2', 'watch 2', 'close 2', 'shutdown']);
  expect(links.bufferedBytes(bob)).toBe(7);
  const frame: LinkInput = { type: 'frame', from: bob, bytes: new Uint8Array(1) };
  say(frame);
  expect(heard).toEqual([frame]);
});
