/**
 * Narrow uplinks: what a node sends over one link waits in that link's own queue, and the links take turns, frame
 * by frame, at the one line that leads out of the machine.
 */
import type { Frame, Link, SimNode } from './node.ts';

export interface Uplinks {
  /** Puts a frame behind what waits for its link. False: the queue is full, and the frame is not taken. */
  add(sender: SimNode, frame: Frame, extraMs: number): boolean;
  /** Does anything wait between these two? What comes later must wait as well. */
  isWaiting(link: Link, to: 0 | 1): boolean;
  /** Bytes that wait for this link, the frame on its way out among them. */
  waitingFor(link: Link, to: 0 | 1): number;
  /** All that waits at a node that is no more; its bytes. */
  drop(sender: SimNode): number;
  /** Bytes that wait everywhere. */
  waitingBytes(): number;
  /** The most that ever waited for one link, bytes. */
  readonly longest: number;
}

export interface UplinkTools {
  /** What the node's uplink carries now; 0: anything at once. */
  readonly kbpsOf: (sender: SimNode) => number;
  /** Runs `act` after so many milliseconds. */
  readonly after: (ms: number, act: () => void) => void;
  /** The last bit has left the machine. */
  readonly leave: (frame: Frame, extraMs: number) => void;
  /** A browser throws away a link whose send queue grows beyond this, bytes. */
  readonly maxBytes: number;
}

interface Waiting {
  readonly frame: Frame;
  readonly extraMs: number;
}

interface Queue {
  frames: Waiting[];
  bytes: number;
}

interface Line {
  /** In the order of their turns. */
  readonly queues: Map<Link, Queue>;
  /** On its way out. */
  serving: Frame | undefined;
}

export function createUplinks(tools: UplinkTools): Uplinks {
  const lines = new Map<SimNode, Line>();
  let longest = 0;

  const serve = (sender: SimNode, line: Line): void => {
    const first = line.queues.entries().next();
    line.serving = undefined;
    if (first.done) return void lines.delete(sender);
    const [link, queue] = first.value;
    const { frame, extraMs } = queue.frames.shift()!;
    line.serving = frame;
    queue.bytes -= sizeOf(frame);
    // To the back of the row, unless there is nothing more to say.
    line.queues.delete(link);
    if (queue.frames.length > 0) line.queues.set(link, queue);
    const kbps = tools.kbpsOf(sender);
    tools.after(kbps === 0 ? 0 : (8 * sizeOf(frame)) / kbps, () => {
      if (lines.get(sender) !== line) return;
      line.serving = undefined;
      tools.leave(frame, extraMs);
      serve(sender, line);
    });
  };

  return {
    add(sender, frame, extraMs) {
      const line = lines.get(sender) ?? { queues: new Map<Link, Queue>(), serving: undefined };
      const queue = line.queues.get(frame.link) ?? { frames: [], bytes: 0 };
      if (queue.bytes + sizeOf(frame) > tools.maxBytes) return false;
      lines.set(sender, line);
      line.queues.set(frame.link, queue);
      queue.frames.push({ frame, extraMs });
      queue.bytes += sizeOf(frame);
      longest = Math.max(longest, queue.bytes);
      if (line.serving === undefined) serve(sender, line);
      return true;
    },
    isWaiting(link, to) {
      const line = lines.get(link.nodes[to === 0 ? 1 : 0]);
      return line !== undefined && (line.queues.has(link) || line.serving?.link === link);
    },
    waitingFor(link, to) {
      const line = lines.get(link.nodes[to === 0 ? 1 : 0]);
      const serving = line?.serving?.link === link ? sizeOf(line.serving) : 0;
      return serving + (line?.queues.get(link)?.bytes ?? 0);
    },
    drop(sender) {
      const line = lines.get(sender);
      lines.delete(sender);
      return line === undefined ? 0 : bytesIn(line);
    },
    waitingBytes() {
      let bytes = 0;
      for (const line of lines.values()) bytes += bytesIn(line);
      return bytes;
    },
    get longest() {
      return longest;
    },
  };
}

function bytesIn({ queues, serving }: Line): number {
  let bytes = serving === undefined ? 0 : sizeOf(serving);
  for (const queue of queues.values()) bytes += queue.bytes;
  return bytes;
}

function sizeOf(frame: Frame): number {
  return frame.bytes?.length ?? 0;
}
