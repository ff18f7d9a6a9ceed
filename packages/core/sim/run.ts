/**
 * Runs a scenario: sets the world up, plays the script on it, watches, and reports. Equal scenario and seed:
 * equal run, to the last byte.
 */
import {
  createRng,
  type Effect,
  type Engine,
  type Hlc,
  type Input,
  makeConfig,
  type PeerId,
  seedFrom,
} from '@hearsay/core';
import { type AppState, createAppState } from './measure/app-state.ts';
import type { Curve } from './measure/chart.ts';
import { failuresOf } from './measure/expect.ts';
import { createInvariants, type Invariants } from './measure/invariants.ts';
import { createMembership, type Membership, missedAfterMs } from './measure/membership.ts';
import { createMessages, type Message, type Messages } from './measure/messages.ts';
import { quantile } from './measure/quantiles.ts';
import { createReach, type Reach } from './measure/reach.ts';
import { createRelayMeter, type RelayMeter } from './measure/relay.ts';
import type { LifeTotals, Report } from './measure/report.ts';
import { aggregatesOf, bytesOf, overlayOf, syncOf, totalsOf, verifyOf } from './measure/totals.ts';
import { eachSecond, meterSpreading, meterTraffic, type Traffic } from './measure/traffic.ts';
import { playChurn } from './play/churn.ts';
import { type LoadCount, loadOf, playLoad } from './play/load.ts';
import { open } from './play/opening.ts';
import type { Stage } from './play/stage.ts';
import { playTimeline } from './play/timeline.ts';
import { parseScenario } from './scenario/parse.ts';
import type { Scenario, ScenarioFile } from './scenario/scenario.ts';
import { separates } from './world/network.ts';
import { isUp, type SimNode } from './world/node.ts';
import { createWorld, type Observer, type World } from './world/world.ts';

export interface RunOptions {
  /** Instead of the file's own. */
  readonly seed?: number | undefined;
  readonly nodes?: number | undefined;
  /** Sees every input of every node before it is handled; `atMs` is virtual. */
  readonly onInput?: ((atMs: number, node: number, input: Input) => void) | undefined;
  /** Sees every effect of every node before it is obeyed. */
  readonly onEffect?: ((atMs: number, node: number, effect: Effect) => void) | undefined;
  /** The simulator has no clock and no view of its memory: without these the report says `null`. */
  readonly cpuMs?: (() => number) | undefined;
  readonly memoryMb?: (() => number) | undefined;
  /** Puts something round an engine: a peer that is not what it should be. */
  readonly wrapEngine?: ((engine: Engine, node: number, self: PeerId) => Engine) | undefined;
}

export interface Result {
  readonly scenario: Scenario;
  readonly report: Report;
  /** A sentence for each expectation not met and each broken invariant; empty: passed. */
  readonly failures: readonly string[];
  /** Delivery over time since publication: [ms, share of all deliveries], rising. */
  readonly curve: Curve['points'];
  /** The same for each entry of `load`. */
  readonly loadCurves: readonly Curve['points'][];
  /** Bytes sent per running node in each second of the run. */
  readonly traffic: Traffic['series'];
}

/** A scenario that is being run, in slices: a page or a progress display stays alive meanwhile. */
export interface Run {
  readonly scenario: Scenario;
  readonly world: World;
  /** Runs on for at most so many events. True when the scenario is over. */
  advance(maxEvents: number): boolean;
  /** A sentence for each way in which the running nodes disagree now, about who is there or about the state. */
  disagreements(): readonly string[];
  /** Call it when the scenario is over. */
  result(): Result;
}

/**
 * Runs a scenario from beginning to end.
 * @throws HearsayError `scenario-invalid`, with the path of the key that cannot be used.
 */
export function runScenario(file: ScenarioFile, options: RunOptions = {}): Result {
  const run = startScenario(file, options);
  run.advance(Number.POSITIVE_INFINITY);
  return run.result();
}

