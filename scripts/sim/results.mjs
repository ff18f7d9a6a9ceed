/** What was measured over many seeds, kept in docs/results: one file for each scenario and size. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandOf, ROOT } from './arguments.mjs';

export const RESULTS = path.join(ROOT, 'docs', 'results');
/** Why a row misses its number or was not measured, by scenario; written by hand. */
const REASONS = 'reasons.json';

/** @returns the file */
export function keepResults({ what, nodes, duration, seeds }, variants, failed) {
  mkdirSync(RESULTS, { recursive: true });
  const size = [nodes, duration].filter(part => part !== undefined);
  const file = path.join(RESULTS, `${[what, ...size].join('@')}.json`);
  const from = seeds[0] === 1 ? undefined : seeds[0];
  const command = commandOf(what, { nodes, duration, seeds: seeds.length, from });
  const kept = { scenario: what, command, seeds: seeds.length, failed, variants };
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  return file;
}

export function readResults(folder = RESULTS) {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json') && name !== REASONS)
    .sort()
    .map(name => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
}

export function readReasons(folder = RESULTS) {
  return JSON.parse(readFileSync(path.join(folder, REASONS), 'utf8'));
}
