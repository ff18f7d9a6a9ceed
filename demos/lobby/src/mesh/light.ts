/** An update as light: a dot runs along each link, hop after hop, and every circle it reaches lights up. */
import { paint, prefersCalm, svg } from '../dom.ts';
import type { Point } from '../model.ts';
import type { Hop } from './graph.ts';

export interface Light {
  run(author: string, hops: readonly Hop[], color: string, isStrong: boolean): void;
}

/** The real way takes milliseconds; this is slow enough to follow. */
const HOP_MS = 320;
const GLOW_MS = 800;
/** Dots on their way at once. A wave that would exceed them only lights its author. */
const MAX_DOTS = 160;
/** The same for what happens all the time: a pointer in a crowd lights its author, and the machine stays calm. */
const MAX_WEAK_DOTS = 40;
/** Least pause between two waves of one author; strong ones are rarer and may follow sooner. */
const WEAK_PAUSE_MS = 1_400;
const STRONG_PAUSE_MS = 350;
const MAX_AUTHORS = 256;

export function createLight(
  layer: SVGGElement,
  at: (id: string) => Point,
  haloOf: (id: string) => SVGElement | null | undefined,
): Light {
  const lastWave = new Map<string, number>();
  let dots = 0;

  const glow = (id: string, delay: number, isStrong: boolean): void => {
    const grown = prefersCalm() ? 1.35 : 2;
    haloOf(id)?.animate(
      [
        { opacity: isStrong ? 0.75 : 0.4, transform: `scale(${prefersCalm() ? grown : 1})` },
        { opacity: 0, transform: `scale(${grown})` },
      ],
      { duration: GLOW_MS, delay, easing: 'ease-out' },
    );
  };

  const travel = ({ from, to, depth }: Hop, color: string, isStrong: boolean): void => {
    const dot = svg('circle', 'light', { r: isStrong ? 4.5 : 3 });
    paint(dot, color);
    layer.append(dot);
    dots += 1;
    const [start, end] = [at(from), at(to)];
    const flight = dot.animate(
      [
        { transform: `translate(${start.x}px, ${start.y}px)`, opacity: 1 },
        { transform: `translate(${end.x}px, ${end.y}px)`, opacity: 1 },
      ],
      { duration: HOP_MS, delay: (depth - 1) * HOP_MS, easing: 'ease-in-out' },
    );
    flight.addEventListener('finish', () => {
      dots -= 1;
      dot.remove();
    });
  };

  return {
    run(author, hops, color, isStrong) {
      const now = performance.now();
      const pause = isStrong ? STRONG_PAUSE_MS : WEAK_PAUSE_MS;
      if (now - (lastWave.get(author) ?? Number.NEGATIVE_INFINITY) < pause) return;
      if (lastWave.size >= MAX_AUTHORS) lastWave.clear();
      lastWave.set(author, now);
      glow(author, 0, isStrong);
      if (dots + hops.length > (isStrong ? MAX_DOTS : MAX_WEAK_DOTS)) return;
      for (const hop of hops) {
        // Without motion the circles light up together: reached is reached.
        if (prefersCalm()) glow(hop.to, 0, isStrong);
        else {
          travel(hop, color, isStrong);
          glow(hop.to, hop.depth * HOP_MS, isStrong);
        }
      }
    },
  };
}
