/**
 * Every message between a server and a worker. One duplex connection, length-prefixed frames (encoding: frames.ts).
 *
 * An *activation* is one stay of a task on a worker. It begins with `activate`, carries any number of commits and
 * completions, and ends when the task ends (`commit.end`), is handed back (`commit.release`), or the connection breaks.
 * Every message about an activation carries its epoch; the server refuses what comes from an older one (design D3).
 */
import type { EffectId, HandleId, SharedId, TaskId, Version } from "../base/ids.ts";
import type { Completion, Effect, Outcome } from "./effect.ts";

export type ToWorker =
  | {
      readonly kind: "activate";
      readonly task: TaskId;
      readonly epoch: number;
      /** Commits made so far; the next one carries `seq + 1`. */
      readonly seq: number;
      readonly version: Version;
      /** Where to begin: a payload (`[function, arguments]`), the root's input (JSON text), or a checkpoint. */
      readonly from:
        | { readonly kind: "payload"; readonly bytes: Uint8Array }
        | { readonly kind: "input"; readonly json: string }
        | { readonly kind: "snapshot"; readonly bytes: Uint8Array };
      /** Completions not yet consumed by a commit. */
      readonly completions: readonly Completion[];
      /** The server's clock, told to a worker now and then. */
      readonly now?: number;
    }
  | {
      readonly kind: "complete";
      readonly task: TaskId;
      readonly epoch: number;
      readonly completions: readonly Completion[];
      /** They follow from what will be durable when the server says so of this position. Absent: it is (design H8). */
      readonly after?: number;
    }
  /** Everything up to this position is durable. Said to workers that have been told of something before it was. */
  | { readonly kind: "durable"; readonly position: number }
  /**
   * The commit with this seq, and all before it, are durable, and there is room for more tasks (coordinator/room.ts). Said only of commits that are
   * `awaited` or start tasks: nothing else waits for it.
   */
  | { readonly kind: "committed"; readonly task: TaskId; readonly epoch: number; readonly seq: number }
  /** This activation is over: the worker drops the task at once and writes nothing more for it. */
  | { readonly kind: "refused"; readonly task: TaskId; readonly epoch: number }
  /** As it was asked for; without bytes: it is gone, and so are the activations that needed it. */
  | { readonly kind: "bundle"; readonly version: Version; readonly bytes?: Uint8Array }
  /** A shared value, as it was asked for; without bytes: nothing led to it any more. */
  | { readonly kind: "shared"; readonly task: TaskId; readonly shared: SharedId; readonly bytes?: Uint8Array }
  /**
   * Another worker has nothing to do: hand back those of these that have not begun. `begun`: a task has to be alone here: hand back the others,
   * too, as soon as they stop.
   */
  | {
      readonly kind: "recall";
      readonly tasks: readonly { readonly task: TaskId; readonly epoch: number }[];
      readonly begun?: true;
    }
  /**
   * To a worker that has no task yet: this program is likely to be needed, and tasks like this one, if there is one. It is taken up and dropped again,
   * without any of its code being run.
   */
  | {
      readonly kind: "rehearse";
      readonly version: Version;
      readonly example?: { readonly task: TaskId; readonly snapshot: Uint8Array };
    }
  /** Hand back everything and take nothing more. */
  | { readonly kind: "drain" };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "need-bundle"; readonly version: Version }
  /** A shared value of the task's run. */
  | { readonly kind: "need-shared"; readonly task: TaskId; readonly shared: SharedId }
  | Commit
  /**
   * The task runs from now on. Said only where it would not be expected: the server takes it that the first `limits.tasksAtOnce` of those
   * that have not committed may run, in the order in which they were sent, and the others wait for a place.
   */
  | { readonly kind: "begun"; readonly task: TaskId; readonly epoch: number }
  /** A task waits until what it has been told is durable: to call foreign code, say. */
  | { readonly kind: "hurry" }
  /**
   * This activation is over, and nothing of it has run since its last commit (since `activate`, if it came too late to be begun). The task
   * goes on from there exactly as if the worker had died with nobody to blame: parked if its last commit said `idle` and no completion
   * waits, else ready. It carries no seq and no snapshot, because it changes nothing. Sent for tasks that stayed warm for too long and
   * for what a draining worker holds or is still given.
   */
  | { readonly kind: "returned"; readonly task: TaskId; readonly epoch: number }
  /** A line that the task has printed and not committed yet: `id` is that of its effect. For people, at once (design H19). */
  | {
      readonly kind: "said";
      readonly task: TaskId;
      readonly epoch: number;
      readonly id: EffectId;
      readonly stream: "out" | "err";
      readonly text: string;
    }
  /** The worker has handed back everything it had and takes nothing more. */
  | { readonly kind: "drained" };

/** The atomic hand-over: effects, consumed completions and the checkpoint to go on from, all or nothing, once by `seq`. */
export interface Commit {
  readonly kind: "commit";
  readonly task: TaskId;
  readonly epoch: number;
  readonly seq: number;
  /** Absent only with `end`. */
  readonly snapshot?: Uint8Array;
  /** Shared values to which the snapshot leads. */
  readonly handles?: readonly HandleId[];
  readonly effects: readonly Effect[];
  readonly consumed: readonly EffectId[];
  /** The task runs no further until this is durable. */
  readonly awaited?: true;
  /**
   * What the task does after this commit. `busy`: goes on running here. `idle`: waits for completions, warm here. `release`: leaves this
   * worker; `runnable` says whether it could go on at once elsewhere (true also of one that waits for foreign promises only: nobody else
   * would wake it). `end`: it is over.
   */
  readonly then:
    | { readonly kind: "busy" }
    | { readonly kind: "idle" }
    | { readonly kind: "release"; readonly runnable: boolean }
    | { readonly kind: "end"; readonly outcome: Outcome };
}
