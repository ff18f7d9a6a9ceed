import type { ScenarioFile } from '../scenario/scenario.ts';

const even: ScenarioFile = {
  name: 'slow-link-even',
  room: 'slow-link',
  about: 'The same room as slow-link with even lines, to compare with.',
  nodes: 60,
  duration: '3m',
  config: { 'broadcast.mode': 'tree' },
  join: { over: '10s' },
  // By the five that came first: what the slow one says itself may be slow.
  load: [{ from: '50s', to: '170s', kind: 'state', perSecond: 8, bytes: 512, writers: 5 }],
  expect: {
    'convergence.delivered': { equals: 1 },
    'membership.falseSuspicions': { max: 0 },
  },
};

/** One uplink is narrow; the writers are others. */
export const slowLink: readonly ScenarioFile[] = [
  {
    ...even,
    name: 'slow-link',
    about: 'One visitor of sixty has an uplink of 256 kbit/s, and the others notice nothing of it.',
    timeline: [{ at: '40s', do: 'slow', nodes: [7], kbps: 256, for: '140s' }],
    expect: {
      ...even.expect,
      'convergence.t99Ms': { max: { figure: 'convergence.t99Ms', of: 'slow-link-even', times: 1.1 } },
      'bytes.backlogMax': { max: 65_536 },
    },
  },
  even,
];
