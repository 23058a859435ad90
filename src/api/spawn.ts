import type { TaskId } from "../base/ids.ts";
import { registerClass } from "../runtime/index.ts";
import { startOf, type TaskFunction } from "./call.ts";
import { keepPlainly } from "./plain.ts";
import { inTask } from "./task.ts";

/** A handle of a task that was started: can be kept, copied to other tasks, and saved. Not a promise; ask for `result()`. */
export class Task<Result = unknown> {
  readonly id: string;
  /** Only under `run --plain`. */
  readonly #plain: Promise<unknown> | undefined;

  constructor(id: string, plain?: Promise<unknown>) {
    this.id = id;
    this.#plain = plain;
    keepPlainly(this);
  }

  /** What the task returns; rejects with what it throws. */
  result(): Promise<Awaited<Result>> {
    return inTask(
      "Task.result()",
      (kernel) =>
        kernel.effects.askFor({ kind: "join", task: this.id as TaskId }) as unknown as Promise<unknown>,
      async () => this.#plain,
    ) as Promise<Awaited<Result>>;
  }
}

registerClass("continua.Task", Task, { save: (task) => task.id, load: (id) => new Task(id) });

let plainTasks = 0;

/**
 * Starts `fn(...args)` as a task of its own, as `call` does, and goes on at once. A failure of the task is thrown to whoever asks for its
 * `result()`; if nobody does, the run fails.
 */
export function spawn<Args extends unknown[], Result>(
  fn: TaskFunction<Args, Result>,
  ...args: Args
): Task<Result> {
  return inTask(
    "spawn()",
    (kernel) => {
      const child = startOf("spawn", kernel, fn, args);
      kernel.effects.ask({ kind: "spawn", joined: false, ...child });
      return new Task<Result>(child.task);
    },
    (host) => new Task<Result>(`plain.${++plainTasks}`, host.call(fn as never, args)),
  );
}
