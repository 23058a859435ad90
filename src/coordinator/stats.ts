/**
 * What the tasks of a run have done. As long as a task lives that is in its own row, which each commit writes; with the task's end it goes to the run's
 * row. So a commit has one row less to write, and nothing is counted twice or lost, whatever dies.
 */
import type { RunRow, RunStats, TaskRow } from "../protocol/rows.ts";
import { isOver, type State } from "./state.ts";

/** What is counted in the rows of live tasks. */
export type Doings = Pick<RunStats, "activations" | "commits" | "checkpointBytes">;

export function doingsOf({ epoch, seq, checkpointBytes = 0 }: TaskRow): Doings {
  return { activations: epoch, commits: seq, checkpointBytes };
}

/** All that has been counted of a run. */
export function statsOf(state: State, { id, stats }: RunRow): RunStats {
  let { activations, commits, checkpointBytes } = stats;
  for (const task of state.tasksOf(id)) {
    const row = state.tasks.get(task)!;
    if (isOver(row)) continue;
    const own = doingsOf(row);
    activations += own.activations;
    commits += own.commits;
    checkpointBytes += own.checkpointBytes;
  }
  return { ...stats, activations, commits, checkpointBytes };
}
