/**
 * A run goes on with another version of its program. Whether it can was found out before, of every byte that it has written (server/upgrade.ts).
 *
 * All of it or nothing: its tasks leave their workers and go on from their last checkpoints, with the new bundle. Kept checkpoints, which are of the
 * old one, go with that.
 */
import { assert } from "../../base/errors.ts";
import type { RunId } from "../../base/ids.ts";
import { leaveBundle, putBundle } from "../bundles.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { dropKept } from "../kept.ts";
import { noRun, settleRuns } from "../runs.ts";
import type { State } from "../state.ts";
import { evict } from "../tasks.ts";

/** Why the run cannot be upgraded at all; undefined: it depends on its tasks. */
export function refuseUpgrade(state: State, run: RunId): string | undefined {
  const row = state.runs.get(run);
  if (row === undefined) return noRun(run);
  return row.status === "running"
    ? undefined
    : `run ${run} is over (${row.status}): nothing of it will run again`;
}

export function upgrade(draft: Draft, { run, version, bytes, now }: Command & { kind: "upgrade" }): void {
  const row = draft.run(run);
  assert(row?.status === "running", `an upgrade of run ${run}, which does not go on`);
  const { version: before } = row;
  if (before === version) return;
  putBundle(draft, { version, bytes }, now);
  dropKept(draft, run);
  draft.setRun(run, { ...draft.run(run)!, version });
  for (const { id } of draft.tasksOf(run)) {
    const activation = draft.activation(id);
    if (activation !== undefined) evict(draft, activation);
  }
  leaveBundle(draft, before, 1);
  settleRuns(draft, now);
}
