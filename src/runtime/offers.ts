/**
 * What the api room builds its words from: effects of the task whose code is running. Each is a thin step over the kernel's
 * effect desk; values are encoded at the call (design H11).
 */

import { UserError } from "../base/errors.ts";
import { childTask, type EffectId, type TaskId } from "../base/ids.ts";
import { needKernel } from "./current.ts";
import type { DurablePromise } from "./promise.ts";
import { siteOf } from "./stamp.ts";

/** Id of the running task. @throws UserError outside of any. */
export function currentTask(): TaskId {
  return needKernel("this").id;
}

export interface Spawned {
  readonly task: TaskId;
  readonly effect: EffectId;
  /** Of a joined child: its outcome. */
  readonly result: DurablePromise | undefined;
}

/**
 * Starts a child that runs `fn(...args)`. `what` is the user's word for it, for messages.
 *
 * @throws UserError if `fn` is not a function; NotSaveableError if it or its arguments cannot be handed over.
 */
export function spawnChild(
  what: string,
  fn: unknown,
  args: readonly unknown[],
  { joined }: { readonly joined: boolean },
): Spawned {
  const kernel = needKernel(what);
  if (typeof fn !== "function")
    throw new UserError(`${what}(fn, ...args): fn is ${typeof fn}; give a function of the program`);
  const payload = kernel.codec.encode(kernel, [fn, [...args]], `an argument of ${what}()`);
  const name = siteOf(fn)?.name ?? (fn.name || "(anonymous)");
  const task = childTask(kernel.id, kernel.effects.next);
  const request = { kind: "spawn", task, name, payload, joined } as const;
  const effect = kernel.effects.next;
  if (joined) return { task, effect, result: kernel.effects.askFor(request) };
  kernel.effects.ask(request);
  return { task, effect, result: undefined };
}

/** The outcome of a task spawned earlier. */
export function joinChild(task: TaskId): DurablePromise {
  return needKernel("result()").effects.askFor({ kind: "join", task });
}

export function sleepFor(ms: number): DurablePromise {
  return needKernel("sleep()").effects.askFor({ kind: "sleep", ms });
}

/** Answered when the checkpoint that the next commit makes is durable. */
export function requestCheckpoint(): DurablePromise {
  return needKernel("checkpoint()").effects.askFor({ kind: "checkpoint" });
}

export function printLine(stream: "out" | "err", text: string): void {
  needKernel("log").effects.ask({ kind: "log", stream, text });
}

/** Withdraws the wait for an effect's answer, if it has not come. */
export function withdrawEffect(effect: EffectId): void {
  needKernel("withdraw").effects.withdraw(effect);
}
