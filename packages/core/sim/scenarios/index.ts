/** The shipped scenarios: plain objects, each with what it must show. */
import type { ScenarioFile } from '../scenario/scenario.ts';
import { away24h } from './away-24h.ts';
import { churn2min } from './churn-2min.ts';
import { detect1k, detect10k, detect50 } from './detect.ts';
import { exercise } from './exercise.ts';
import { freezeResume } from './freeze-resume.ts';
import { hiddenHalf } from './hidden-half.ts';
import { joinStorm } from './join-storm.ts';
import { massFail } from './mass-fail.ts';
import { modes1k, modes10k } from './modes.ts';
import { natMatrix } from './nat-matrix.ts';
import { partition5min, partition20min, partition90s } from './partition.ts';
import { partitionHeal } from './partition-heal.ts';
import { pause2sAll } from './pause-2s-all.ts';
import { quiet1k, quiet10k, quiet50 } from './quiet.ts';
import { relayAge1k, relayAge10k } from './relay-age.ts';
import { restartLostStorage } from './restart-lost-storage.ts';
import { ring5 } from './ring-5.ts';
import { serverGone } from './server-gone.ts';
import { sixNodes } from './six-nodes.ts';
import { slow4, slow10, slow30 } from './slow.ts';
import { slowLink } from './slow-link.ts';
import { syncOnly } from './sync-only.ts';
import { thousand } from './thousand.ts';
import { threeRegions6k } from './three-regions-6k.ts';

/** By name. A name may stand for several variants that are to be compared. */
export const scenarios: ReadonlyMap<string, readonly ScenarioFile[]> = new Map([
  ['six-nodes', [sixNodes]],
  ['ring-5', [ring5]],
  ...[quiet50, quiet1k, quiet10k].map(file => [file.name, [file]] as const),
  ['modes-1k', modes1k],
  ['modes-10k', modes10k],
  ...[...modes1k, ...modes10k].map(variant => [variant.name, [variant]] as const),
  ['pause-2s-all', [pause2sAll]],
  ['freeze-resume', [freezeResume]],
  ['partition-heal', [partitionHeal]],
  ['thousand', [thousand]],
  ['slow-link', slowLink],
  ['slow-4', slow4],
  ['slow-10', slow10],
  ['slow-30', slow30],
  ['relay-age-1k', relayAge1k],
  ['relay-age-10k', relayAge10k],
  ...[
    ...massFail,
    ...threeRegions6k,
    joinStorm,
    natMatrix,
    syncOnly,
    away24h,
    churn2min,
    serverGone,
    hiddenHalf,
    restartLostStorage,
    partition90s,
    partition5min,
    partition20min,
    detect50,
    detect1k,
    detect10k,
    exercise,
  ].map(file => [file.name, [file]] as const),
]);
