import type { ScenarioFile } from '../scenario/scenario.ts';

export const churn2min: ScenarioFile = {
  name: 'churn-2min',
  about: 'A thousand visitors who stay two minutes on average; four of five say goodbye.',
  nodes: 1_000,
  duration: '6m',
  join: { over: '30s' },
  churn: { from: '1m', to: '350s', meanSession: '2m', cleanLeave: 0.8 },
  load: [{ from: '2m', to: '330s', kind: 'state', perSecond: 1, bytes: 128 }],
  expect: {
    'membership.ghosts': { max: 0.02 },
    'bytes.perNodePerSecond.out.mean': { max: 12_000 },
    'guard.honestPenalised': { max: 0 },
  },
};
