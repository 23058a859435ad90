/**
 * Effects are what a task asks of the coordinator. They ride on the task's next commit, in program order, and are
 * carried out once (design T2). An effect with an answer is answered by a completion with its number.
 */
import type { EffectId, GateId, HandleId, SharedId, TaskId } from "../base/ids.ts";

/** A place where tasks meet. What it is goes along with every effect, so whoever comes first makes it, and who means another is told. */
export interface Gate {
  readonly id: GateId;
  readonly is: GateKind;
}

export type GateKind =
  | { readonly kind: "queue"; readonly capacity: number }
  | { readonly kind: "lock"; readonly permits: number }
  | { readonly kind: "barrier"; readonly parties: number }
  /** Takes messages from outside: commands `send`, not effects. */
  | { readonly kind: "inbox" };

/** What several of can be waited for at once. */
export type Choice =
  | { readonly kind: "join"; readonly task: TaskId }
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "dequeue" | "acquire" | "arrive"; readonly gate: Gate };

export type Effect =
  /**
   * Start a child. `payload` is the snapshot of `[function, arguments]`. `joined`: the answer is the child's outcome (`call`). If there is a
   * task with this id already, which only one with an id of its own can meet with, nothing is started.
   */
  | {
      readonly kind: "spawn";
      readonly id: EffectId;
      readonly task: TaskId;
      readonly name: string;
      readonly payload: Uint8Array;
      /** Shared values to which the payload leads. */
      readonly handles?: readonly HandleId[];
      readonly joined: boolean;
      readonly labels?: Labels;
      /** Counted from the start. */
      readonly timeLimitMs?: number;
      /** Heap of the worker that it runs on alone. */
      readonly memoryMiB?: number;
    }
  /** Answered with the outcome of a task spawned earlier (`task.result()`). */
  | { readonly kind: "join"; readonly id: EffectId; readonly task: TaskId }
  /** Answered once `ms` milliseconds of the server's clock have passed. */
  | { readonly kind: "sleep"; readonly id: EffectId; readonly ms: number }
  /** Answered when the checkpoint that this commit makes is durable. `name`: the run as it is then is kept. */
  | { readonly kind: "checkpoint"; readonly id: EffectId; readonly name?: string }
  /** Answered by the first of the choices that can be had, with its index as `branch`; the wait for all others ends with that. */
  | { readonly kind: "select"; readonly id: EffectId; readonly among: readonly Choice[] }
  /**
   * Withdraws the wait of an earlier effect. Without `answered` (a cleared timer) the effect has no answer, also if there was one already. With it,
   * the effect is answered in any case: by what came first, else by the failure `WithdrawnError`. No answer of its own.
   */
  | { readonly kind: "withdraw"; readonly id: EffectId; readonly of: EffectId; readonly answered?: true }
  /** Cancels a task of the run and its descendants. By the task itself: it has learned that it is cancelled. No answer. */
  | { readonly kind: "cancel"; readonly id: EffectId; readonly task: TaskId; readonly graceMs: number }
  /** Answered when all of the items (snapshots) are in the queue, next to each other; a failure if it is closed. */
  | {
      readonly kind: "enqueue";
      readonly id: EffectId;
      readonly gate: Gate;
      readonly items: readonly Uint8Array[];
      /** Shared values to which each item leads; absent: none does. */
      readonly handles?: readonly (readonly HandleId[])[];
    }
  /**
   * Answered with the next item (of an inbox: message), with `size` with a list of that many, or of fewer where no more can come in; a failure if
   * there is none and the queue is closed.
   */
  | { readonly kind: "dequeue"; readonly id: EffectId; readonly gate: Gate; readonly size?: number }
  /** Nothing more comes into the queue. No answer. */
  | { readonly kind: "close"; readonly id: EffectId; readonly gate: Gate }
  /** Answered with a number, the token, when a permit of the lock is this task's. */
  | { readonly kind: "acquire"; readonly id: EffectId; readonly gate: Gate }
  /** Gives the permit with this token back. No answer. */
  | { readonly kind: "release"; readonly id: EffectId; readonly gate: Gate; readonly token: number }
  /** Answered when as many as the barrier wants have arrived. */
  | { readonly kind: "arrive"; readonly id: EffectId; readonly gate: Gate }
  /** Stores a value that never changes (a snapshot), if the run does not have it yet; it is there as long as something leads to it. No answer. */
  | {
      readonly kind: "share";
      readonly id: EffectId;
      readonly shared: SharedId;
      readonly bytes: Uint8Array;
      /** Others to which it leads. */
      readonly handles?: readonly HandleId[];
    }
  /** Lines the task printed. No answer. */
  | { readonly kind: "log"; readonly id: EffectId; readonly stream: "out" | "err"; readonly text: string };

export type Labels = Readonly<Record<string, string>>;

/**
 * How a task, or an effect, ended. `value` is a snapshot of the result, `error` of what was thrown. `failure` is what the coordinator
 * says, which cannot encode snapshots: the runtime makes an Error of its message, of the class with that name if there is one. For the same
 * reason an empty `value` (no bytes) stands for `number` or, without one, for `undefined`: the answer of a timer or a checkpoint; and a
 * message from outside is JSON text (`json`).
 */
export type Outcome = Result & {
  /** Of a select: which of its choices this is. */
  readonly branch?: number;
  /** Shared values to which its bytes lead. */
  readonly handles?: readonly HandleId[];
};

type Result =
  | {
      readonly kind: "value";
      readonly value: Uint8Array;
      readonly number?: number;
      readonly json?: true;
      /** The answer is a list: `value` is the first of it, and these are the others. */
      readonly rest?: readonly Uint8Array[];
    }
  /** `cancelled`: what was thrown is that the task was cancelled. */
  | {
      readonly kind: "error";
      readonly error: Uint8Array;
      readonly message: string;
      readonly cancelled?: true;
    }
  | {
      readonly kind: "failure";
      readonly message: string;
      readonly name?: string;
      readonly cancelled?: true;
    };

/**
 * The answer to an effect: wakes whoever awaits its promise. Effect 0 ({@link cancellation}) is asked for by nobody: its answer says that the task is
 * cancelled.
 */
export interface Completion {
  readonly effect: EffectId;
  readonly outcome: Outcome;
}

export const cancellation: EffectId = 0;
