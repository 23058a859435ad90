import { rootTaskOf, runOf, type TaskId } from "../../base/ids.ts";
import { cancelled, cancelTree } from "../cancel.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { noRun, settleRuns } from "../runs.ts";
import type { State } from "../state.ts";

/** Why there is nothing to cancel; undefined: there is. To be asked before the command. */
export function refuseCancel(state: State, task: TaskId): string | undefined {
  const run = state.runs.get(runOf(task));
  if (run === undefined) return noRun(runOf(task));
  // The root's row goes with the run, which then is what there is to say something about.
  if (state.tasks.has(task) || task === rootTaskOf(run.id)) return undefined;
  return `there is no task ${task} in run ${run.id}: it has ended and its result was taken, or it has never been`;
}

export function cancel(draft: Draft, { task, graceMs, now }: Command & { kind: "cancel" }): void {
  cancelTree(draft, task, { message: cancelled, graceMs }, now);
  settleRuns(draft, now);
}
