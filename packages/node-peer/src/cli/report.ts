/** What the command prints: a sentence for people, or one JSON line with the time for programs. */

/** `peer` counts from 1; 0 is the command itself. */
export type Report = (peer: number, type: string, fields: { readonly [name: string]: unknown }) => void;

export function createReport(json: boolean, print: (line: string) => void): Report {
  if (json) {
    return (peer, type, fields) =>
      print(JSON.stringify({ type, peer, at: performance.timeOrigin + performance.now(), ...fields }, plain));
  }
  return (peer, type, fields) => {
    if (QUIET.has(type)) return;
    const details = Object.entries(fields).map(([name, value]) => `${name} ${show(value)}`);
    print(`[${peer}] ${type} ${details.join(', ')}`.trimEnd());
  };
}

/** A moving pointer is no news for somebody who reads along. */
const QUIET: ReadonlySet<string> = new Set(['presence']);

/** Other peers chose these words: none of them may steer the reader's terminal, or pretend to be a line of ours. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? 'undefined');
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return short.replace(CONTROLS, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Values of the room that JSON lacks. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}
