/** What a presence says: `[incarnation, value, region?, activity?]`. A region is text and an activity a number, so either may be left out. */
import { HearsayError } from '../errors.ts';
import type { Hlc, Wire } from '../types.ts';

/** `away`: nobody looks at its page. `asleep`: its page is stopped, so that it neither hears nor answers. */
export type Activity = 'here' | 'away' | 'asleep';

const CODES: { readonly [activity in Activity]: number | undefined } = { here: undefined, away: 1, asleep: 2 };

export function presenceValue(incarnation: Hlc, value: Wire, region: string | undefined, activity: Activity): Wire {
  const code = CODES[activity];
  return [incarnation, value, ...(region === undefined ? [] : [region]), ...(code === undefined ? [] : [code])];
}

/** Is this what may follow the incarnation and the value? Any other text or number is refused, so that all peers judge alike. */
export function hasPresenceTail(value: readonly Wire[]): boolean {
  const next = isRegion(value[2]) ? 3 : 2;
  return (
    value.length === next || (value.length === next + 1 && (value[next] === CODES.away || value[next] === CODES.asleep))
  );
}

export function activityOf({ value }: { readonly value: Wire }): Activity {
  const [, , third, fourth] = value as readonly Wire[];
  const code = typeof third === 'string' ? fourth : third;
  if (code === CODES.asleep) return 'asleep';
  return code === CODES.away ? 'away' : 'here';
}

export function regionOf({ value }: { readonly value: Wire }): string | undefined {
  const third = (value as readonly Wire[])[2];
  return typeof third === 'string' ? third : undefined;
}

/** The name of a region: 1 to 16 lower-case letters, digits or hyphens, as `eu-west`. */
export function isRegion(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9-]{1,16}$/.test(text);
}

/** @throws HearsayError `bad-config`. */
export function checkRegion(region: string | undefined): void {
  if (region === undefined || isRegion(region)) return;
  throw new HearsayError('bad-config', 'region is 1 to 16 characters of a–z, 0–9 and -.');
}
