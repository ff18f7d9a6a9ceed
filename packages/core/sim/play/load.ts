/** Apps that say something: evenly spaced messages by chosen writers. */
import type { Load } from '../scenario/scenario.ts';
import { isUp, type SimNode } from '../world/node.ts';
import type { Stage } from './stage.ts';

export interface LoadCount {
  sent: number;
  /** Writes that the engine refused, as it would refuse an app's. */
  refused: number;
}

/** Keys of load messages begin with this and the number of the load. */
const LOAD_KEY = 'load';
/** The number of the load that a record with this key belongs to. */
export function loadOf(key: string): number | undefined {
  const [word, number] = key.split('/');
  return word === LOAD_KEY ? Number(number) : undefined;
}

/** State keys that a writer goes round; below what one author may own. */
const KEYS_PER_WRITER = 200;

export function playLoad(stage: Stage): readonly LoadCount[] {
  const written: string[] = [];
  return stage.scenario.load.map((load, index) => {
    const count: LoadCount = { sent: 0, refused: 0 };
    const stepMs = 1000 / load.perSecond;
    const next = (i: number): void => {
      const at = load.fromMs + i * stepMs;
      if (at >= load.toMs) return;
      stage.world.at(at, () => {
        say(stage, load, index, i, count, written);
        next(i + 1);
      });
    };
    next(0);
    return count;
  });
}

function say(stage: Stage, load: Load, index: number, i: number, count: LoadCount, written: string[]): void {
  const { world, messages } = stage;
  const writer = writerOf(stage, load, i);
  if (writer?.engine === undefined) return;
  const isDelete = load.kind === 'delete';
  const key = isDelete ? written[0] : keyOf(load.kind, index, writer, count.sent);
  if (key === undefined) return;
  const kind = load.kind === 'delete' ? 'state-delete' : load.kind;
  if (writer.engine.refusal(kind, key, load.bytes) !== undefined) {
    count.refused += 1;
    return;
  }
  stage.touch();
  count.sent += 1;
  if (kind === 'state') written.push(key);
  if (!isDelete) world.publish(writer, kind, key, messages.create(index, kind, key, load.bytes, writer, world.now));
  else world.publish(writer, kind, written.shift()!, null);
}

/** An app that is stopped says nothing. */
function writerOf({ world, rng }: Stage, { writers }: Load, i: number): SimNode | undefined {
  const alive = world.nodes.filter(node => isUp(node) && node.pausedUntil <= world.now);
  if (writers === 'random') return rng.pick(alive);
  return alive[i % Math.min(alive.length, writers === 'one' ? 1 : writers)];
}

function keyOf(kind: Load['kind'], load: number, writer: SimNode, n: number): string {
  if (kind === 'presence') return '';
  return kind === 'event' ? `${LOAD_KEY}/${load}` : `${LOAD_KEY}/${load}/${writer.index}/${n % KEYS_PER_WRITER}`;
}
