/** The app's values at the border: checked and measured on the way out, rebuilt on the way in. */
import { HearsayError, utf8Length, type Wire } from '@hearsay/core';
import { encodeCbor, fromWire, toWire, wireLimits } from '@hearsay/core/wire';

export interface Checked {
  readonly wire: Wire;
  readonly bytes: number;
}

/** @throws HearsayError `value-unsupported` or `value-too-large`. */
export function checkValue(value: unknown, what: string, maxBytes: number = wireLimits.valueBytes): Checked {
  const wire = toWire(value);
  const bytes = encodeCbor(wire).length;
  if (bytes > maxBytes) {
    throw new HearsayError(
      'value-too-large',
      `${what} takes ${bytes} bytes; at most ${maxBytes} fit in one update. Split it over several keys.`,
    );
  }
  return { wire, bytes };
}

/** @throws HearsayError `key-invalid`. */
export function checkKey(key: unknown, what = 'A key'): string {
  const valid =
    typeof key === 'string' &&
    key !== '' &&
    !/^\uFEFF|[\uD800-\uDFFF]/u.test(key) &&
    utf8Length(key) <= wireLimits.keyBytes;
  if (!valid) {
    throw new HearsayError(
      'key-invalid',
      `${what} is text of 1 to ${wireLimits.keyBytes} bytes in UTF-8, not ${describe(key)}.`,
    );
  }
  return key as string;
}

function describe(key: unknown): string {
  return typeof key === 'string' ? `one of ${utf8Length(key)} bytes or with broken characters` : typeof key;
}

/**
 * A value for the app, frozen to its depth (bytes and dates cannot be): whoever changed it would change what this peer
 * sees and nobody else's, and find that out much later.
 */
export function readValue(wire: Wire): unknown {
  return frozen(fromWire(wire, ms => new Date(ms)));
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const item of Object.values(value)) frozen(item);
  return Object.freeze(value);
}
