/** What a room warns of by itself; the engine has warnings of its own. */

export const OTHER_NETWORK: string =
  'Others are in this app and room under another policy, or another version of the protocol, and cannot be met: every peer must pass the same policy.';

/** What a browser and Node can both mean by a socket that does not open, and what may be done about it. */
export function unreachableMessage(failure: { url: string; reason: string; detail: string | undefined }): string {
  const { url, reason, detail } = failure;
  const why = detail === undefined ? reason : `${reason}: ${detail}`;
  return `No answer from the signaling server ${url} (${why}). Is it running, is its URL right down to the path, does it admit this origin, and is its certificate valid? The room goes on trying.`;
}

/** `names`: the options in which the second config differs. */
export function ignoredMessage(names: readonly string[]): string {
  return `joinRoom was called again for an open room with another ${names.join(', ')}: the first config stays. Leave the room before joining it anew.`;
}

/**
 * The options in which two configs differ, as far as that can be told cheaply. Functions, storages and signals are made
 * anew by every call of an app that changed nothing, so they all count as equal.
 */
export function differences(first: object, second: object): readonly string[] {
  const [a, b] = [first as Fields, second as Fields];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter(name => a[name] !== b[name] && textOf(a[name]) !== textOf(b[name]));
}

type Fields = { readonly [name: string]: unknown };

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
  } catch {
    // It refers to itself, and would have been refused.
    return 'unreadable';
  }
}
