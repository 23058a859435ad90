/**
 * What can be asked about a state and of it, and the shapes of the answers: the same whether a server has the state or it is at rest. They are what
 * `--json` prints. Between a server and who asks they go as frames (frames.ts) over one connection, each question with a number of the
 * asker's choice.
 */
import type { GateId, RunId, SharedId, TaskId, Version } from "../base/ids.ts";
import type { Labels, Outcome } from "./effect.ts";
import type { Loss, RunRow, TaskRow } from "./rows.ts";

export type Question =
  | { readonly kind: "runs" }
  /** Without an id: the run that was started last. */
  | { readonly kind: "run"; readonly id?: string }
  | { readonly kind: "task"; readonly id: string }
  /** Of a run or a task. */
  | { readonly kind: "why"; readonly id?: string }
  /** `follow`: what comes is sent as it is said, until the run ends. */
  /** `attempts`: also what was said and not committed, yet or ever. */
  | { readonly kind: "logs"; readonly id?: string; readonly follow: boolean; readonly attempts?: boolean }
  /** Answered when it is durable, as is the next. */
  | { readonly kind: "cancel"; readonly task: TaskId; readonly graceMs: number }
  /** A new run; under the same id it is started once, and answered as the first time. */
  | {
      readonly kind: "start";
      readonly version: Version;
      /** msgpack of Bundle. */
      readonly bundle: Uint8Array;
      /** Its path, for people. */
      readonly program: string;
      /** JSON text, or empty. */
      readonly input: string;
      readonly id?: RunId;
    }
  /** Answered when the run has ended. */
  | { readonly kind: "result"; readonly run: RunId }
  /**
   * A copy of a run as of now, or of a kept checkpoint (of a run that is over: the last one); under the same id it is made once, and answered as the
   * first time.
   */
  | { readonly kind: "fork"; readonly run: RunId; readonly id?: RunId; readonly checkpoint?: string }
  /** Moves a run to another version of its program; `code`: what that has (runtime/upgrade.ts). `check`: only says whether it could. */
  | {
      readonly kind: "upgrade";
      readonly run: RunId;
      /** msgpack of Bundle. */
      readonly bundle: Uint8Array;
      readonly code: unknown;
      readonly check: boolean;
    }
  /** A message (JSON text) to an inbox of a task; one with an `id` is taken once, and answered as the first time. */
  | {
      readonly kind: "send";
      readonly task: TaskId;
      readonly inbox: string;
      readonly message: string;
      readonly id?: string;
    };

export interface Answers {
  runs: readonly RunForm[];
  /** With what its tasks go on from, unless there are more than `limits.tasksShownWhole`. */
  run: RunForm & {
    readonly tasks: readonly (TaskForm & SnapshotForm)[];
    /** Values of share(), by their names. */
    readonly shared: readonly SharedForm[];
  };
  task: TaskForm & SnapshotForm;
  why: readonly WhyForm[];
  logs: readonly LineForm[];
  cancel: CancelForm;
  start: StartForm;
  result: ResultForm;
  fork: ForkForm;
  upgrade: UpgradeForm;
  send: SendForm;
}

export interface StartForm {
  readonly id: RunId;
  readonly version: Version;
  /** It was there already, under this id. */
  readonly again: boolean;
  /** Whether the server that was asked drives it; else nobody has the state, and it waits. */
  readonly running: boolean;
}

export interface ResultForm {
  readonly row: RunRow;
  /** Of its main function. */
  readonly outcome: Outcome;
  /** msgpack of Bundle, to read a value with. */
  readonly bundle?: Uint8Array;
}

export interface ForkForm {
  /** The copy. */
  readonly id: RunId;
  readonly forkOf: RunId;
  /** Absent: it is of the run as it was when it was copied. */
  readonly checkpoint?: string;
  /** How many commits the original had made by then. */
  readonly commits: number;
  /** Tasks of the copy, and how many of them have ended. */
  readonly tasks: number;
  readonly tasksEnded: number;
  /** Whether the server that was asked goes on with it. */
  readonly running: boolean;
}

export interface UpgradeForm {
  readonly run: RunId;
  readonly from: Version;
  readonly to: Version;
  /** It has been moved, or could be. Else nothing has changed. */
  readonly moves: boolean;
  /** What stands in the way, by task (or by what else holds it). */
  readonly obstacles: readonly { readonly where: string; readonly reasons: readonly string[] }[];
  /** Tasks that have not ended. */
  readonly tasks: number;
}

export interface SharedForm {
  readonly id: SharedId;
  readonly bytes: number;
  /** How many snapshots, arguments, items and answers lead to it. */
  readonly uses: number;
}

