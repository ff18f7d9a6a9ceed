/** The shipped scenarios: plain objects, each with what it must show. */
import type { ScenarioFile } from '../scenario/scenario.ts';
import { freezeResume } from './freeze-resume.ts';
import { modes1k } from './modes-1k.ts';
import { partitionHeal } from './partition-heal.ts';
import { pause2sAll } from './pause-2s-all.ts';
import { quiet50 } from './quiet-50.ts';
import { ring5 } from './ring-5.ts';
import { sixNodes } from './six-nodes.ts';
import { thousand } from './thousand.ts';

/** By name. A name may stand for several variants that are to be compared. */
export const scenarios: ReadonlyMap<string, readonly ScenarioFile[]> = new Map([
  ['six-nodes', [sixNodes]],
  ['ring-5', [ring5]],
  ['quiet-50', [quiet50]],
  ['modes-1k', modes1k],
  ...modes1k.map(variant => [variant.name, [variant]] as const),
  ['pause-2s-all', [pause2sAll]],
  ['freeze-resume', [freezeResume]],
  ['partition-heal', [partitionHeal]],
  ['thousand', [thousand]],
]);
