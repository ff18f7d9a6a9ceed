/** Runs one scenario in this process, in slices, so that somebody can be told how far it is. */
import { closeSync, openSync, writeSync } from 'node:fs';

const SLICE_EVENTS = 5_000;
const TRACE_LINES = 4_096;

/**
 * @param {typeof import('../../packages/core/sim/index.ts')} sim
 * @param {(line: () => string) => void} onProgress
 */
export function simulate({ startScenario }, file, { seed, trace }, onProgress) {
  const traceFile = trace === undefined ? undefined : openTrace(trace);
  const began = performance.now();
  const run = startScenario(file, {
    seed,
    onInput: traceFile?.onInput,
    cpuMs: () => process.cpuUsage().user / 1000,
    memoryMb: () => process.resourceUsage().maxRSS / 1000,
  });
  while (!run.advance(SLICE_EVENTS)) onProgress(() => progressOf(run, performance.now() - began));
  traceFile?.close();
  return run.result();
}

function progressOf({ world, scenario }, tookMs) {
  const share = Math.floor((100 * world.now) / scenario.durationMs);
  const rate = Math.round(world.events / tookMs);
  return `${scenario.name}: ${share} %, ${(world.now / 1000).toFixed(0)} s of the world, ${rate} k events/s`;
}

/** Buffered: a run of a minute has millions of inputs. */
function openTrace(file) {
  const handle = openSync(file, 'w');
  let lines = [];
  const flush = () => {
    writeSync(handle, lines.join(''));
    lines = [];
  };
  return {
    onInput(atMs, node, input) {
      lines.push(`${JSON.stringify({ atMs, node, ...readable(input) })}\n`);
      if (lines.length >= TRACE_LINES) flush();
    },
    close() {
      flush();
      closeSync(handle);
    },
  };
}

function readable(input) {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );
}