const STAGE_STREAM = -20;
/** Limits and sums are checked this many times in a run, at most every `MIN_INSPECT_MS`. */
const INSPECTIONS = 20;
const MIN_INSPECT_MS = 1_000;
const CURVE_POINTS = 200;

/** @throws HearsayError `scenario-invalid` */
export function startScenario(file: ScenarioFile, options: RunOptions = {}): Run {
  const scenario = parseScenario(withOverrides(file, options));
  const watch = createWatch(scenario, options.onEffect);
  const startedAt = options.cpuMs?.() ?? 0;
  const world = createWorld({
    scenario,
    observer: watch.observer,
    onInput: options.onInput && ((at, node, input) => options.onInput?.(at, node.index, input)),
    wrapEngine: options.wrapEngine && ((engine, node) => options.wrapEngine?.(engine, node.index, node.id) ?? engine),
    missedAfterMs: missedAfterMs(makeConfig(scenario.config)),
    keepsStorage: scenario.timeline.some(({ action }) => action.do === 'restart'),
  });
  watch.begin(world);
  let touchedAt = 0;
  const stage: Stage = {
    world,
    scenario,
    messages: watch.messages,
    rng: createRng(seedFrom(scenario.seed, STAGE_STREAM)),
    touch() {
      touchedAt = world.now;
    },
    onCrashed: () => watch.reach.onCrashed(world),
  };
  const traffic = meterTraffic(world, scenario.durationMs);
  eachSecond(world, scenario.durationMs, watch.membership.onSecond);
  const spreadBytes = meterSpreading(world, scenario.load, () => livesOf(world, watch));
  open(stage);
  playTimeline(stage);
  playChurn(stage);
  const counts = playLoad(stage);
  inspectOften(world, scenario, watch.invariants);
  let report: Report | undefined;

  return {
    scenario,
    world,
    advance: maxEvents => world.advance(scenario.durationMs, maxEvents),
    disagreements: () => [
      ...watch.membership.disagreements(),
      ...watch.invariants.stateDisagreements(),
      ...watch.appState.disagreements(world.nodes),
    ],
    result() {
      if (report === undefined) {
        watch.invariants.inspect(true);
        if (isQuiet(world, scenario, touchedAt)) inspectQuiet(world, watch);
        const cpuMs = options.cpuMs === undefined ? null : options.cpuMs() - startedAt;
        report = reportOf(world, scenario, watch, {
          counts,
          spreadBytes: spreadBytes(),
          traffic,
          cost: { cpuMs, memoryMb: options.memoryMb?.() ?? null },
        });
      }
      const curve = curveOf(watch.messages.times(world.nodes));
      const loadCurves = scenario.load.map((_, load) => curveOf(watch.messages.times(world.nodes, load)));
      return {
        scenario,
        report,
        failures: failuresOf(scenario, report),
        curve,
        loadCurves,
        traffic: traffic.series,
      };
    },
  };
}

function withOverrides(file: ScenarioFile, { seed, nodes }: RunOptions): ScenarioFile {
  if (seed === undefined && nodes === undefined) return file;
  return { ...file, ...(seed === undefined ? {} : { seed }), ...(nodes === undefined ? {} : { nodes }) };
}

interface Watch {
  readonly observer: Observer;
  readonly messages: Messages;
  readonly reach: Reach;
  readonly membership: Membership;
  readonly invariants: Invariants;
  readonly appState: AppState;
  readonly relay: RelayMeter;
  /** Neighbours that somebody cut off for misconduct. */
  readonly penalised: Set<PeerId>;
  /** Lives that have ended. */
  readonly lives: LifeTotals[];
  readonly copies: { readonly ofLoad: number[]; delta: number };
  begin(world: World): void;
}

