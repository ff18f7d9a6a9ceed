/** Compares a report with what its scenario expects. */
import type { Bound, Bounds, Scenario } from '../scenario/scenario.ts';
import { figureAt, type Report } from './report.ts';

/**
 * A sentence for each expectation that is not met, and for each broken invariant. A bound drawn from another
 * variant (`of`) is compared when that variant's report is among `others`.
 */
export function failuresOf(scenario: Scenario, report: Report, others: readonly Report[] = []): readonly string[] {
  const unmet = scenario.expect
    .map(({ path, bounds }) => complaint(path, figureAt(report, path), resolved(bounds, report, others)))
    .filter(sentence => sentence !== undefined);
  const broken = report.broken.map(
    ({ at, node, rule, detail }) =>
      `Broken at ${(at / 1000).toFixed(3)} s${node < 0 ? '' : ` by node ${node}`}: ${rule}: ${detail}.`,
  );
  return [...unmet, ...broken];
}

/**
 * What a bound comes to in this run; `undefined`: its variant was not run beside it.
 * A figure that was never measured gives NaN, which nothing meets.
 */
export function boundOf(bound: Bound, report: Report, others: readonly Report[]): number | undefined {
  if (typeof bound === 'number') return bound;
  const source = bound.of === undefined ? report : others.find(({ name }) => name === bound.of);
  if (source === undefined) return undefined;
  const figure = figureAt(source, bound.figure);
  return typeof figure === 'number' ? figure * (bound.times ?? 1) : Number.NaN;
}

interface Resolved {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly equals: number | string | undefined;
}

function resolved({ min, max, equals }: Bounds, report: Report, others: readonly Report[]): Resolved {
  return {
    min: min === undefined ? undefined : boundOf(min, report, others),
    max: max === undefined ? undefined : boundOf(max, report, others),
    equals,
  };
}

function complaint(path: string, found: unknown, { min, max, equals }: Resolved): string | undefined {
  const is = `${path} is ${typeof found === 'number' ? rounded(found) : String(found ?? 'unknown')}`;
  if (equals !== undefined && found !== equals) return `${is}, not ${equals}.`;
  if (min === undefined && max === undefined) return undefined;
  if (typeof found !== 'number') return `${is}: it was never reached, or nothing was measured.`;
  if (min !== undefined && !(found >= min)) return `${is}, below ${rounded(min)}.`;
  if (max !== undefined && !(found <= max)) return `${is}, above ${rounded(max)}.`;
  return undefined;
}

function rounded(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}
