import { inTask } from "./task.ts";

/** The task whose code is running. */
export const current = {
  /** Its id, the same on every worker. */
  get id(): string {
    return inTask(
      "current.id",
      (kernel) => kernel.id as string,
      (host) => host.current().id,
    );
  },

  /**
   * Aborted when the task is cancelled; its reason is the {@link CancelledError}. For foreign functions, `fetch(url, { signal: current.signal })`, and
   * for code that wants to end in its own way: the waits of a cancelled task are rejected in any case.
   */
  get signal(): AbortSignal {
    return inTask(
      "current.signal",
      (kernel) => kernel.effects.signal as unknown as AbortSignal,
      (host) => host.current().controller.signal,
    );
  },
};
