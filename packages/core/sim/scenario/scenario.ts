/** A scenario as it is written (`ScenarioFile`) and as it is run (`Scenario`: times in ms, defaults filled in). */
import type { ConfigOverrides } from '@hearsay/core';

/** A time with its unit: "250ms", "40s", "5m", "1h". */
export type Duration = string;

/** What a scenario file may say. Everything but `name`, `nodes` and `duration` has a default. */
export interface ScenarioFile {
  readonly name: string;
  /** One sentence: what the scenario shows. */
  readonly about?: string;
  /** Two scenarios with one room and seed run alike until they differ; by default a room for each name. */
  readonly room?: string;
  readonly seed?: number;
  readonly nodes: number;
  readonly duration: Duration;
  readonly regions?: readonly { readonly name: string; readonly share: number }[];
  /** Does every node say in which of several regions it is? */
  readonly regionsTold?: boolean;
  readonly network?: {
    /** One way; `within` a region and `between` two of them; jitter as a share. */
    readonly latencyMs?: {
      readonly within?: number;
      readonly between?: number;
      readonly jitter?: number;
      /** Where two regions are nearer or farther than `between`. */
      readonly pairs?: readonly { readonly regions: readonly [string, string]; readonly ms: number }[];
    };
    /** Share of packets that are lost: a link sends them again, a signal by way of the server is gone. */
    readonly loss?: number;
    /** Share of signals by way of the server that come twice. */
    readonly duplicate?: number;
    /** Share of signals by way of the server that are overtaken by later ones. */
    readonly reorder?: number;
    /** Uplink of each node; 0: unlimited. */
    readonly bandwidthKbps?: number;
    readonly connectMs?: number;
    /** Share of dials that come to nothing. */
    readonly connectFailure?: number;
    /** Share of pairs that never get a link. */
    readonly unconnectablePairs?: number;
  };
  readonly crypto?: { readonly signMs?: number; readonly verifyMs?: number };
  readonly server?: { readonly up?: boolean; readonly introductionsPerSecond?: number };
  readonly join?: { readonly over: Duration } | { readonly all: true };
  /** Does every node state its presence when it joins? A number: only the first so many. */
  readonly presence?: boolean | number;
  /** Links that are there from the beginning; without it the overlay makes its own. */
  readonly topology?: Topology;
  readonly config?: ConfigOverrides;
  readonly churn?: {
    readonly from: Duration;
    readonly to: Duration;
    readonly meanSession: Duration;
    /** Share of those who go that say goodbye. */
    readonly cleanLeave?: number;
  };
  readonly load?: readonly {
    readonly from: Duration;
    readonly to: Duration;
    readonly kind: LoadKind;
    readonly perSecond: number;
    readonly bytes?: number;
    readonly writers?: 'random' | 'one' | number;
  }[];
  readonly timeline?: readonly ActionFile[];
  readonly expect?: { readonly [path: string]: Bounds };
  /** Figures that the scenario is read for and asks nothing of. */
  readonly show?: readonly string[];
}

/** `delete` takes back, oldest first, the keys that `state` loads have set. */
export type LoadKind = 'state' | 'presence' | 'event' | 'delete';

export type Topology = readonly (readonly [number, number])[] | 'ring' | 'full' | { readonly random: number };

export interface Bounds {
  readonly min?: Bound;
  readonly max?: Bound;
  readonly equals?: number | string;
}

/** A number, or so many `times` a figure of the same run or, with `of`, of another variant with the same seed. */
export type Bound = number | { readonly figure: string; readonly times?: number; readonly of?: string };

/** At most one of these; none: every node. */
export interface SelectionFile {
  readonly fraction?: number;
  readonly count?: number;
  readonly nodes?: readonly number[];
  readonly region?: string;
}

interface Timed {
  readonly at: Duration;
  readonly every?: Duration;
  readonly until?: Duration;
}

/** `over` spreads the action over the selected nodes, one after the other. */
type OnNodes = Timed & SelectionFile & { readonly over?: Duration };

