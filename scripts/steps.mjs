/** Tells a waiting person what is being done and how long it took. */

const PROGRESS_MS = 2_000;

/**
 * @param {{ quiet?: boolean }} options  quiet: only what takes longer than two seconds is mentioned, on stderr
 */
export function createSteps({ quiet = false } = {}) {
  const out = quiet ? process.stderr : process.stdout;
  const say = line => out.write(`${line}\n`);
  return {
    /** @param {string} line */
    note(line) {
      if (!quiet) say(line);
    },

    /**
     * Runs `work`, which may report its latest line of output, and says how long it took.
     * @template T
     * @param {string} name
     * @param {(onLine: (line: string) => void) => Promise<T>} work
     * @returns {Promise<T>}
     */
    async step(name, work) {
      const began = performance.now();
      let latest = '';
      const progress = setInterval(() => {
        say(`  … ${name}, ${seconds(began)}${latest === '' ? '' : `: ${latest.slice(0, 100)}`}`);
      }, PROGRESS_MS);
      try {
        return await work(line => {
          // A line of plus signs tells nobody anything.
          if (/\w/.test(line)) latest = plain(line);
        });
      } finally {
        clearInterval(progress);
        if (!quiet) say(`${name}: ${seconds(began)}`);
      }
    },
  };
}

/**
 * @param {number} began  a reading of `performance.now()`
 * @returns {string} the time since then, as in `1.3 s`
 */
export function seconds(began) {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}

/** Progress lines of other programs come with colours and carriage returns. */
function plain(line) {
  const text = line.split('\r').at(-1) ?? '';
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g'), '').trim();
}
