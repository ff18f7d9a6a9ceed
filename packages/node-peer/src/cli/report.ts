/** What the command prints: a sentence for people, or one JSON line with the time for programs. */

/** `peer` counts from 1; 0 is the command itself. */
export type Report = (peer: number, type: string, fields: { readonly [name: string]: unknown }) => void;

export function createReport(json: boolean, print: (line: string) => void): Report {
  if (json) {
    return (peer, type, fields) =>
      print(JSON.stringify({ type, peer, at: performance.timeOrigin + performance.now(), ...fields }, plain));
  }
  return (peer, type, fields) => {
    const sentence = SENTENCES[type]?.(fields);
    if (sentence !== undefined) print(peer === 0 ? sentence : `[${peer}] ${sentence}`);
  };
}

type Fields = { readonly [name: string]: unknown };

/** What is not here is no news for somebody who reads along, such as a pointer that moves. */
const SENTENCES: { readonly [type: string]: (fields: Fields) => string | undefined } = {
  metrics: ({ url }) => `Metrics are at ${show(url)}`,
  joining: ({ id }) => `joining as ${show(id)}`,
  ready: ({ peers }) => `ready, with ${peers === 1 ? '1 other' : `${show(peers)} others`}`,
  'not-ready': ({ message, code }) => `not ready: ${sentence(message)} (${show(code)})`,
  // The end is said by 'left', when the goodbye is through.
  status: ({ status }) => (status === 'left' ? undefined : `status: ${show(status)}`),
  left: () => 'left the room',
  warning: ({ message, code }) => `warning: ${sentence(message)} (${show(code)})`,
  error: ({ message, code }) => `error: ${sentence(message)} (${show(code)})`,
  'peer-join': ({ id }) => `${short(id)} joined`,
  'peer-leave': ({ id, reason }) => `${short(id)} ${reason === 'left' ? 'left' : `is gone: ${show(reason)}`}`,
  state: ({ key, value, author }) =>
    value === undefined
      ? `${short(author)} deleted ${show(key)}`
      : `${short(author)} set ${show(key)} to ${show(value)}`,
  event: ({ name, payload, from }) => `${short(from)} sent ${show(name)}: ${show(payload)}`,
};

/** A key that is shown for people; 8 characters tell the members of a room apart. */
function short(id: unknown): string {
  return show(String(id).slice(0, 8));
}

/** Our own words, whose length is bounded where they are made. */
function sentence(message: unknown): string {
  return escaped(String(message));
}

/** Other peers chose these words: none of them may steer the reader's terminal, or pretend to be a line of ours. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? 'undefined');
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return escaped(short);
}

function escaped(text: string): string {
  return text.replace(CONTROLS, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Values of the room that JSON lacks. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}
