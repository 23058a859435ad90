import type { RunId, TaskId } from "../base/ids.ts";
import type { DeathKind, RunRow } from "../protocol/rows.ts";

/** What a server tells whoever opened it. */
export interface ServerEvents {
  /**
   * A line of a task, when it is durable. Said again by the next server if this one dies before it has written down that it was said; the
   * `id` is the same then.
   */
  printed?(line: {
    readonly id: string;
    readonly run: RunId;
    readonly task: TaskId;
    /** Of the task's function. */
    readonly name: string;
    readonly stream: "out" | "err";
    readonly text: string;
  }): void;
  /** What foreign code wrote by itself. */
  workerPrinted?(line: {
    readonly worker: string;
    readonly stream: "out" | "err";
    readonly text: string;
  }): void;
  workerLeft?(end: {
    readonly worker: string;
    readonly kind: DeathKind | "closed";
    readonly detail: string;
  }): void;
  /** A task failed, and nobody was waiting for it. */
  taskFailed?(failure: { readonly task: TaskId; readonly name: string; readonly message: string }): void;
  runStarted?(row: RunRow): void;
  runEnded?(row: RunRow): void;
  /** The server has ended by itself: the store failed or was taken over, or workers cannot be started. */
  stopped?(reason: Error): void;
}
