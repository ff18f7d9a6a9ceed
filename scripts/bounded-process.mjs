/**
 * Runs one program to its end or to a time bound, and leaves nothing behind: the program leads a process group of its
 * own, which is ended with it. Node built-ins only, no shell.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const POSIX = process.platform !== 'win32';
const GRACE_MS = 3_000;
const KEPT_OUTPUT = 200_000;

/**
 * @typedef {object} Run
 * @property {number} boundMs     after this many milliseconds the whole group is ended
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [show]     let the program write to our own terminal instead of keeping its output
 * @property {(line: string) => void} [onLine]  called with the latest line of kept output
 *
 * @typedef {object} Outcome
 * @property {boolean} ok         ended by itself with code 0
 * @property {boolean} timedOut
 * @property {string} output      the last 200,000 characters it wrote, empty with `show`
 * @property {string} how         how it ended, as the end of a sentence
 */

/**
 * Never rejects: a program that cannot be started is an outcome too.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Run} run
 * @returns {Promise<Outcome>}
 */
export function runBounded(command, args, { boundMs, cwd, env = process.env, show = false, onLine }) {
  return new Promise(resolve => {
    const stdio = show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio, detached: POSIX, windowsHide: true });
    const stopForwarding = forwardSignals(child);
    let output = '';
    let timedOut = false;
    let forced;

    const keep = chunk => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
      const line = output.trimEnd().split('\n').at(-1);
      if (line !== undefined) onLine?.(line);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);

    const bound = setTimeout(() => {
      timedOut = true;
      endGroup(child, 'SIGTERM');
      forced = setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS);
    }, boundMs);

    const finish = (ok, how) => {
      clearTimeout(bound);
      clearTimeout(forced);
      stopForwarding();
      resolve({ ok: ok && !timedOut, timedOut, output, how: timedOut ? `took longer than ${boundMs / 1000} s` : how });
    };
    child.once('error', error => finish(false, `could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      // Whatever the program left running belongs to its group, and may hold our pipes open.
      if (POSIX) endGroup(child, 'SIGKILL');
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      const late = setTimeout(() => finish(code === 0, how), 500);
      child.once('close', () => {
        clearTimeout(late);
        finish(code === 0, how);
      });
    });
  });
}

function endGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (POSIX) process.kill(-child.pid, signal);
    else spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
  } catch {
    // The group is gone already.
  }
}

/** Ctrl-C reaches only our own group, so it is passed on before we obey it. */
function forwardSignals(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const obey = signal => {
    endGroup(child, 'SIGTERM');
    const leave = () => {
      endGroup(child, 'SIGKILL');
      process.exit(128 + constants.signals[signal]);
    };
    child.once('exit', leave);
    setTimeout(leave, GRACE_MS);
  };
  for (const signal of signals) process.once(signal, obey);
  return () => {
    for (const signal of signals) process.off(signal, obey);
  };
}
