import { inTask } from "./task.ts";

/** The task whose code is running. */
export const current = {
  /** Its id, the same on every worker. */
  get id(): string {
    return inTask(
      "current.id",
      (kernel) => kernel.id as string,
      () => "plain",
    );
  },
};
