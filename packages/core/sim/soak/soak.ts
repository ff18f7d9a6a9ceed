/**
 * One seed of the soak: a random schedule with every invariant on, then a whole network, in which all running
 * nodes must come to see exactly each other and the same state; then a few questions to the room that agrees.
 */
import { type ConfigOverrides, createRng, type Engine, makeConfig, type PeerId, seedFrom } from '@hearsay/core';
import { type Run, startScenario } from '../run.ts';
import type { ScenarioFile } from '../scenario/scenario.ts';
import { isUp } from '../world/node.ts';
import type { World } from '../world/world.ts';
import { type Checks, createChecks } from './checks.ts';
import { contest } from './contest.ts';
import { createOrdeals, type Ordeals } from './ordeals.ts';
import { createProbes, type Probes } from './probes.ts';
import { drawSchedule, type Schedule } from './schedule.ts';
import { spoiling } from './spoiler.ts';

export interface SoakOptions {
  /** Puts something round an engine: the faults that the soak must find. */
  readonly wrapEngine?: ((engine: Engine, node: number, self: PeerId) => Engine) | undefined;
  /** Settings that the schedule is played with instead of its own: a build with a number that is wrong. */
  readonly config?: ConfigOverrides | undefined;
}

export interface SoakResult {
  readonly seed: number;
  readonly file: ScenarioFile;
  /** A sentence for each thing that was wrong; empty: the seed passed. */
  readonly failures: readonly string[];
  /** From the end of the schedule until all agreed; `null`: never. */
  readonly agreedAfterMs: number | null;
  readonly events: number;
  readonly traceHash: string;
}

const STREAM = -42;
const CHECK_EVERY_MS = 1_000;
const SPOILER = 1;
const LISTED = 8;

/** Runs one seed from beginning to end. Equal seed: equal run. */
export function runSoak(seed: number, options: SoakOptions = {}): SoakResult {
  const drawn = drawSchedule(seed);
  const schedule = withConfig(drawn, options.config);
  const { file, healAtMs } = schedule;
  const mode = file.config?.['broadcast.mode'];
  const spreadsOnce = mode === 'tree' || mode === 'flood';
  const rng = createRng(seedFrom(seed, STREAM));
  let started: Run | undefined;
  const world = (): World => started!.world;
  const checks = createChecks(world, spreadsOnce, makeConfig(drawn.file.config));
  const probes = createProbes(world, rng, spreadsOnce);
  const isRough = (file.network?.loss ?? 0) + (file.network?.connectFailure ?? 0) > 0;
  const ordeals = createOrdeals(world, rng, { isComplete: spreadsOnce, isRough });
  const run = startScenario(file, {
    onInput(_at, index, input) {
      const node = world().nodes[index]!;
      checks.onInput(node, input);
      ordeals.onInput(node, input);
    },
    onEffect(_at, index, effect) {
      const node = world().nodes[index]!;
      checks.onEffect(node, effect);
      probes.onEffect(node, effect);
      ordeals.onEffect(node, effect);
    },
    wrapEngine(engine, node, self) {
      const wrapped = ordeals.wrap(options.wrapEngine?.(engine, node, self) ?? engine, self);
      return schedule.spoils && node === SPOILER ? spoiling(wrapped, seed) : wrapped;
    },
  });
  started = run;
  contest(run.world, rng, 5_000, healAtMs);
  run.world.advance(healAtMs, Number.POSITIVE_INFINITY);
  const agreedAfterMs = untilAgreed(run, schedule);
  const failures = agreedAfterMs === null ? complaintsOf(run) : answersOf(run, probes, ordeals);
  return finished(run, schedule, checks, failures, agreedAfterMs);
}

function withConfig(schedule: Schedule, config: ConfigOverrides = {}): Schedule {
  const { file } = schedule;
  return { ...schedule, file: { ...file, config: { ...file.config, ...config } } };
}

/** Whoever is stopped still has to wake before anybody can ask him for anything. */
function untilAgreed(run: Run, { healAtMs, boundMs }: Schedule): number | null {
  const { world } = run;
  while (world.now < healAtMs + boundMs) {
    world.advance(world.now + CHECK_EVERY_MS, Number.POSITIVE_INFINITY);
    const isStopped = world.nodes.some(node => isUp(node) && node.pausedUntil > world.now);
    if (!isStopped && run.disagreements().length === 0) return world.now - healAtMs;
  }
  return null;
}

function complaintsOf(run: Run): readonly string[] {
  const all = run.disagreements();
  const rest = all.length > LISTED ? [`and ${all.length - LISTED} more`] : [];
  return ['The room never agreed:', ...all.slice(0, LISTED), ...rest];
}

function answersOf(run: Run, probes: Probes, ordeals: Ordeals): readonly string[] {
  const { world } = run;
  probes.begin();
  world.advance(probes.endsAtMs, Number.POSITIVE_INFINITY);
  const missing = [...probes.missing(), ...run.disagreements().map(sentence => `after the probes: ${sentence}`)];
  if (missing.length === 0) {
    ordeals.endure(probes.leaver);
    missing.push(...ordeals.wrong, ...run.disagreements().map(sentence => `in the end: ${sentence}`));
  }
  return missing.slice(0, LISTED);
}

function finished(
  run: Run,
  { file, spoils }: Schedule,
  checks: Checks,
  failures: readonly string[],
  agreedAfterMs: number | null,
): SoakResult {
  const { report, failures: broken } = run.result();
  const isCalm = file.timeline?.length === 2 && file.network?.loss === 0 && file.network.bandwidthKbps === 0 && !spoils;
  const { falseSuspicions, falseDeaths, healthyDeaths } = report.membership;
  const alarms =
    isCalm && falseSuspicions + falseDeaths > 0
      ? [`${falseSuspicions} false suspicions and ${falseDeaths} false deaths in a calm room`]
      : [];
  if (healthyDeaths > 0) alarms.push(`${healthyDeaths} deaths of peers that nothing had been done to`);
  return {
    seed: file.seed!,
    file,
    failures: [...broken.slice(0, LISTED), ...checks.broken.slice(0, LISTED), ...alarms, ...failures],
    agreedAfterMs,
    events: report.run.events,
    traceHash: report.traceHash,
  };
}
