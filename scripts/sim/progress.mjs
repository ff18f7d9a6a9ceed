/** Says on stderr how far a long run is: one line that is rewritten on a terminal, a line now and then in a log. */

const TERMINAL_MS = 200;
const LOG_MS = 10_000;
/** A terminal row; a longer line could not be rewritten. */
const COLUMNS = 100;

/** @param {{ isTTY?: boolean, write: (text: string) => void }} [stream] */
export function createProgress(stream = process.stderr, now = () => performance.now()) {
  const everyMs = stream.isTTY ? TERMINAL_MS : LOG_MS;
  let saidAt = now();
  let isShown = false;
  return {
    /** `line` is made only when it is shown. */
    show(line) {
      if (now() - saidAt < everyMs) return;
      saidAt = now();
      isShown = true;
      const text = `  … ${line()}`;
      stream.write(stream.isTTY ? `\r\x1b[2K${text.slice(0, COLUMNS)}` : `${text}\n`);
    },
    /** Before anything else is printed. */
    clear() {
      if (isShown && stream.isTTY) stream.write('\r\x1b[2K');
      isShown = false;
    },
  };
}
