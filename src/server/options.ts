/** What a server is opened with. */
import type { Random } from "../base/random.ts";
import type { Bounds, decide } from "../coordinator/index.ts";
import type { Platform, WorkerOptions } from "../platform/platform.ts";
import type { Outcome } from "../protocol/effect.ts";
import type { RunRow } from "../protocol/rows.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Durability } from "./durability.ts";
import type { ServerEvents } from "./events.ts";

export interface ServerOptions {
  /** Open; closed with the server. */
  readonly store: Store;
  /** Closed with the server. */
  readonly platform: Platform;
  readonly clock: Clock;
  /** For the names of runs. */
  readonly random: Random;
  /** How many at a time. */
  readonly workers: number;
  readonly workerOptions?: WorkerOptions;
  /** Whether workers are frozen while they have nothing to do. */
  readonly freeze?: boolean;
  /** Whether a worker more is kept, to take the place of one that dies (crew.ts, W6). */
  readonly spare?: boolean;
  readonly events?: ServerEvents;
  /** Absent: strict. */
  readonly durability?: Durability;
  /** Which of the runs in the store go on here, and have their lines printed; the others are kept as they are. Absent: all. */
  readonly drives?: (run: RunRow, all: readonly RunRow[]) => boolean;
  /** For so long runs that have ended are kept. Absent: the last limits.finishedRunsKept are. */
  readonly retentionMs?: number;
  /** Absent: those of limits.ts. */
  readonly bounds?: Bounds;
  /** Gives back memory that its process has taken; called when the server rests. */
  readonly giveBack?: () => Promise<void>;
  /** In place of the coordinator: for a simulation, which looks on, or puts a broken one to the test. */
  readonly decide?: typeof decide;
}

export interface RunResult {
  readonly status: "succeeded" | "failed" | "cancelled";
  /** Of the root task; a run can fail although its root succeeded. */
  readonly outcome: Outcome;
  readonly row: RunRow;
}
