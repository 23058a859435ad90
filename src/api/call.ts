import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { childTask } from "../base/ids.ts";
import type { TaskKernel } from "../runtime/index.ts";
import { inTask } from "./task.ts";

/** What a task can run: a function of the program, compiled with it; its arguments and its result are copied. */
export type TaskFunction<Args extends unknown[], Result> = (...args: Args) => Result | PromiseLike<Result>;

/**
 * Runs `fn(...args)` as a task of its own, on whatever worker has room, and answers its result.
 *
 * The arguments are copied now; the task is started with the caller's next commit, exactly once, and survives the deaths of its
 * workers. It begins with fresh module variables; variables that `fn` captures are copied with it. If it throws, so does the promise; if it is
 * cancelled, the promise rejects with a {@link CancelledError}.
 *
 * @throws NotSaveableError if `fn` or an argument cannot be copied (a socket, a pending promise), with the path to it.
 */
export function call<Args extends unknown[], Result>(
  fn: TaskFunction<Args, Result>,
  ...args: Args
): Promise<Awaited<Result>> {
  return inTask(
    "call()",
    (kernel) => kernel.effects.askFor({ kind: "spawn", joined: true, ...startOf("call", kernel, fn, args) }),
    (host) => host.wait(host.run(checked("call", fn) as never, args)),
  ) as unknown as Promise<Awaited<Result>>;
}

/** The child and what it begins from. */
export function startOf(
  word: string,
  kernel: TaskKernel,
  fn: unknown,
  args: readonly unknown[],
): { task: TaskId; name: string; payload: Uint8Array } {
  const name = checked(word, fn).name || "(anonymous)";
  const payload = kernel.codec.encode(kernel, [fn, args], `the arguments of ${word}(${name})`);
  return { task: childTask(kernel.id, kernel.effects.next), name, payload };
}

// biome-ignore lint/complexity/noBannedTypes: any function at all
function checked(word: string, fn: unknown): Function {
  if (typeof fn === "function") return fn;
  throw new UserError(
    `${word}() takes a function and its arguments, as in ${word}(count, path); the first argument is ${fn === null ? "null" : `of type ${typeof fn}`}`,
  );
}
