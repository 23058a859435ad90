/**
 * Effects are what a task asks of the coordinator. They ride on the task's next commit, in program order, and are
 * carried out once (design T2). An effect with an answer is answered by a completion with its number.
 */
import type { EffectId, TaskId } from "../base/ids.ts";

export type Effect =
  /** Start a child. `payload` is the snapshot of `[function, arguments]`. `joined`: the answer is the child's outcome (`call`). */
  | {
      readonly kind: "spawn";
      readonly id: EffectId;
      readonly task: TaskId;
      readonly name: string;
      readonly payload: Uint8Array;
      readonly joined: boolean;
    }
  /** Answered with the outcome of a task spawned earlier (`task.result()`). */
  | { readonly kind: "join"; readonly id: EffectId; readonly task: TaskId }
  /** Answered once `ms` milliseconds of the server's clock have passed. */
  | { readonly kind: "sleep"; readonly id: EffectId; readonly ms: number }
  /** Answered when the checkpoint that this commit makes is durable. */
  | { readonly kind: "checkpoint"; readonly id: EffectId }
  /** Withdraws the wait of an earlier effect (a cleared timer). No answer. */
  | { readonly kind: "withdraw"; readonly id: EffectId; readonly of: EffectId }
  /** Lines the task printed. No answer. */
  | { readonly kind: "log"; readonly id: EffectId; readonly stream: "out" | "err"; readonly text: string };

/**
 * How a task, or an effect, ended. `value` is a snapshot of the result, `error` of what was thrown. `failure` is what the coordinator
 * says, which cannot encode snapshots: the runtime makes an Error of its message. For the same reason an empty `value` (no bytes) stands for
 * `undefined`: the answer of a timer or a checkpoint.
 */
export type Outcome =
  | { readonly kind: "value"; readonly value: Uint8Array }
  | { readonly kind: "error"; readonly error: Uint8Array; readonly message: string }
  | { readonly kind: "failure"; readonly message: string };

/** The answer to an effect: wakes whoever awaits its promise. */
export interface Completion {
  readonly effect: EffectId;
  readonly outcome: Outcome;
}
