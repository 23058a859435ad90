/** How the words find their task. */
import { UserError } from "../base/errors.ts";
import { currentKernel, type TaskKernel } from "../runtime/index.ts";
import { type PlainHost, plainHost } from "./plain.ts";

/**
 * Runs `durable` in the current task, or `plain` under `run --plain`.
 *
 * @throws {UserError} outside both, naming the `word` that was used.
 */
export function inTask<D, P>(
  word: string,
  durable: (kernel: TaskKernel) => D,
  plain: (host: PlainHost) => P,
): D | P {
  const kernel = currentKernel();
  if (kernel !== undefined) return durable(kernel);
  const host = plainHost();
  if (host !== undefined) return plain(host);
  throw new UserError(`${word} works inside a task only: run the program with \`continua run\``);
}
