import { parseDuration } from "../base/duration.ts";
import { UserError } from "../base/errors.ts";
import type { HandleId, TaskId } from "../base/ids.ts";
import { hasOwnName, loadedId, namedTask, parentOf, runOf, savedId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Labels } from "../protocol/effect.ts";
import { markWord, registerClass } from "../runtime/index.ts";
import { startOf, type TaskFunction } from "./call.ts";
import { keepPlainly } from "./plain.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { inTask } from "./task.ts";

/** A handle of a task that was started: can be kept, copied to other tasks, and saved. Not a promise; ask for `result()`. */
export class Task<Result = unknown> {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
    keepPlainly(this);
  }

  /** What the task returns; rejects with what it throws, and with a {@link CancelledError} if it is cancelled. */
  result(waiting: Waiting = {}): Promise<Awaited<Result>> {
    return inTask(
      "Task.result()",
      (kernel) =>
        kernel.effects.askFor(
          { kind: "join", task: this.id as TaskId },
          durableSignal("result", waiting),
        ) as unknown as Promise<unknown>,
      (host) => host.wait(host.join(this.id), waiting.signal),
    ) as Promise<Awaited<Result>>;
  }

  /**
   * Cancels the task and all that it has started, with the next commit of the task that asks. What has not begun does not begin. In the others
   * `current.signal` is aborted and every call that waits is thrown a {@link CancelledError}, once; `finally` blocks run, and may wait. Who has not
   * ended after `grace` (10 seconds unless told otherwise) is ended without further code. A second time changes nothing; nor does it for a task
   * that has ended.
   */
  cancel({ grace = limits.cancelGraceMs }: { readonly grace?: number | string } = {}): void {
    const graceMs = parseDuration(grace, "cancel(): grace");
    inTask(
      "Task.cancel()",
      (kernel) => void kernel.effects.ask({ kind: "cancel", task: this.id as TaskId, graceMs }),
      (host) => host.cancel(this.id, graceMs),
    );
  }
}

registerClass("continua.Task", Task, {
  save: (task, home) => savedId(task.id, home.id),
  load: (id, home) => new Task(loadedId(id, home.id)),
  leadsTo: (task, home) => handleOfTask(task.id as TaskId, home.id),
});

/** One with a name of its own can be found by it, and the first one is the run itself. */
function handleOfTask(task: TaskId, home: TaskId): HandleId | undefined {
  return parentOf(task) === undefined || hasOwnName(task) ? undefined : (savedId(task, home) as HandleId);
}

export interface SpawnOptions {
  /** A name that is unique in the run: if it has a task of this name already, that is the answer, and nothing is started. */
  readonly id?: string;
  /** How long the task may take, counted from its start, waits included; then it is cancelled, and fails with a {@link TimeoutError}. */
  readonly timeLimit?: number | string;
  /** In MiB: the task runs alone on a worker with a heap of so much. */
  readonly memory?: number;
  /** For people: shown by `continua show`. */
  readonly labels?: Labels;
}

type Spawn = <Args extends unknown[], Result>(fn: TaskFunction<Args, Result>, ...args: Args) => Task<Result>;

/**
 * Starts `fn(...args)` as a task of its own, as `call` does, and goes on at once. It does not end with the task that started it. A failure of
 * the task is thrown to whoever asks for its `result()`; if nobody does, the run fails.
 */
export const spawn: Spawn & {
  /**
   * The same with options: `spawn.with({ id: "ledger", timeLimit: "5 minutes" })(keepLedger, book)`.
   *
   * @throws {UserError} for options that are none.
   */
  with(options: SpawnOptions): Spawn;
} = Object.assign(
  <Args extends unknown[], Result>(fn: TaskFunction<Args, Result>, ...args: Args): Task<Result> =>
    start("spawn", fn, args, {}),
  {
    with(options: SpawnOptions): Spawn {
      const checked = checkedOptions(options);
      return markWord((fn, ...args) => start("spawn.with", fn, args, checked));
    },
  },
);

interface Checked {
  readonly id?: string;
  readonly timeLimitMs?: number;
  readonly memoryMiB?: number;
  readonly labels?: Labels;
}

function start<Args extends unknown[], Result>(
  word: string,
  fn: TaskFunction<Args, Result>,
  args: Args,
  { id, ...options }: Checked,
): Task<Result> {
  return inTask(
    `${word}()`,
    (kernel) => {
      const child = startOf(word, kernel, fn, args);
      const task = id === undefined ? child.task : namedTask(runOf(kernel.id), id);
      kernel.effects.ask({ kind: "spawn", joined: false, ...child, ...options, task });
      return new Task<Result>(task);
    },
    (host) =>
      new Task<Result>(host.spawn(fn as never, args, { ...options, ...(id === undefined ? {} : { id }) })),
  );
}

function checkedOptions({ id, timeLimit, memory, labels, ...others }: SpawnOptions): Checked {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new UserError(
      `spawn.with({ ${unknown} }): there is no such option; there are id, timeLimit, memory, labels`,
    );
  if (id !== undefined && (typeof id !== "string" || id === "" || id.length > limits.taskIdLength))
    throw new UserError(
      `spawn.with({ id }): an id is a text of 1 to ${limits.taskIdLength} characters, not ${JSON.stringify(id)}`,
    );
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (typeof value !== "string")
      throw new UserError(
        `spawn.with({ labels }): label ${name} is of type ${typeof value}; labels are texts`,
      );
  }
  if (memory !== undefined && !isMemory(memory))
    throw new UserError(
      `spawn.with({ memory }): memory is a whole number of MiB from ${limits.workerMemoryMiBMin} to ${limits.workerMemoryMiBMax}, not ${JSON.stringify(memory)}`,
    );
  return {
    ...(id === undefined ? {} : { id }),
    ...(memory === undefined ? {} : { memoryMiB: memory }),
    ...(timeLimit === undefined
      ? {}
      : { timeLimitMs: parseDuration(timeLimit, "spawn.with({ timeLimit })") }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
  };
}

function isMemory(value: number): boolean {
  return Number.isInteger(value) && value >= limits.workerMemoryMiBMin && value <= limits.workerMemoryMiBMax;
}
