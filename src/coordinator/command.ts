/**
 * What can be asked of the coordinator, and what it asks of its shell (the server, the simulator, a test).
 *
 * Commands carry everything that is not in the state: the time, ids, what a worker said. Actions are done in order, each only after
 * the changes of its decision, and of all decisions before it, are durable (design D1).
 */
import type { EffectId, RunId, TaskId, Version, WorkerId } from "../base/ids.ts";
import type { Outcome } from "../protocol/effect.ts";
import type { DeathKind, LineRow, TaskRow } from "../protocol/rows.ts";
import type { Commit, ToWorker } from "../protocol/wire.ts";
import type { PackedBundle } from "./bundles.ts";
import type { RunImage } from "./image.ts";
import type { StateChange } from "./state.ts";

export type Command =
  /** The first after a load: no activation of an earlier server lives any more (design H9). */
  | { readonly kind: "restart"; readonly now: number }
  | {
      readonly kind: "start-run";
      readonly run: RunId;
      readonly bundle: PackedBundle;
      readonly program: string;
      /** JSON text of the program's input. */
      readonly input: string;
      /** Runs that have ended are kept, however many there are, until they are old enough (`forget`). */
      readonly keepsEnded?: true;
      readonly now: number;
    }
  /** `memoryMiB`: it is there for tasks that ask for so much. */
  | { readonly kind: "worker-joined"; readonly worker: WorkerId; readonly memoryMiB?: number }
  /** The worker gets nothing more and is asked to hand back what it has. */
  | { readonly kind: "drain-worker"; readonly worker: WorkerId; readonly now: number }
  /** The worker has handed back everything. */
  | { readonly kind: "drained"; readonly worker: WorkerId; readonly now: number }
  | {
      readonly kind: "worker-lost";
      readonly worker: WorkerId;
      readonly death: DeathKind | "closed";
      /** For people: what the platform saw. */
      readonly detail: string;
      /** How long a worker may live. */
      readonly timeLimitMs?: number;
      /** Of that, how long its code waited for a processor. */
      readonly waitedMs?: number;
      /** What tasks said there and did not commit. */
      readonly said?: ReadonlyMap<TaskId, { readonly epoch: number; readonly lines: LineRow["lines"] }>;
      readonly now: number;
    }
  | {
      readonly kind: "commit";
      readonly worker: WorkerId;
      readonly commit: Commit;
      /** How the tasks named by {@link outcomesNeeded} ended. */
      readonly outcomes: ReadonlyMap<TaskId, Outcome>;
      readonly now: number;
    }
  | {
      readonly kind: "returned";
      readonly worker: WorkerId;
      readonly task: TaskId;
      readonly epoch: number;
      readonly now: number;
    }
  /** A task runs although it was not its turn yet, because those before it wait for I/O. */
  | { readonly kind: "begun"; readonly worker: WorkerId; readonly task: TaskId; readonly epoch: number }
  /** Time has passed: timers that are due fire. */
  | { readonly kind: "tick"; readonly now: number }
  /** Lines have been handed out: their rows can go. */
  | { readonly kind: "printed"; readonly keys: readonly string[] }
  /** Ends a task, if it does not know better, and all that are below it (cancel.ts). One that has ended stays as it is. */
  | { readonly kind: "cancel"; readonly task: TaskId; readonly graceMs: number; readonly now: number }
  /** Puts a message into an inbox of a task. The same `id` a second time changes nothing. */
  | {
      readonly kind: "send";
      readonly task: TaskId;
      readonly inbox: string;
      readonly id?: string;
      /** JSON text. */
      readonly message: string;
      readonly now: number;
    }
  /** Starts a copy of a run (commands/fork.ts). `checkpoint`: it is as of that one. */
  | {
      readonly kind: "fork";
      readonly as: RunId;
      readonly image: RunImage;
      readonly checkpoint?: string;
      readonly now: number;
    }
  /** What a decision has said that is to be kept (`keeps`). */
  | { readonly kind: "keep"; readonly kept: Keep; readonly image: RunImage; readonly now: number }
  /** From now on the run goes on with another bundle, which can read all that it has written (server/upgrade.ts). */
  | {
      readonly kind: "upgrade";
      readonly run: RunId;
      readonly version: Version;
      readonly bytes: Uint8Array;
      readonly now: number;
    }
  /** Runs that had ended by this moment are not needed any more. */
  | { readonly kind: "forget"; readonly before: number }
  /** What only leads to itself in these runs goes (garbage.ts, G4). */
  | { readonly kind: "trace"; readonly runs: readonly RunId[] }
  /** Gives tasks that could run to workers that have room. */
  | { readonly kind: "dispatch"; readonly now: number };

export type Action =
  | {
      readonly kind: "send";
      readonly worker: WorkerId;
      readonly message: Exclude<ToWorker, { kind: "activate" | "bundle" | "durable" | "rehearse" }>;
    }
  /** Sends `activate` with the bytes read from the store. */
  | {
      readonly kind: "activate";
      readonly worker: WorkerId;
      readonly task: TaskId;
      readonly epoch: number;
      readonly seq: number;
      readonly version: Version;
      readonly from: TaskRow["from"];
      /** Of which there is nothing to be told but that they are done. */
      readonly answered: readonly EffectId[];
      readonly completions: readonly EffectId[];
    }
  /** The worker has nothing to do any more. */
  | { readonly kind: "dismiss"; readonly worker: WorkerId }
  | {
      /** To be answered by `printed` once it is done. */
      readonly kind: "print";
      readonly key: string;
      readonly row: LineRow;
    }
  /** For people: a task was given up after too many deaths, or failed with nobody waiting for it. */
  | { readonly kind: "task-failed"; readonly task: TaskId; readonly name: string; readonly message: string }
  | { readonly kind: "run-ended"; readonly run: RunId };

export interface Decision {
  /** One atomic write (those of memory tables aside). */
  readonly changes: readonly StateChange[];
  readonly actions: readonly Action[];
  /** To be told by `keep`, each with its image. Absent: nothing. */
  readonly keeps?: readonly Keep[];
}

/** A checkpoint of the task's run is to be kept, as it is before or after this decision. */
export interface Keep {
  readonly task: TaskId;
  readonly name: string;
  readonly moment: "before" | "after";
}
