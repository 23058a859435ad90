/**
 * What the store holds. A row is found by (table, key); keys begin with the run's id, so that a run's rows lie together.
 * Small rows are loaded into memory when the store is opened; `bytes` tables are read when they are needed.
 */
import type { EffectId, GateId, HandleId, RunId, SharedId, TaskId, Version } from "../base/ids.ts";
import type { GateKind, Labels } from "./effect.ts";

export interface RunRow {
  readonly id: RunId;
  readonly version: Version;
  /** Path of the program as given, for people. */
  readonly program: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `failed` also when the root succeeded and a child's failure was observed by nobody (design H13). `cancelled`: its root was. */
  readonly status: "running" | "succeeded" | "failed" | "cancelled";
  /** For people, of a failed or cancelled run. */
  readonly message?: string;
  /** Counters for the summary, over all restarts of the server. What live tasks have done is in their own rows (coordinator/stats.ts). */
  readonly stats: RunStats;
  /** The run of which it is a copy, and how many commits that had made by then; of which checkpoint, if not of the run as it was. */
  readonly forkOf?: { readonly run: RunId; readonly commits: number; readonly checkpoint?: string };
  /** Checkpoints from which it can be copied, the last one last. Absent: none. */
  readonly kept?: readonly KeptRow[];
  /** The numbers of its line rows that are kept. */
  readonly log: Span;
}

/** A checkpoint of a run that is kept under a name (coordinator/kept.ts). */
export interface KeptRow {
  readonly name: string;
  /** Who asked for it, or was about to fail. */
  readonly task: TaskId;
  readonly at: number;
  /** What the run had made, and had, by then. */
  readonly commits: number;
  readonly tasks: number;
  readonly bytes: number;
  /** Why it is not there all the same. */
  readonly lacks?: string;
}

export interface RunStats {
  readonly tasks: number;
  readonly tasksEnded: number;
  readonly activations: number;
  readonly commits: number;
  readonly checkpointBytes: number;
  /** Of workers, while the run went on. */
  readonly deaths: Readonly<Record<DeathKind, number>>;
}

/** Why a worker died, as its platform saw it. `lost`: with its server, or for reasons unknown. */
export const deathKinds = ["time-limit", "chaos", "memory", "exit", "lost"] as const;
export type DeathKind = (typeof deathKinds)[number];

export interface TaskRow {
  readonly id: TaskId;
  /** Name of its function, for people. */
  readonly name: string;
  /** Raised at each activation; a commit of an older one is refused. */
  readonly epoch: number;
  /** Commits made. */
  readonly seq: number;
  /** `ready`: could run now. `active`: on a worker. `parked`: waits for completions. The rest: over. */
  readonly status: "ready" | "active" | "parked" | "succeeded" | "failed" | "cancelled";
  /** Which bytes row to begin from (table `bytes`): kind + key = task id. */
  readonly from: "payload" | "input" | "snapshot";
  /** Bytes of all checkpoints that it has made; absent: 0. */
  readonly checkpointBytes?: number;
  /**
   * Effects that were answered with nothing by the commit that asked for them (a checkpoint, an item for which there was room), and have not been
   * consumed. A commit writes this row in any case, so they have no rows of their own. Absent: there are none.
   */
  readonly answered?: readonly EffectId[];
  /** Shared values to which what it begins from, or its outcome, leads. Absent: to none. */
  readonly handles?: readonly HandleId[];
  /** Who is waiting for the end of this task. */
  readonly joiners: readonly Place[];
  /** The failure was thrown into somebody's code. */
  readonly observed: boolean;
  /** For people, of a failed or cancelled task. */
  readonly message?: string;
  /** Deaths charged to the task since its last commit (design T8). */
  readonly deaths: number;
  /** Run alone on its worker next time, because somebody among its neighbours killed the last one (design H12). */
  readonly alone: boolean;
  /** Present once the task has been cancelled. */
  readonly cancel?: Cancel;
  readonly labels?: Labels;
  readonly timeLimitMs?: number;
  /** Who started it, if that cannot be read off its id. */
  readonly starter?: TaskId;
  /** It runs on a worker with a heap of so much, and alone there. */
  readonly memoryMiB?: number;
  /** It was ended for the deaths that it caused; what it would have gone on from is kept (design T8). */
  readonly givenUp?: true;
  /** The last workers that died under it, for people. */
  readonly losses?: readonly Loss[];
}

export interface Loss {
  /** The task's epoch by then. */
  readonly epoch?: number;
  /** Milliseconds of the server's clock. */
  readonly at: number;
  readonly death: DeathKind;
  /** What the platform saw. */
  readonly detail: string;
}

export interface Cancel {
  /** For people. */
  readonly message: string;
  /** How long its code may go on after it has been told. */
  readonly graceMs: number;
  /** It has run for longer than it was given: it fails by that, and is not `cancelled`. */
  readonly late?: true;
}

/** Where an answer goes to: an effect of a task, of a select one of its choices. */
export interface Place {
  readonly task: TaskId;
  readonly effect: EffectId;
  readonly branch?: number;
}