/** Joins what is measured to what happens. */
function createWatch(scenario: Scenario, seeEffect: RunOptions['onEffect']): Watch {
  const config = makeConfig(scenario.config);
  let theWorld: World | undefined;
  const world = (): World => theWorld!;
  const reach = createReach();
  const messages = createMessages(() => world().nodes.length, reach.pieceOf);
  const membership = createMembership(world, config, scenario.presence === Number.POSITIVE_INFINITY);
  const invariants = createInvariants(world, config);
  const appState = createAppState();
  const relay = createRelayMeter({
    isServerUp: () => world().signaling.up,
    mayBeRouted(peer) {
      const target = world().nodeOf(peer);
      return target !== undefined && isUp(target) && target.index < scenario.presence;
    },
  });
  const penalised = new Set<PeerId>();
  const lives: LifeTotals[] = [];
  const copies = { ofLoad: scenario.load.map(() => 0), delta: 0 };
  const presences = scenario.load.findIndex(load => load.kind === 'presence');

  const onSign = (node: SimNode, effect: Parameters<Invariants['onSign']>[1]): void => {
    const record = invariants.onSign(node, effect);
    if (record === undefined) return;
    if (record.kind === 'accuse') membership.onAccusation(node, record.key as PeerId);
    else if (record.kind !== 'leave' && record.kind !== 'vouch') membership.onSpoke(node);
    if (record.kind === 'presence') membership.onStated(node, (record.value as readonly [Hlc])[0]);
    appState.onSigned(record);
    messages.onSigned(
      node,
      record.kind === 'presence' ? (record.value as readonly [number, typeof record.value])[1] : record.value,
    );
  };

  const observer: Observer = {
    onEffect(node, effect) {
      seeEffect?.(world().now, node.index, effect);
      if (effect.type === 'send') return relay.onSent(node, effect.bytes);
      if (effect.type === 'sign') return onSign(node, effect);
      if (effect.type !== 'deliver') return;
      const { delivery } = effect;
      if (delivery.what === 'warning' && delivery.peer !== undefined) penalised.add(delivery.peer);
      // Each keeps books of its own, so all are asked.
      const verdicts = [
        membership.onDelivery(node, delivery),
        appState.onDelivery(node, delivery),
        messages.onDelivery(node, delivery, world().now),
      ];
      const wrong = verdicts.find(verdict => verdict !== undefined);
      if (wrong !== undefined) invariants.break(wrong, node, JSON.stringify(effect.delivery).slice(0, 200));
    },
    onHandled(node, input) {
      if (input.type === 'frame') relay.onReceived(node, input.bytes);
      else if (input.type === 'link-up') invariants.onLinkUp(node);
    },
    onFrame(frame) {
      if (frame.type === 'delta') copies.delta += frame.records.length;
    },
    onRecordCopy(kind, key) {
      const load = kind === 'presence' ? presences : loadOf(key);
      if (load !== undefined && copies.ofLoad[load] !== undefined) copies.ofLoad[load] += 1;
    },
    onStarted(node) {
      membership.onStarted(node);
      invariants.onStarted(node);
    },
    onResumed: membership.onResumed,
    onStopped(node, engine) {
      membership.onStopped(node);
      appState.onStopped(node);
      lives.push(totalsOf(node, engine, world().now));
    },
    onBroken: (rule, node, detail) => invariants.break(rule, node, detail),
  };
  const begin = (begun: World): void => {
    theWorld = begun;
  };
  return { observer, messages, reach, membership, invariants, appState, relay, penalised, lives, copies, begin };
}

function inspectOften(world: World, scenario: Scenario, invariants: Invariants): void {
  const everyMs = Math.max(MIN_INSPECT_MS, scenario.durationMs / INSPECTIONS);
  const next = (at: number): void => {
    if (at >= scenario.durationMs) return;
    world.at(at, () => {
      invariants.inspect(false);
      next(at + everyMs);
    });
  };
  next(everyMs);
}

