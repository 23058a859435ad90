/**
 * What a worker does before it has anything to do: it loads a program that is likely to be needed, and takes up a task of it and drops it again, so that
 * the code that does this is compiled and has been run when it counts. Nothing of the program runs but the top level of the packages that it imports.
 */
import type { TaskId } from "../base/ids.ts";
import type { Program, TaskHost } from "../runtime/types.ts";
import type { Clock } from "./clock.ts";

/** More often makes little difference. */
const times = 3;

export async function rehearse(
  loading: Promise<Program>,
  example: { readonly task: TaskId; readonly snapshot: Uint8Array } | undefined,
  clock: Pick<Clock, "now">,
): Promise<void> {
  const host: TaskHost = { wake: () => {}, freeze: () => false, now: () => clock.now(), settled: () => true };
  try {
    const program = await loading;
    if (example === undefined) return;
    for (let time = 0; time < times; time++) {
      const task = program.task(example.task, host);
      task.begin({ kind: "snapshot", bytes: example.snapshot });
      task.drop();
    }
  } catch {
    // Who takes the task up in earnest is told.
  }
}
