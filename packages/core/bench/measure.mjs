/** Figures of a benchmark: medians of interleaved rounds, in CPU time, which a busy machine changes least. */

/**
 * Runs all parts in turn, `rounds` times, after one round that only warms up.
 * @param {{ [name: string]: () => number }} parts each does its work and says how many times
 * @returns {{ [name: string]: number }} median µs of CPU for one time
 */
export function interleaved(parts, rounds) {
  const taken = Object.fromEntries(Object.keys(parts).map(name => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(parts)) {
      const began = process.cpuUsage();
      const times = work();
      const { user, system } = process.cpuUsage(began);
      if (round > 0) taken[name].push((user + system) / times);
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, costs]) => [name, median(costs)]));
}

/** @param {readonly number[]} values */
export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

let missed = 0;

/** Prints one figure, and whether it is below its goal. */
export function print(value, unit, name, goal) {
  const verdict = goal === undefined ? '' : `  ≤ ${goal} ${value <= goal ? 'met' : 'MISSED'}`;
  if (goal !== undefined && value > goal) missed += 1;
  console.log(`${value.toFixed(value < 10 ? 2 : 1).padStart(9)} ${unit.padEnd(3)} ${name}${verdict}`);
}

/** Goals that a printed figure missed so far. */
export function goalsMissed() {
  return missed;
}
