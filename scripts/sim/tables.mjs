/** The figures of runs as text, for a terminal. */

/** The figures that a reader looks for first; the rest is in the JSON. */
export function tableOf({ scenario, report }) {
  const { convergence, redundancy, bytes, membership, overlay, sync, verify, run } = report;
  const { in: received, out: sent } = bytes.perNodePerSecond;
  const { detectionMs } = membership;
  const rows = [
    ['nodes · virtual time · seed', `${scenario.nodes} · ${scenario.durationMs / 1000} s · ${report.seed}`],
    ['delivered', convergence.delivered === null ? '–' : `${round(100 * convergence.delivered, 3)} %`],
    ['t50 · t90 · t99 · t100', ['t50Ms', 't90Ms', 't99Ms', 't100Ms'].map(key => ms(convergence[key])).join(' · ')],
    ['extra copies per delivery', redundancy === null ? '–' : round(redundancy, 2)],
    ['bytes/s per node out: mean · p99 · max', [sent.mean, sent.p99, sent.max].map(Math.round).join(' · ')],
    ['bytes/s per node out in the worst second', String(Math.round(bytes.perNodePerSecond.peak))],
    ['bytes/s per node in: mean · p99 · max', [received.mean, received.p99, received.max].map(Math.round).join(' · ')],
    ['false suspicions · false deaths', `${membership.falseSuspicions} · ${membership.falseDeaths}`],
    ['crash seen after p50 · p99 · max', ['p50', 'p99', 'max'].map(key => ms(detectionMs[key])).join(' · ')],
    ['ghosts · divergence', `${round(100 * membership.ghosts, 2)} % · ${round(100 * membership.divergence, 2)} %`],
    ['degree min · mean · max', [overlay.degree.min, round(overlay.degree.mean, 2), overlay.degree.max].join(' · ')],
    ['components · dials', `${overlay.components} · ${overlay.dials}`],
    ['sync sessions · bytes', `${sync.sessions} · ${sync.bytes}`],
    [
      'verifications/s per node: mean · max',
      `${round(verify.perNodePerSecond.mean, 2)} · ${round(verify.perNodePerSecond.max, 2)}`,
    ],
    ['events · CPU · memory', `${run.events} · ${round(run.cpuMs / 1000, 1)} s · ${Math.round(run.memoryMb)} MB`],
    ...scenario.show.map(figure => [figure, shown(report, figure)]),
    ['trace hash', report.traceHash],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${scenario.name}${scenario.about === '' ? '' : `: ${scenario.about}`}\n${rows
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`)
    .join('')}`;
}

export function comparisonOf(results) {
  const figures = [...new Set(results.flatMap(({ scenario }) => scenario.show))];
  const rows = [
    ['', 't50', 't99', 't100', 'delivered', 'extra copies', 'bytes/s out', ...figures],
    ...results.map(({ scenario, report, report: { convergence, redundancy, bytes } }) => [
      scenario.name,
      ms(convergence.t50Ms),
      ms(convergence.t99Ms),
      ms(convergence.t100Ms),
      convergence.delivered === null ? '–' : `${round(100 * convergence.delivered, 3)} %`,
      redundancy === null ? '–' : String(round(redundancy, 2)),
      String(Math.round(bytes.perNodePerSecond.out.mean)),
      ...figures.map(figure => shown(report, figure)),
    ]),
  ];
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)));
  return rows
    .map(row => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`)
    .join('');
}

function shown(report, figure) {
  const value = figure.split('.').reduce((found, key) => found?.[key], report);
  return typeof value === 'number' ? amount(value) : '–';
}

function ms(value) {
  if (value === null) return '–';
  return value < 10_000 ? `${Math.round(value)} ms` : `${round(value / 1000, 1)} s`;
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

/** Mean and worst of each figure over the seeds, one table for each variant. */
export function summaryTables(variants, isMarkdown) {
  return variants.map(({ name, nodes, durationMs, figures }) => {
    const rows = Object.entries(figures).map(([figure, { mean, min, minSeed, max, maxSeed, missing = 0 }]) => [
      figure,
      ...(mean === undefined
        ? ['–', '–', '–']
        : [amount(mean), `${amount(min)} (seed ${minSeed})`, `${amount(max)} (seed ${maxSeed})`]),
      missing === 0 ? '' : String(missing),
    ]);
    const head = ['figure', 'mean', 'least', 'most', 'seeds without'];
    const title = `${name}: ${nodes} nodes, ${durationMs / 1000} s`;
    return isMarkdown ? `**${title}**\n\n${markdown(head, rows)}` : `${title}\n${aligned([head, ...rows])}`;
  });
}

export function markdown(head, rows) {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |\n`).join('');
}

function aligned(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)));
  return rows
    .map(
      row =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** As many digits as matter: 12,345 · 123 · 1.23 · 0.0123. */
export function amount(value) {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