/** Has nothing happened for so long that anti-entropy must have repaired everything? */
function isQuiet(world: World, scenario: Scenario, touchedAt: number): boolean {
  const config = makeConfig(scenario.config);
  const quietMs = 4 * config['sync.periodMs'];
  const isCut = world.network.partitions.some(({ until }) => until > world.now);
  const skews = world.nodes.filter(isUp).map(({ skewMs }) => skewMs);
  // Records of a clock that is too far ahead are refused until their time has come.
  const isSkewed = Math.max(0, ...skews) - Math.min(0, ...skews) > config['intake.skewMs'];
  return !isCut && !isSkewed && world.now - touchedAt >= quietMs;
}

function inspectQuiet(world: World, { invariants, appState }: Watch): void {
  for (const sentence of invariants.stateDisagreements()) invariants.break('state-diverges', undefined, sentence);
  for (const sentence of appState.disagreements(world.nodes)) invariants.break('apps-diverge', undefined, sentence);
}

interface Measured {
  readonly counts: readonly LoadCount[];
  readonly spreadBytes: readonly number[];
  readonly traffic: Traffic;
  readonly cost: Omit<Report['run'], 'events'>;
}

function reportOf(world: World, scenario: Scenario, watch: Watch, measured: Measured): Report {
  const { messages } = watch;
  const { counts, spreadBytes, traffic, cost } = measured;
  const lives = livesOf(world, watch);
  const bytes = bytesOf(lives, traffic, world.network.longestQueue());
  const loads = counts.map((count, i) => ({
    kind: scenario.load[i]!.kind,
    sent: count.sent,
    refused: count.refused,
    redundancy: redundancyOf(watch.copies.ofLoad[i]!, messages.deliveriesOf(i)),
    bytes: spreadBytes[i]!,
    missedInReach: messages.missedInReach(world.nodes, i),
    t99UncutMs: quantile(messages.times(world.nodes, i, isUncut(world)), 0.99),
    ...messages.spread(world.nodes, i),
  }));
  return {
    name: scenario.name,
    seed: scenario.seed,
    convergence: { ...messages.spread(world.nodes), loads },
    redundancy: redundancyOf(
      watch.copies.ofLoad.reduce((sum, copies) => sum + copies, 0),
      messages.deliveries,
    ),
    bytes,
    membership: watch.membership.report(),
    state: { resurrected: watch.appState.resurrected(world.nodes) },
    overlay: overlayOf(world, lives, watch.reach.share()),
    aggregates: aggregatesOf(world),
    relay: watch.relay.report(),
    guard: { honestPenalised: watch.penalised.size },
    sync: syncOf(lives, bytes, watch.copies.delta),
    verify: verifyOf(lives),
    run: { events: world.events, cpuMs: cost.cpuMs, memoryMb: cost.memoryMb },
    traceHash: world.traceHash(),
    broken: watch.invariants.broken,
  };
}

/** All that ended, and all that run. */
function livesOf(world: World, watch: Watch): readonly LifeTotals[] {
  return [...watch.lives, ...world.nodes.filter(isUp).map(node => totalsOf(node, node.engine, world.now))];
}

/** Could the node be reached from the writer of the message when it was published? */
function isUncut({ network }: World): (message: Message, node: SimNode) => boolean {
  return ({ writer, at }, node) =>
    !network.partitions.some(cut => cut.since <= at && at < cut.until && separates(cut, writer, node));
}

function redundancyOf(copies: number, deliveries: number): number | null {
  return deliveries === 0 ? null : copies / deliveries - 1;
}

function curveOf(times: Float64Array): Result['curve'] {
  const reached = times.filter(Number.isFinite);
  if (reached.length === 0) return [];
  const step = Math.max(1, Math.floor(reached.length / CURVE_POINTS));
  const curve: [number, number][] = [[0, 0]];
  for (let i = step; i < reached.length; i += step) curve.push([reached[i - 1]!, i / times.length]);
  curve.push([reached.at(-1)!, reached.length / times.length]);
  return curve;
}
