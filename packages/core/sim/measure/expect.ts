/** Compares a report with what its scenario expects. */
import type { Bounds, Scenario } from '../scenario/scenario.ts';
import { figureAt, type Report } from './report.ts';

/** A sentence for each expectation that is not met, and for each broken invariant. */
export function failuresOf(scenario: Scenario, report: Report): readonly string[] {
  const unmet = scenario.expect
    .map(({ path, bounds }) => complaint(path, figureAt(report, path), bounds))
    .filter(sentence => sentence !== undefined);
  const broken = report.broken.map(
    ({ at, node, rule, detail }) =>
      `Broken at ${(at / 1000).toFixed(3)} s${node < 0 ? '' : ` by node ${node}`}: ${rule}: ${detail}.`,
  );
  return [...unmet, ...broken];
}

function complaint(path: string, found: unknown, { min, max, equals }: Bounds): string | undefined {
  const is = `${path} is ${typeof found === 'number' ? String(Math.round(found * 1e6) / 1e6) : String(found ?? 'unknown')}`;
  if (equals !== undefined && found !== equals) return `${is}, not ${equals}.`;
  if (min === undefined && max === undefined) return undefined;
  if (typeof found !== 'number') return `${is}: it was never reached, or nothing was measured.`;
  if (min !== undefined && found < min) return `${is}, below ${min}.`;
  if (max !== undefined && found > max) return `${is}, above ${max}.`;
  return undefined;
}