/** An effect whose answer is there and has not been consumed, if it is not in the task's row; the answer is in table `bytes`. Key: the task's + `/` + effect. */
export interface CompletionRow {
  readonly task: TaskId;
  readonly effect: EffectId;
  /** Rises with each one of the task: the order in which they came. */
  readonly number: number;
  /** Shared values to which the answer leads. */
  readonly handles?: readonly HandleId[];
}

/** Key: the task's + `/` + effect, and of a choice + `.` + branch. Effects of 0 and below are the coordinator's own: see cancel.ts. */
export interface TimerRow extends Place {
  /** Milliseconds of the server's clock. */
  readonly dueAt: number;
}

/** Numbers from `first` to before `next`. Some of the rows that had them may be gone. */
export interface Span {
  readonly first: number;
  readonly next: number;
}

/** What tasks meet at. Its items are rows of their own, and so are those who wait at it. */
export interface GateRow {
  readonly id: GateId;
  readonly is: GateKind;
  /** Of a queue or an inbox. */
  readonly items: Span;
  readonly closed: boolean;
  /** Who waits to bring something: enqueuers. */
  readonly in: Span;
  /** Who waits to get something, or to be let through: everybody else. */
  readonly out: Span;
  /** Of a lock: who has its permits. */
  readonly holders: readonly { readonly task: TaskId; readonly token: number }[];
  /** The last token given out: a later holder has a higher one. */
  readonly lastToken: number;
}

/** Key: the gate's + `/` + number. */
export interface ItemRow {
  readonly gate: GateId;
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly handles?: readonly HandleId[];
}

/** Key: the gate's + `/in/` or `/out/` + number. */
export interface WaiterRow extends Place {
  readonly gate: GateId;
  readonly side: "in" | "out";
  readonly number: number;
  /** Of an enqueuer. */
  readonly items: readonly Uint8Array[];
  /** Of a dequeuer of several. */
  readonly size?: number;
  /** Of each item; absent: of none. */
  readonly handles?: readonly (readonly HandleId[])[];
}

/** The id under which somebody sent a message, so that it is not taken twice. Key: the inbox's + `/` + number. */
export interface MessageRow {
  readonly gate: GateId;
  /** Of the item. */
  readonly number: number;
  readonly id: string;
}

/**
 * What one commit printed. Its key is its run's id + `/` + a number, in the order in which the lines were said. It is a row until it has been
 * handed out, and after that bytes under the same key.
 */
export interface LineRow {
  /** When it was committed, in milliseconds of the server's clock. */
  readonly at: number;
  readonly task: TaskId;
  /** Of the task's function. */
  readonly name: string;
  readonly lines: readonly { readonly stream: "out" | "err"; readonly text: string }[];
  /** They were said and never committed: by the stay on a worker with this epoch, which ended so. Never a row, only bytes. */
  readonly attempt?: { readonly number: number; readonly death: string };
}

/** A value of `share()`; it is in table `bytes`. It goes when no row of its run names it any more. Key: see `sharedKey`. */
export interface SharedRow {
  readonly run: RunId;
  readonly id: SharedId;
  readonly bytes: number;
  /** Others to which it leads. */
  readonly handles?: readonly HandleId[];
}

export interface BundleRow {
  readonly version: Version;
  /** When it was stored; its bytes are in table `bytes`. */
  readonly storedAt: number;
}

/** Tables that are loaded whole, and the type of their rows. */
export interface Rows {
  run: RunRow;
  task: TaskRow;
  completion: CompletionRow;
  timer: TimerRow;
  line: LineRow;
  gate: GateRow;
  item: ItemRow;
  waiter: WaiterRow;
  message: MessageRow;
  shared: SharedRow;
  bundle: BundleRow;
}
export type Table = keyof Rows;

const everyTable: Record<Table, true> = {
  run: true,
  bundle: true,
  task: true,
  completion: true,
  timer: true,
  line: true,
  gate: true,
  item: true,
  waiter: true,
  message: true,
  shared: true,
};
export const tables = Object.keys(everyTable) as readonly Table[];

/**
 * Keys of table `bytes`:
 *   payload/TASK, input/TASK, snapshot/TASK   where the task begins from
 *   outcome/TASK                              how it ended (see outcome.ts)
 *   completion/TASK/EFFECT                    an answer not yet consumed (see outcome.ts)
 *   shared/RUN/ID                             a value of share(): a snapshot
 *   bundle/VERSION                            msgpack of Bundle
 *   log/RUN/NUMBER                            msgpack of LineRow, handed out
 *   kept/RUN/NAME                             msgpack of RunImage (coordinator/image.ts)
 *   manifest/KEY, chunk/HASH                  of values that a store keeps in chunks (src/store/chunks.ts)
 *   place/blobs                               where chunks lie if not here (src/store/blob-place.ts)
 */
export type BytesKey = string;

/** One atomic write. `undefined` deletes. */
export type Change =
  | { [T in Table]: { readonly table: T; readonly key: string; readonly row: Rows[T] | undefined } }[Table]
  | { readonly table: "bytes"; readonly key: BytesKey; readonly bytes: Uint8Array | undefined };
