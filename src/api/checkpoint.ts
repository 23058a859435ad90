import { DurablePromise } from "../runtime/index.ts";
import { inTask } from "./task.ts";

/**
 * Makes a checkpoint of the task at the next suspension. With `{ sync: true }` the promise is resolved once the checkpoint is durable: after
 * `await checkpoint({ sync: true })` nothing before it is ever done again. Without, it is resolved at once.
 */
export function checkpoint(options: { readonly sync?: boolean } = {}): Promise<void> {
  return inTask(
    "checkpoint()",
    (kernel) => {
      const durable = kernel.effects.askFor({ kind: "checkpoint" });
      if (options.sync) return durable as object as Promise<void>;
      // Nobody waits for it: a task that cannot be saved just now goes on without (design H7).
      DurablePromise.markHandled(durable);
      return DurablePromise.ended(false, undefined) as object as Promise<void>;
    },
    () => Promise.resolve(),
  );
}
