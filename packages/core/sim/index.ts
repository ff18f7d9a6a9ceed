/** The deterministic simulator: the shipped engine in a virtual world. Runs in Node and in a page alike. */

export { type Curve, runChart } from './measure/chart.ts';
export { boundOf, failuresOf } from './measure/expect.ts';
export type { Broken, Rule } from './measure/invariants.ts';
export type { MembershipReport } from './measure/membership.ts';
export type { Spread } from './measure/messages.ts';
export { type Distribution, figureAt, type Report } from './measure/report.ts';
export { type Result, type Run, type RunOptions, runScenario, startScenario } from './run.ts';
export { parseScenario } from './scenario/parse.ts';
export type {
  ActionFile,
  Bound,
  Bounds,
  Scenario,
  ScenarioFile,
  SelectionFile,
  Topology,
} from './scenario/scenario.ts';
export { scenarios } from './scenarios/index.ts';
export { faults } from './soak/broken.ts';
export type { Fault } from './soak/fault.ts';
export { drawSchedule, type Schedule } from './soak/schedule.ts';
export { runSoak, type SoakOptions, type SoakResult } from './soak/soak.ts';
export type { SimNode } from './world/node.ts';
export type { World } from './world/world.ts';