/** What follows from a cancellation. */
export interface CancelForm {
  readonly run: RunId;
  readonly status: RunRow["status"];
  /** Tasks that had begun, and have or will have a moment to end. */
  readonly told: number;
}

export interface SendForm {
  /** Of the message in its inbox, from 0. */
  readonly number: number;
}

export interface Asked {
  readonly number: number;
  readonly question: Question;
}

export type Told =
  | { readonly number: number; readonly answer: Answers[keyof Answers] }
  /** More of a log that is followed; the answer comes at the end. */
  | { readonly number: number; readonly lines: readonly LineForm[] }
  /** The question cannot be answered, for a reason that its asker is to be told. `gone`: what it asks for is not there any more. */
  | { readonly number: number; readonly refusal: string; readonly gone?: true };

export interface RunForm {
  readonly id: RunId;
  readonly program: string;
  readonly status: RunRow["status"];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly message?: string;
  readonly version: Version;
  readonly forkOf?: RunId;
  /** Of which of its checkpoints. */
  readonly forkOfCheckpoint?: string;
  /** Of which it can be copied, the last one last. */
  readonly checkpoints?: readonly CheckpointForm[];
  /** How many there have been, and how many of them have ended. */
  readonly tasksStarted: number;
  readonly tasksEnded: number;
  readonly activations: number;
  readonly commits: number;
  readonly checkpointBytes: number;
}

export interface CheckpointForm {
  readonly name: string;
  /** Who asked for it, or was about to fail. */
  readonly task: TaskId;
  /** ISO 8601. */
  readonly at: string;
  readonly commits: number;
  readonly tasks: number;
  readonly bytes: number;
  /** Why it is not there all the same. */
  readonly lacks?: string;
}

export interface TaskForm {
  readonly id: TaskId;
  /** Of its function. */
  readonly name: string;
  readonly status: TaskRow["status"];
  readonly epoch: number;
  readonly seq: number;
  /** Of workers, charged to the task since its last commit. */
  readonly deaths: number;
  readonly losses: readonly Loss[];
  readonly waits: readonly WaitForm[];
  /** Answers that it has not taken yet. */
  readonly answers: number;
  /** Of what it would go on from. */
  readonly bytes: number;
  readonly message?: string;
  readonly labels?: Labels;
  readonly memoryMiB?: number;
}

/** What a task goes on from, if that is a checkpoint. */
export interface SnapshotForm {
  /** Calls that wait, and who waits for them. */
  readonly stacks?: readonly StackForm[];
  readonly modules?: readonly { readonly module: string; readonly variables: readonly VariableForm[] }[];
  /** Bytes that belong to no variable. */
  readonly rest?: number;
}

export interface StackForm {
  /** What the innermost frame waits for. */
  readonly waitsFor: string;
  /** The innermost first. */
  readonly frames: readonly FrameForm[];
}

export interface FrameForm {
  readonly name: string;
  /** `src/app.ts:12:9`, in the source. */
  readonly at: string;
  readonly variables: readonly VariableForm[];
  readonly bytes: number;
}

export interface VariableForm {
  readonly name: string;
  /** In one short line. */
  readonly value: string;
  /** Of its value and what it, as the first, leads to. */
  readonly bytes: number;
}

export interface WaitForm {
  /** `room`: it has started too many tasks that have not begun (limits.unstartedChildren). */
  readonly kind: "timer" | "join" | "gate" | "room";
  readonly text: string;
  /** Of a timer; ISO 8601. */
  readonly dueAt?: string;
  readonly gate?: GateId;
  /** Who could end the wait by going on: the task that is joined, the holders of a lock. */
  readonly on: readonly TaskId[];
}

/** A task, why it does not run, and the same of those on whom it waits. */
export interface WhyForm {
  readonly id: TaskId;
  readonly name: string;
  readonly status: TaskRow["status"];
  /** Of the worker that it has to have. */
  readonly memoryMiB?: number;
  readonly waits: readonly (WaitForm & { readonly because: readonly WhyForm[] })[];
}

export interface LineForm {
  /** Names the line, the same whenever it is told. In the order of lines. */
  readonly id: string;
  /** When it was committed; ISO 8601. */
  readonly at: string;
  readonly task: TaskId;
  /** Of the task's function. */
  readonly name: string;
  readonly stream: "out" | "err";
  readonly text: string;
  /** It is not committed: said by the task's stay on a worker with this number. `death`: how that ended, and the line with it. */
  readonly attempt?: { readonly number: number; readonly death?: string };
}
