/** What `npm start -- …` was asked for. */
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm start [-- options]

Starts a signaling server, headless Node peers and the demo page on this machine.

  --tabs N       open N real tabs of the demo in one Chromium (default 0)
  --nodes N      headless Node peers (default 3)
  --headless     no window, no browser opened for you
  --for TIME     run unattended for e.g. 20s: write, measure, print, exit
  --json FILE    with --for: the figures as JSON
  --max-links N  hard cap of links of every peer
  --port N       of the page (default 5173, or the next free one)
  --help         print this
`;

const UNITS = { ms: 1, s: 1_000, m: 60_000 };

/** @param {string[]} args */
export function readArguments(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        tabs: { type: 'string', default: '0' },
        nodes: { type: 'string', default: '3' },
        headless: { type: 'boolean', default: false },
        for: { type: 'string' },
        json: { type: 'string' },
        'max-links': { type: 'string' },
        port: { type: 'string', default: '5173' },
        help: { type: 'boolean', default: false },
      },
    });
    const forMs = values.for === undefined ? undefined : readTime(values.for);
    if (values.json !== undefined && forMs === undefined) throw new Error('--json needs --for TIME');
    return {
      help: values.help,
      tabs: whole('--tabs', values.tabs, 0, 100),
      nodes: whole('--nodes', values.nodes, 0, 200),
      headless: values.headless || !hasDisplay(),
      forMs,
      json: values.json,
      maxLinks: values['max-links'] === undefined ? undefined : whole('--max-links', values['max-links'], 2, 64),
      port: whole('--port', values.port, 0, 65_535),
    };
  } catch (error) {
    return { mistake: `${error.message.split('. ')[0]}.` };
  }
}

export function hasDisplay() {
  if (process.env['CI']) return false;
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

function whole(flag, text, min, max) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new Error(`${flag} is a whole number from ${min} to ${max}`);
  return value;
}

function readTime(text) {
  const match = /^(\d{1,5})(ms|s|m)$/.exec(text);
  if (match === null) throw new Error('--for is a time such as 20s or 2m');
  return Number(match[1]) * UNITS[match[2]];
}
