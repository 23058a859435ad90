import { DurablePromise } from "../runtime/index.ts";
import { inTask } from "./task.ts";

export interface CheckpointOptions {
  readonly sync?: boolean;
  readonly name?: string;
}

/**
 * Makes a checkpoint of the task at the next suspension. With `{ sync: true }` the promise is resolved once the checkpoint is durable: after
 * `await checkpoint({ sync: true })` nothing before it is ever done again. Without, it is resolved at once. With a `name` the run as it is then is kept, until it
 * is forgotten, so that it can be copied from there: `continua fork RUN --checkpoint NAME`.
 */
export function checkpoint(options: CheckpointOptions = {}): Promise<void> {
  const { name } = options;
  if (name !== undefined && !/^[\w-][\w.-]{0,99}$/.test(name))
    throw new TypeError(
      `checkpoint({ name: ${JSON.stringify(name)} }): a name is letters, digits, _, - and ., not beginning with a dot, 100 at most`,
    );
  return inTask(
    "checkpoint()",
    (kernel) => {
      const durable = kernel.effects.askFor({ kind: "checkpoint", ...(name === undefined ? {} : { name }) });
      if (options.sync) return durable as object as Promise<void>;
      // Nobody waits for it: a task that cannot be saved just now goes on without (design H7).
      DurablePromise.markHandled(durable);
      return DurablePromise.ended(false, undefined) as object as Promise<void>;
    },
    () => Promise.resolve(),
  );
}
