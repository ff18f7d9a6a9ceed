/**
 * The door: how many sockets an address may hold and open, and how many may be waiting to join. Counted before the
 * WebSocket handshake, so that a refusal costs one short HTTP answer.
 */

import type { Limits } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';

export type Refusal = 'address-sockets' | 'address-rate' | 'unauthenticated-full';

export interface Pass {
  /** The socket has joined and no longer counts as waiting. */
  joined(): void;
  /** The socket is gone. Calling twice is harmless. */
  release(): void;
}

interface Visitor {
  sockets: number;
  readonly connects: TokenBucket;
}

export class Admission {
  readonly #limits: Limits;
  readonly #visitors = new Map<string, Visitor>();
  #waiting = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get addresses(): number {
    return this.#visitors.size;
  }

  enter(address: string, nowMs: number): Pass | Refusal {
    const visitor = this.#visitor(address, nowMs);
    if (visitor.sockets >= this.#limits.socketsPerAddress) return 'address-sockets';
    if (!visitor.connects.take(nowMs)) return 'address-rate';
    if (this.#waiting >= this.#limits.unauthenticated) return 'unauthenticated-full';
    visitor.sockets += 1;
    this.#waiting += 1;
    return this.#pass(visitor);
  }

  /** Forgets addresses that hold nothing and have their whole burst back. */
  sweep(nowMs: number): void {
    for (const [address, visitor] of this.#visitors) {
      if (visitor.sockets === 0 && visitor.connects.isFull(nowMs)) this.#visitors.delete(address);
    }
  }

  #visitor(address: string, nowMs: number): Visitor {
    const known = this.#visitors.get(address);
    if (known !== undefined) return known;
    if (this.#visitors.size >= this.#limits.addresses) this.#forgetIdle();
    const visitor = {
      sockets: 0,
      connects: new TokenBucket(this.#limits.connectsPerSecond, this.#limits.connectsBurst, nowMs),
    };
    this.#visitors.set(address, visitor);
    return visitor;
  }

  /** Under a flood from very many addresses their rates are forgotten; those with a socket stay counted. */
  #forgetIdle(): void {
    for (const [address, visitor] of this.#visitors) {
      if (visitor.sockets === 0) this.#visitors.delete(address);
    }
  }

  #pass(visitor: Visitor): Pass {
    let waiting = true;
    let inside = true;
    const joined = (): void => {
      if (waiting) this.#waiting -= 1;
      waiting = false;
    };
    const release = (): void => {
      joined();
      if (inside) visitor.sockets -= 1;
      inside = false;
    };
    return { joined, release };
  }
}
