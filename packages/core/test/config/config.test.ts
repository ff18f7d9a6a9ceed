import { expect, test } from 'vitest';
import { type ConfigOverrides, makeConfig, tunables } from '../../src/config.ts';

const named = Object.entries(tunables);

test.each(named)('CONF-1: %s has a default within its range, a unit, a meaning and a source', (_name, tunable) => {
  expect(tunable.initial).toBeGreaterThanOrEqual(tunable.min);
  expect(tunable.initial).toBeLessThanOrEqual(tunable.max);
  for (const text of [tunable.unit, tunable.about, tunable.source]) expect(text).not.toBe('');
});

test.each(named)('CONF-2: %s is taken from its least to its most, and no further', (name, { min, max, initial }) => {
  expect(makeConfig()).toHaveProperty([name], initial);
  for (const good of [min, max]) expect(makeConfig({ [name]: good } as ConfigOverrides)).toHaveProperty([name], good);
  for (const bad of [min - 1, max + 1, Number.NaN, String(min), null]) {
    expect(() => makeConfig({ [name]: bad } as ConfigOverrides)).toThrow(
      expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(name) }),
    );
  }
});

test.each(['overlay.maxlinks', '', '__proto__', 'constructor'])('CONF-3: there is no setting named %j', name => {
  const overrides = Object.fromEntries([[name, 1]]) as ConfigOverrides;
  expect(() => makeConfig(overrides)).toThrow(expect.objectContaining({ code: 'bad-config' }));
});

test('CONF-4: the mode of broadcast is one of a list', () => {
  expect(makeConfig()['broadcast.mode']).toBe('tree');
  expect(makeConfig({ 'broadcast.mode': 'push' })['broadcast.mode']).toBe('push');
  expect(() => makeConfig({ 'broadcast.mode': 'telepathy' } as unknown as ConfigOverrides)).toThrow(
    expect.objectContaining({ code: 'bad-config' }),
  );
});

test('CONF-3: a setting that is undefined keeps its default', () => {
  const overrides = { 'overlay.maxLinks': undefined } as unknown as ConfigOverrides;
  expect(makeConfig(overrides)).toEqual(makeConfig());
});

test('CONF-5: settings that are made are frozen, and shared by who asks for them again', () => {
  const config = makeConfig({ 'overlay.maxLinks': 7 });
  expect(makeConfig(config)).toBe(config);
  expect(Object.isFrozen(config)).toBe(true);
  expect(makeConfig({ ...config })).toEqual(config);
  expect(makeConfig({ ...config })).not.toBe(config);
});
