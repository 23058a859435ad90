/**
 * What the store holds. A row is found by (table, key); keys begin with the run's id, so that a run's rows lie together.
 * Small rows are loaded into memory when the store is opened; `bytes` tables are read when they are needed.
 */
import type { EffectId, GateId, RunId, TaskId, Version } from "../base/ids.ts";
import type { GateKind } from "./effect.ts";

export interface RunRow {
  readonly id: RunId;
  readonly version: Version;
  /** Path of the program as given, for people. */
  readonly program: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** `failed` also when the root succeeded and a child's failure was observed by nobody (design H13). */
  readonly status: "running" | "succeeded" | "failed";
  /** For people, of a failed run. */
  readonly message?: string;
  /** Counters for the summary, over all restarts of the server. */
  readonly stats: RunStats;
  /** The numbers of its line rows that are kept. */
  readonly log: Span;
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
  readonly status: "ready" | "active" | "parked" | "succeeded" | "failed";
  /** Which bytes row to begin from (table `bytes`): kind + key = task id. */
  readonly from: "payload" | "input" | "snapshot";
  /** Effects whose completions are there and not consumed; their outcomes are in table `bytes` under `task/effect`. */
  readonly completions: readonly EffectId[];
  /** Who is waiting for the end of this task. */
  readonly joiners: readonly { readonly task: TaskId; readonly effect: EffectId }[];
  /** The failure was thrown into somebody's code. */
  readonly observed: boolean;
  /** For people, of a failed task. */
  readonly message?: string;
  /** Deaths charged to the task since its last commit (design T8). */
  readonly deaths: number;
  /** Run alone on its worker next time, because somebody among its neighbours killed the last one (design H12). */
  readonly alone: boolean;
  /** The last workers that died under it, for people. */
  readonly losses?: readonly Loss[];
}

export interface Loss {
  /** Milliseconds of the server's clock. */
  readonly at: number;
  readonly death: DeathKind;
  /** What the platform saw. */
  readonly detail: string;
}

export interface TimerRow {
  readonly task: TaskId;
  readonly effect: EffectId;
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
  /** Of a queue. */
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
}

/** Key: the gate's + `/in/` or `/out/` + number. */
export interface WaiterRow {
  readonly gate: GateId;
  readonly side: "in" | "out";
  readonly number: number;
  readonly task: TaskId;
  readonly effect: EffectId;
  /** Of an enqueuer. */
  readonly items: readonly Uint8Array[];
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
  timer: TimerRow;
  line: LineRow;
  gate: GateRow;
  item: ItemRow;
  waiter: WaiterRow;
  bundle: BundleRow;
}
export type Table = keyof Rows;

/**
 * Keys of table `bytes`:
 *   payload/TASK, input/TASK, snapshot/TASK   where the task begins from
 *   outcome/TASK                              how it ended (see outcome.ts)
 *   completion/TASK/EFFECT                    an answer not yet consumed (see outcome.ts)
 *   bundle/VERSION                            msgpack of Bundle
 *   log/RUN/NUMBER                            msgpack of LineRow, handed out
 */
export type BytesKey = string;

/** One atomic write. `undefined` deletes. */
export type Change =
  | { [T in Table]: { readonly table: T; readonly key: string; readonly row: Rows[T] | undefined } }[Table]
  | { readonly table: "bytes"; readonly key: BytesKey; readonly bytes: Uint8Array | undefined };
