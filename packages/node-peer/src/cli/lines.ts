/** Lines of a stream. At most `max` characters of one wait in memory: a longer line is told as `undefined` and skipped. */
export function readLines(input: NodeJS.ReadableStream, max: number, onLine: (line: string | undefined) => void): void {
  let rest = '';
  let skipping = false;

  const take = (text: string, ended: boolean): void => {
    if (skipping) {
      skipping = !ended;
      return;
    }
    rest += text;
    if (rest.length > max) {
      skipping = !ended;
      rest = '';
      onLine(undefined);
    } else if (ended) {
      const line = rest;
      rest = '';
      onLine(line);
    }
  };

  input.setEncoding('utf8');
  input.on('data', (chunk: string | Buffer) => {
    const parts = String(chunk).split('\n');
    for (const [i, part] of parts.entries()) take(part, i < parts.length - 1);
  });
  input.on('end', () => {
    if (rest !== '') take('', true);
  });
  // A terminal that goes away is no reason to end.
  input.on('error', () => undefined);
}
