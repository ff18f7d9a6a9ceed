/** A rolling hash of all that the nodes of a world were told, and when: equal runs have equal hashes. */
import type { Input } from '@hearsay/core';

export interface Trace {
  add(at: number, node: number, input: Input): void;
  /** 16 hex characters. */
  hash(): string;
}

const KINDS: { readonly [type in Input['type']]: number } = {
  start: 1,
  wake: 2,
  'link-up': 3,
  'link-down': 4,
  'dial-failed': 5,
  frame: 6,
  'rendezvous-up': 7,
  'rendezvous-down': 8,
  introduced: 9,
  'entry-role': 10,
  'server-signal': 11,
  'server-unreachable': 12,
  'rtc-signal': 13,
  signed: 14,
  verified: 15,
  publish: 16,
  restore: 17,
  leave: 18,
  'link-drained': 19,
  activity: 20,
};

export function createTrace(): Trace {
  const time = new Float64Array(1);
  const timeWords = new Uint32Array(time.buffer);
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;

  const mix = (word: number): void => {
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a ^= a >>> 15;
    b = (Math.imul(b ^ a, 0x1b873593) + word) | 0;
    b ^= b >>> 13;
  };

  const mixBytes = (bytes: Uint8Array): void => {
    mix(bytes.length);
    // Every frame type differs within its first 24 bytes; hashing 64 KiB of each would cost more than the run.
    for (let i = 0; i < 24 && i < bytes.length; i++) mix(bytes[i]!);
  };

  const mixText = (text: string): void => {
    mix(text.length);
    for (let i = 0; i < 16 && i < text.length; i++) mix(text.charCodeAt(i));
  };

  return {
    add(at, node, input) {
      time[0] = at;
      mix(timeWords[0]!);
      mix(timeWords[1]!);
      mix(node);
      mix(KINDS[input.type]);
      if (input.type === 'frame') mixBytes(input.bytes);
      else if (input.type === 'verified') mix(input.ok ? input.job : -input.job);
      else if (input.type === 'signed') mixBytes(input.signature);
      else if ('peer' in input) mixText(input.peer);
      else if ('peers' in input) for (const peer of input.peers) mixText(peer);
      else if (input.type === 'publish') mixText(`${input.kind}${input.key}`);
    },
    hash: () => (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0'),
  };
}
