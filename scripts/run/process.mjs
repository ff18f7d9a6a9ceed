/** Child processes of a run: started with a JSON-lines voice, ended by pid, never left behind. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const GRACE_MS = 2_000;
const live = new Set();

/**
 * Starts `node <script> <args>`. `onLine` gets each JSON object that it prints; other lines are dropped.
 * The child is ours alone: Ctrl-C at the terminal reaches it through us.
 * @param {{ script: string, args: string[], onLine: (line: Record<string, unknown>) => void }} what
 */
export function startChild({ script, args, onLine }) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  live.add(child);
  // A child that was killed does not read any more; that is no error of ours.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', line => {
    if (line.startsWith('{')) onLine(JSON.parse(line));
  });
  const ended = new Promise(resolve => {
    child.once('exit', (code, signal) => {
      live.delete(child);
      resolve({ code, signal });
    });
    child.once('error', () => {
      live.delete(child);
      resolve({ code: 1, signal: null });
    });
  });
  return {
    pid: child.pid,
    ended,
    get running() {
      return live.has(child);
    },
    /** @param {unknown} command */
    say: command => child.stdin.write(`${JSON.stringify(command)}\n`),
    /** Sends the signal and waits for the end; a polite one that is not obeyed in 2 s becomes SIGKILL. */
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const forced = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await ended;
      clearTimeout(forced);
    },
  };
}

/** The last resort of a runner that must exit now. */
export function killChildren() {
  for (const child of live) child.kill('SIGKILL');
}
