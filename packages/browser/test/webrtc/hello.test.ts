import { expect, test } from 'vitest';
import { HELLO1_BYTES, HELLO2_BYTES, type HelloTerms, startHello } from '../../src/webrtc/hello.ts';
import { identity, NETWORK, type TestIdentity, verifySignature } from './rig.ts';

const A_PRINT = new Uint8Array(32).fill(0xaa);
const B_PRINT = new Uint8Array(32).fill(0xbb);

interface Side {
  outcome: string;
  readonly sent: Uint8Array[];
  receive(frame: Uint8Array): boolean;
}

function side(
  self: TestIdentity,
  peer: TestIdentity,
  local: Uint8Array,
  remote: Uint8Array,
  more: Partial<HelloTerms> = {},
): Side {
  const made: { outcome: string; sent: Uint8Array[] } = { outcome: 'open', sent: [] };
  const terms = { self, peer: peer.id, networkId: NETWORK, localFingerprint: local, remoteFingerprint: remote };
  const { receive } = startHello(
    { ...terms, verify: verifySignature, ...more },
    {
      send: frame => made.sent.push(frame),
      passed: () => {
        made.outcome = 'passed';
      },
      failed: fault => {
        made.outcome = fault;
      },
    },
  );
  return Object.assign(made, { receive });
}

async function settle(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 5));
}

/** Carries both HELLOs across, as they are. */
async function exchange(a: Side, b: Side): Promise<void> {
  b.receive(a.sent[0]!);
  a.receive(b.sent[0]!);
  await settle();
  if (a.sent[1]) b.receive(a.sent[1]);
  if (b.sent[1]) a.receive(b.sent[1]);
  await settle();
}

const [alice, bob, eve] = [identity(), identity(), identity()];

test('LINK-5: two honest sides pass with one frame of 76 and one of 64 bytes each', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  const b = side(bob, alice, B_PRINT, A_PRINT);
  await exchange(a, b);
  expect([a.outcome, b.outcome]).toEqual(['passed', 'passed']);
  expect(a.sent.map(frame => frame.length)).toEqual([HELLO1_BYTES, HELLO2_BYTES]);
});

test('LINK-5: a third frame is not for HELLO', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  await exchange(a, side(bob, alice, B_PRINT, A_PRINT));
  expect(a.receive(new Uint8Array(3))).toBe(false);
});

test('LINK-5: another key than the dialed one is a mismatch, and nothing is signed for it', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  await exchange(a, side(eve, alice, B_PRINT, A_PRINT));
  expect(a.outcome).toBe('identity-mismatch');
  expect(a.sent).toHaveLength(1);
});

test('LINK-6: fingerprints that the two sides do not share are a mismatch on both sides', async () => {
  const a = side(alice, bob, A_PRINT, new Uint8Array(32).fill(1));
  const b = side(bob, alice, B_PRINT, new Uint8Array(32).fill(2));
  await exchange(a, b);
  expect([a.outcome, b.outcome]).toEqual(['identity-mismatch', 'identity-mismatch']);
});

test('LINK-6: a signature by another key, a changed one and one of an earlier HELLO are mismatches', async () => {
  const forged = side(alice, bob, A_PRINT, B_PRINT);
  await exchange(forged, side({ id: bob.id, sign: eve.sign }, alice, B_PRINT, A_PRINT));
  expect(forged.outcome).toBe('identity-mismatch');

  const b = side(bob, alice, B_PRINT, A_PRINT);
  await exchange(side(alice, bob, A_PRINT, B_PRINT), b);
  const replayed = side(alice, bob, A_PRINT, B_PRINT);
  replayed.receive(b.sent[0]!);
  replayed.receive(b.sent[1]!);
  await settle();
  expect(replayed.outcome).toBe('identity-mismatch');
});

test('LINK-6: a verifier that rejects counts as a bad signature', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT, { verify: () => Promise.reject(new Error('down')) });
  await exchange(a, side(bob, alice, B_PRINT, A_PRINT));
  expect(a.outcome).toBe('identity-mismatch');
});

test('LINK-7: another network is named as such', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  const b = side(bob, alice, B_PRINT, A_PRINT, { networkId: new Uint8Array(8) });
  await exchange(a, b);
  expect([a.outcome, b.outcome]).toEqual(['network-mismatch', 'network-mismatch']);
});

test('LINK-8: our own HELLO back is a mismatch', async () => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  a.receive(a.sent[0]!);
  expect(a.outcome).toBe('identity-mismatch');
  const mirror = side(alice, alice, A_PRINT, A_PRINT);
  mirror.receive(mirror.sent[0]!);
  expect(mirror.outcome).toBe('identity-mismatch');
});

test.each([0, HELLO1_BYTES - 1, HELLO1_BYTES + 1, 65_536])('LINK-5: a first frame of %i bytes is malformed', length => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  expect(a.receive(new Uint8Array(length))).toBe(true);
  expect(a.outcome).toBe('hello-malformed');
});

test.each([1, HELLO2_BYTES - 1, HELLO2_BYTES + 1])('LINK-5: a second frame of %i bytes is malformed', length => {
  const a = side(alice, bob, A_PRINT, B_PRINT);
  a.receive(side(bob, alice, B_PRINT, A_PRINT).sent[0]!);
  a.receive(new Uint8Array(length));
  expect(a.outcome).toBe('hello-malformed');
});

test('LINK-5: a signer that rejects fails the dial, whatever the other side sends', async () => {
  const a = side({ id: alice.id, sign: () => Promise.reject(new Error('locked')) }, bob, A_PRINT, B_PRINT);
  const b = side(bob, alice, B_PRINT, A_PRINT);
  await exchange(a, b);
  expect(a.outcome).toBe('sign-failed');
  expect(b.outcome).toBe('open');
});
