/** What the processes of a test cost. Linux tells it in /proc; elsewhere nothing is known, and nothing is asserted. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of the kernel's accounting: 100 a second on every Linux that is in use. */
const TICKS_PER_SECOND = 100;

export interface CpuSeconds {
  readonly all: number;
  /** Those that run the pages. */
  readonly pages: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
}

/** User and system time so far of all Chromium processes below this one. */
export function chromiumCpu(): CpuSeconds {
  let all = 0;
  let pages = 0;
  for (const { seconds, runsPages } of chromiumProcesses()) {
    all += seconds;
    if (runsPages) pages += seconds;
  }
  return { all, pages };
}

/** Those below this one that run pages. */
export function rendererPids(): readonly number[] {
  return chromiumProcesses().flatMap(({ pid, runsPages }) => (runsPages ? [pid] : []));
}

function chromiumProcesses(): readonly (Process & { readonly runsPages: boolean })[] {
  const processes = allProcesses();
  const ours = new Set([process.pid]);
  // A child may have a smaller number than its parent once the numbers have wrapped.
  for (let before = 0; before !== ours.size; ) {
    before = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  return processes.flatMap(one => {
    const command = ours.has(one.pid) && one.pid !== process.pid ? commandOf(one.pid) : '';
    if (!/chrom|msedge/i.test(command)) return [];
    return [{ ...one, runsPages: command.includes('--type=renderer') }];
  });
}

function allProcesses(): readonly Process[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const stat = read(`/proc/${name}/stat`);
      // The name in parentheses may hold anything, a parenthesis too.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields.length < 13) return [];
      const ticks = Number(fields[11]) + Number(fields[12]);
      return [{ pid: Number(name), parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND }];
    });
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