export type ActionFile =
  | (OnNodes & { readonly do: 'crash' | 'leave' | 'replace' })
  | (OnNodes & { readonly do: 'restart'; readonly keepStorage?: boolean; readonly after?: Duration })
  | (OnNodes & { readonly do: 'pause' | 'freeze' | 'hide' | 'deafen'; readonly for: Duration })
  | (OnNodes & {
      readonly do: 'stall';
      readonly for: Duration;
      readonly rest?: Duration;
      readonly lasting: Duration;
    })
  | (OnNodes & { readonly do: 'clock'; readonly skew: Duration })
  | (OnNodes & { readonly do: 'latency'; readonly ms: number; readonly for: Duration })
  | (OnNodes & { readonly do: 'loss'; readonly value: number; readonly for: Duration })
  | (OnNodes & { readonly do: 'slow'; readonly kbps: number; readonly for: Duration })
  | (Timed &
      SelectionFile & {
        readonly do: 'partition';
        readonly groups?: readonly (readonly string[])[];
        readonly for?: Duration;
        readonly oneWay?: boolean;
      })
  | (Timed & { readonly do: 'heal' })
  | (Timed & { readonly do: 'join'; readonly count: number; readonly over?: Duration })
  | (Timed & { readonly do: 'server'; readonly up?: boolean; readonly introductionsPerSecond?: number });

export interface NetworkSettings {
  readonly latencyMs: {
    /** One way from region to region. */
    readonly of: readonly (readonly number[])[];
    /** To and from the server. */
    readonly server: number;
    readonly jitter: number;
  };
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly bandwidthKbps: number;
  readonly connectMs: number;
  readonly connectFailure: number;
  readonly unconnectablePairs: number;
}

export interface ServerSettings {
  readonly up: boolean;
  readonly introductionsPerSecond: number;
}

export interface Load {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: LoadKind;
  readonly perSecond: number;
  readonly bytes: number;
  readonly writers: 'random' | 'one' | number;
}

export interface Churn {
  readonly fromMs: number;
  readonly toMs: number;
  readonly meanSessionMs: number;
  readonly cleanLeave: number;
}

export type Selection =
  | { readonly by: 'all' }
  | { readonly by: 'fraction'; readonly fraction: number }
  | { readonly by: 'count'; readonly count: number }
  | { readonly by: 'nodes'; readonly nodes: readonly number[] }
  | { readonly by: 'region'; readonly region: number };

export type Action =
  | { readonly do: 'crash' | 'leave' | 'replace'; readonly on: Selection; readonly overMs: number }
  | {
      readonly do: 'restart';
      readonly on: Selection;
      readonly overMs: number;
      readonly keepStorage: boolean;
      readonly afterMs: number;
    }
  | {
      readonly do: 'pause' | 'freeze' | 'hide' | 'deafen';
      readonly on: Selection;
      readonly overMs: number;
      readonly forMs: number;
    }
  | {
      readonly do: 'stall';
      readonly on: Selection;
      readonly overMs: number;
      /** Means of the lengths of a stop and of the time between two, both without memory. */
      readonly forMs: number;
      readonly restMs: number;
      readonly lastingMs: number;
    }
  | { readonly do: 'clock'; readonly on: Selection; readonly overMs: number; readonly skewMs: number }
  | {
      readonly do: 'latency' | 'loss' | 'slow';
      readonly on: Selection;
      readonly overMs: number;
      readonly value: number;
      readonly forMs: number;
    }
  | {
      readonly do: 'partition';
      readonly sides: { readonly groups: readonly (readonly number[])[] } | { readonly on: Selection };
      readonly forMs: number;
      readonly oneWay: boolean;
    }
  | { readonly do: 'heal' }
  | { readonly do: 'join'; readonly count: number; readonly overMs: number }
  | { readonly do: 'server'; readonly settings: Partial<ServerSettings> };

export interface TimedAction {
  readonly atMs: number;
  readonly everyMs: number | undefined;
  readonly untilMs: number;
  readonly action: Action;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly room: string;
  readonly seed: number;
  readonly nodes: number;
  readonly durationMs: number;
  readonly regions: readonly { readonly name: string; readonly share: number }[];
  /** In a room of one region there is nothing to tell. */
  readonly regionsTold: boolean;
  readonly network: NetworkSettings;
  readonly crypto: { readonly signMs: number; readonly verifyMs: number };
  readonly server: ServerSettings;
  readonly joinOverMs: number;
  /** So many of the first nodes state their presence; infinite: all. */
  readonly presence: number;
  readonly topology: Topology | undefined;
  readonly config: ConfigOverrides;
  readonly churn: Churn | undefined;
  readonly load: readonly Load[];
  readonly timeline: readonly TimedAction[];
  readonly expect: readonly { readonly path: string; readonly bounds: Bounds }[];
  readonly show: readonly string[];
}
