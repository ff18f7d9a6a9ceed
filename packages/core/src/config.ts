/** The settings of a room: the defaults of tunables.ts, and what a scenario file or `joinRoom({ limits })` sets. */
import { HearsayError } from './errors.ts';
import { numbers } from './tunables.ts';

export interface Tunable {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** What it is, and what more or less of it costs. */
  readonly about: string;
  readonly source: string;
}

export type TunableName = keyof typeof numbers;
export type BroadcastMode = 'tree' | 'flood' | 'push' | 'pull' | 'push-pull';

export const tunables: { readonly [name in TunableName]: Tunable } = Object.fromEntries(
  Object.entries(numbers).map(([name, [initial, min, max, unit, about, source]]) => [
    name,
    { initial, min, max, unit, about, source },
  ]),
) as { [name in TunableName]: Tunable };
export const broadcastModes: readonly BroadcastMode[] = ['tree', 'flood', 'push', 'pull', 'push-pull'];

export type Config = { readonly [name in TunableName]: number } & { readonly 'broadcast.mode': BroadcastMode };
export type ConfigOverrides = { readonly [name in keyof Config]?: Config[name] };

const made = new WeakSet<object>();

/**
 * All settings. What this function has made already is taken as it is, so that many engines may share it.
 * @throws HearsayError `bad-config`: unknown name, or a value out of its range.
 */
export function makeConfig(overrides: ConfigOverrides = {}): Config {
  if (made.has(overrides)) return overrides as Config;
  const config: { [name: string]: number | string } = { 'broadcast.mode': 'tree' };
  for (const [name, { initial }] of Object.entries(tunables)) config[name] = initial;
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    checkTunable(name, value);
    config[name] = value;
  }
  // Copied: an object that was filled name by name is a hash table, and settings are asked for with every frame.
  const whole = Object.freeze({ ...config }) as unknown as Config;
  made.add(whole);
  return whole;
}

function checkTunable(name: string, value: unknown): void {
  if (name === 'broadcast.mode') {
    if (broadcastModes.includes(value as BroadcastMode)) return;
    throw new HearsayError(
      'bad-config',
      `broadcast.mode is one of ${broadcastModes.join(', ')}, not ${String(value)}.`,
    );
  }
  const known = Object.hasOwn(tunables, name) ? tunables[name as TunableName] : undefined;
  if (known === undefined) throw new HearsayError('bad-config', `There is no setting named ${name}.`);
  if (typeof value !== 'number' || !(value >= known.min && value <= known.max)) {
    throw new HearsayError(
      'bad-config',
      `${name} is a number from ${known.min} to ${known.max} ${known.unit}, not ${String(value)}.`,
    );
  }
}
