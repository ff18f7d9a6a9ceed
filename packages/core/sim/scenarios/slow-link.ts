import type { ScenarioFile } from '../scenario/scenario.ts';

export const slowLink: ScenarioFile = {
  name: 'slow-link',
  about: 'One visitor has 256 kbit/s, and the others notice nothing of it.',
  nodes: 60,
  duration: '3m',
  config: { 'broadcast.mode': 'tree' },
  join: { over: '10s' },
  timeline: [{ at: '40s', do: 'slow', nodes: [7], kbps: 256, for: '140s' }],
  // The same load before and behind; the second t99 must be within a tenth of the first.
  load: [
    { from: '20s', to: '40s', kind: 'state', perSecond: 8, bytes: 512 },
    { from: '50s', to: '170s', kind: 'state', perSecond: 8, bytes: 512 },
  ],
  expect: {
    'convergence.delivered': { equals: 1 },
    'convergence.loads.1.t99Ms': { max: 450 },
    'membership.falseSuspicions': { max: 0 },
    'bytes.backlogMax': { max: 65_536 },
  },
};
