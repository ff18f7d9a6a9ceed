/** Readers of a scenario's fields. Each names the path of what it cannot use, and says what would do. */
import { HearsayError } from '@hearsay/core';

export interface Fields {
  readonly path: string;
  has(key: string): boolean;
  number(key: string, range: Range): number;
  text(key: string): string;
  flag(key: string, initial: boolean): boolean;
  /** Milliseconds. */
  duration(key: string, initial?: number): number;
  oneOf<T extends string>(key: string, choices: readonly T[]): T;
  /** The object under `key`; an empty one when there is none. */
  object(key: string, known: readonly string[]): Fields;
  list<T>(key: string, read: (item: unknown, path: string) => T): readonly T[];
  raw(key: string): unknown;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** Without it the key must be there. */
  readonly initial?: number;
}

/** Longest virtual time: a week. */
const MAX_DURATION_MS = 7 * 86_400_000;
const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function invalid(path: string, problem: string): HearsayError {
  return new HearsayError('scenario-invalid', path === '' ? `The scenario ${problem}.` : `${path} ${problem}.`);
}

/** @throws HearsayError `scenario-invalid`: no plain object, or a key that is not among `known`. */
export function readFields(value: unknown, path: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, `must be an object, not ${nameOf(value)}`);
  }
  const object = value as { readonly [key: string]: unknown };
  for (const key of Object.keys(object)) {
    if (!known.includes(key))
      throw invalid(join(path, key), `is not a key of this version; known: ${known.join(', ')}`);
  }
  const has = (key: string): boolean => object[key] !== undefined;
  const need = (key: string): unknown => {
    if (!has(key)) throw invalid(join(path, key), 'is missing');
    return object[key];
  };

  return {
    path,
    has,
    raw: key => object[key],
    number(key, range) {
      if (!has(key) && range.initial !== undefined) return range.initial;
      return readNumber(need(key), join(path, key), range);
    },
    text(key) {
      const found = need(key);
      if (typeof found === 'string' && found !== '') return found;
      throw invalid(join(path, key), `must be text, not ${nameOf(found)}`);
    },
    flag(key, initial) {
      const found = object[key] ?? initial;
      if (typeof found === 'boolean') return found;
      throw invalid(join(path, key), `must be true or false, not ${nameOf(found)}`);
    },
    duration(key, initial) {
      if (!has(key) && initial !== undefined) return initial;
      return readDuration(need(key), join(path, key));
    },
    oneOf(key, choices) {
      const found = need(key);
      const choice = choices.find(other => other === found);
      if (choice !== undefined) return choice;
      throw invalid(join(path, key), `must be one of ${choices.join(', ')}, not ${nameOf(found)}`);
    },
    object: (key, names) => readFields(has(key) ? object[key] : {}, join(path, key), names),
    list(key, read) {
      const found = object[key] ?? [];
      if (!Array.isArray(found)) throw invalid(join(path, key), `must be a list, not ${nameOf(found)}`);
      return found.map((item, i) => read(item, `${join(path, key)}[${i}]`));
    },
  };
}

export function readNumber(value: unknown, path: string, { min, max, whole }: Range): number {
  const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (fits) return value;
  throw invalid(path, `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not ${nameOf(value)}`);
}

/** "250ms", "-40s", "1.5m" in milliseconds. Only `skew` may be negative; the caller says so. */
export function readDuration(value: unknown, path: string, mayBeNegative = false): number {
  const match = typeof value === 'string' ? /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) : null;
  if (match === null) throw invalid(path, `must be a time such as "250ms", "40s", "5m" or "1h", not ${nameOf(value)}`);
  const ms = Number(match[1]) * UNITS[match[2]!]!;
  if (ms < 0 && !mayBeNegative) throw invalid(path, `must not be negative, and is ${nameOf(value)}`);
  if (Math.abs(ms) > MAX_DURATION_MS) throw invalid(path, `is longer than a week: ${nameOf(value)}`);
  return ms;
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? 'a long text' : `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}
