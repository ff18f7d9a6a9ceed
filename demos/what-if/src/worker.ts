/** Runs the simulator beside the page, which stays alive; the page ends a run by ending this worker. */
import { startScenario, type World } from '@hearsay/core/sim';
import { layOut } from './layout.ts';
import type { FromWorker, Mesh, Question } from './messages.ts';

const SLICE_EVENTS = 1_000;
const PROGRESS_MS = 80;
/** More are a thicket. */
const DRAWN_PEERS = 200;
/** The engine's own, unless the scenario says otherwise. */
const ROUND_MS = 1_000;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
};

scope.onmessage = ({ data }) => {
  try {
    answer(data);
  } catch (error) {
    scope.postMessage({ type: 'refused', why: error instanceof Error ? error.message : String(error) });
  }
};

function answer({ file }: Question): void {
  const run = startScenario(file);
  let saidAt = performance.now();
  while (!run.advance(SLICE_EVENTS)) {
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    const { now, events } = run.world;
    scope.postMessage({ type: 'progress', share: now / run.scenario.durationMs, nowMs: now, events });
  }
  const { report, failures, curve, traffic } = run.result();
  const roundMs = run.scenario.config['broadcast.roundMs'] ?? ROUND_MS;
  scope.postMessage({
    type: 'answer',
    answer: {
      report,
      failures,
      expectations: run.scenario.expect.length,
      roundMs: Number(roundMs),
      curve,
      traffic,
      mesh: meshOf(run.world),
    },
  });
}

function meshOf(world: World): Mesh {
  const running = world.nodes.filter(node => node.engine !== undefined);
  const places = new Map(running.map((node, i) => [node.id, i]));
  const edges = running.flatMap((node, i) =>
    [...node.links.keys()].flatMap(peer => {
      const other = places.get(peer);
      return other === undefined || other <= i ? [] : [[i, other] as const];
    }),
  );
  const isDrawn = running.length <= DRAWN_PEERS;
  return {
    peers: running.length,
    links: edges.length,
    places: isDrawn ? layOut(running.length, edges) : [],
    edges: isDrawn ? edges : [],
  };
}
