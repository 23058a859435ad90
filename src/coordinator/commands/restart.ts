import { runOf } from "../../base/ids.ts";
import { beginGrace, suspendGrace } from "../cancel.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { sayAgain } from "../lines.ts";
import { settle } from "../runs.ts";
import { isOver } from "../state.ts";

/** Tasks that were on workers of an earlier server go on from their last checkpoint; those workers' commits carry epochs that end here. */
export function restart(draft: Draft, { now }: Command & { kind: "restart" }): void {
  for (const row of draft.state.tasks.values()) {
    if (isOver(row)) continue;
    const stranded = row.status === "active" || (row.status === "parked" && draft.hasCompletions(row.id));
    if (stranded) draft.setTask(row.id, { ...row, status: "ready" });
    suspendGrace(draft, row);
    // It knows already, and may have nothing more to come to a worker for.
    if (!stranded && row.status === "parked" && !draft.state.held.has(runOf(row.id)))
      beginGrace(draft, row.id, now);
  }
  sayAgain(draft);
  for (const run of draft.state.runs.keys()) settle(draft, run, now);
}
