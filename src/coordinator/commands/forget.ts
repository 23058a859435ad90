/**
 * Runs that have ended are kept for a while, so that a result can be looked up again, and then forgotten (design T7): where they are kept for a
 * time, those that ended before a moment when the shell says so; else all but the last limits.finishedRunsKept when another one is started.
 */
import { type RunId, rootTaskOf, type Version } from "../../base/ids.ts";
import { leaveBundle } from "../bundles.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { dropKept } from "../kept.ts";
import { forgetLines } from "../lines.ts";
import { deleteBelongings, outcomeKey } from "../tasks.ts";

export function forget(draft: Draft, { before }: Command & { kind: "forget" }): void {
  forgetRuns(draft, draft.state.endedUntil(before));
}

/** And their bundles, where no run is left of them, nor one begins: a result needs its bundle to be read. */
export function forgetRuns(draft: Draft, runs: readonly RunId[], begins?: Version): void {
  const forgotten = new Map<Version, number>();
  for (const id of runs) {
    const row = draft.run(id)!;
    const of = row.version;
    forgotten.set(of, (forgotten.get(of) ?? 0) + 1);
    for (const task of draft.tasksOf(id)) {
      deleteBelongings(draft, task);
      draft.setTask(task.id, undefined);
    }
    dropKept(draft, id);
    draft.setRun(id, undefined);
    draft.deleteBytes(outcomeKey(rootTaskOf(id)));
    forgetLines(draft, row);
  }
  for (const [version, count] of forgotten) if (version !== begins) leaveBundle(draft, version, count);
}
