/** What the page and its worker say to each other. */
import type { Report, ScenarioFile } from '@hearsay/core/sim';
import type { Point } from './layout.ts';

export interface Question {
  readonly file: ScenarioFile;
}

export type Points = readonly (readonly [x: number, y: number])[];

export interface Mesh {
  readonly peers: number;
  readonly links: number;
  /** Places in a square from 0 to 1, and pairs of them; none when there are too many peers to draw. */
  readonly places: readonly Point[];
  readonly edges: readonly (readonly [number, number])[];
}

export interface Answer {
  readonly report: Report;
  readonly failures: readonly string[];
  /** How many the scenario has. */
  readonly expectations: number;
  readonly roundMs: number;
  /** [ms since publication, share delivered] */
  readonly curve: Points;
  /** [s, bytes sent per peer in that second] */
  readonly traffic: Points;
  readonly mesh: Mesh;
}

export type FromWorker =
  | { readonly type: 'progress'; readonly share: number; readonly nowMs: number; readonly events: number }
  | { readonly type: 'answer'; readonly answer: Answer }
  /** The scenario cannot be run, in a sentence. */
  | { readonly type: 'refused'; readonly why: string };
