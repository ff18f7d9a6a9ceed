/** Visitors who come and go: whoever goes is replaced by somebody new, so the room keeps its size. */
import { isUp, type SimNode } from '../world/node.ts';
import type { Stage } from './stage.ts';

export function playChurn(stage: Stage): void {
  const { world, scenario, rng } = stage;
  const { churn } = scenario;
  if (churn === undefined) return;

  const plan = (node: SimNode): void => {
    // Sessions without memory: how long somebody has been here says nothing about when they go.
    const at = world.now + rng.exponential(churn.meanSessionMs);
    if (at < churn.toMs) world.at(at, () => end(node));
  };

  const end = (node: SimNode): void => {
    if (!isUp(node)) return;
    stage.touch();
    if (rng.next() < churn.cleanLeave) world.leave(node);
    else world.crash(node);
    const newcomer = world.add();
    world.start(newcomer);
    plan(newcomer);
  };

  world.at(churn.fromMs, () => {
    for (const node of world.nodes) if (isUp(node)) plan(node);
  });
}
