/**
 * The task whose code is on the stack. Set on every entry into a task's code and put back on the way out, so
 * that words without a receiver (`new Promise`, `sleep`) find their task. All of it is synchronous.
 */
import { UserError } from "../base/errors.ts";
import type { TaskKernel } from "./kernel.ts";

let slot: TaskKernel | undefined;

export function currentKernel(): TaskKernel | undefined {
  return slot;
}

/** Makes `kernel` the current one; answers the one before, which the caller puts back. */
export function setCurrent(kernel: TaskKernel | undefined): TaskKernel | undefined {
  const previous = slot;
  slot = kernel;
  return previous;
}

/** The task whose code is running. @throws UserError outside of any. */
export function needKernel(what: string): TaskKernel {
  if (slot === undefined) throw new UserError(`${what} can only be used by the code of a task while it runs`);
  return slot;
}
