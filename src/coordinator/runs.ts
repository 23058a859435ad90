/**
 * The end of a run: when everything in it has ended, or when nothing in it can ever go on.
 *
 * R1. A run ends when all its tasks have ended, detached ones too (design H13). It has failed if the root failed, or a task whose failure
 *     was observed by nobody. It is cancelled if its root is, and nothing failed besides.
 * R2. A run all of whose tasks are parked, with no timer and nobody at an inbox, fails with a DeadlockError that lists the waits (design H20):
 *     nothing but timers, messages and the tasks themselves (by ending, or at a gate) can wake a task.
 * R3. With the end all rows of the run are deleted but the run's own, the root's outcome (design T7), and those of tasks that were given up
 *     (tasks.ts, K5). Kept checkpoints stay, too (kept.ts).
 */
import type { RunId } from "../base/ids.ts";
import { rootTaskOf } from "../base/ids.ts";
import { encodeOutcome } from "../protocol/outcome.ts";
import type { RunRow, TaskRow } from "../protocol/rows.ts";
import type { Draft } from "./draft.ts";
import { removeGate, settleGates } from "./gates.ts";
import { keepBeforeFailure } from "./kept.ts";
import { giveRoom } from "./room.ts";
import { deleteBelongings, evict, outcomeKey } from "./tasks.ts";
import { describe, waitText } from "./waits.ts";

/** To who asks for a run that is not there: of those that have been forgotten nothing is left, not even their names. */
export function noRun(id: string): string {
  return `there is no run ${id} here: it has never been, or has ended and been forgotten (see --retention); continua list shows what there is`;
}

/** To who wants to give a run a name that is none. */
export function badRunName(text: string): string {
  return `${JSON.stringify(text)} is no name for a run: give small letters, digits and _, a letter first, 41 at most`;
}

/** Waits that a message lists; more would not be read. */
const waitsListedMax = 10;

/** Ends those of the runs touched by this decision that have come to their end. Every command that can stop a task ends with it. */
export function settleRuns(draft: Draft, now: number): void {
  settleGates(draft);
  for (const run of draft.touchedRuns()) settle(draft, run, now);
  giveRoom(draft);
}

export function settle(draft: Draft, run: RunId, now: number): void {
  if (draft.run(run)?.status !== "running") return;
  const { ready, active, parked, outside } = draft.tally(run);
  if (ready + active + parked === 0) endRun(draft, run, now, endOf(draft, run));
  else if (ready + active + outside === 0) {
    keepBeforeFailure(draft, rootTaskOf(run));
    endRun(draft, run, now, { status: "failed", message: deadlock(draft, run) });
  }
}

type End = Pick<RunRow, "status" | "message">;

function endRun(draft: Draft, run: RunId, now: number, end: End): void {
  const root = rootTaskOf(run);
  for (const row of draft.tasksOf(run)) {
    const activation = draft.activation(row.id);
    if (activation !== undefined) evict(draft, activation);
    for (const effect of draft.waitsOf(row.id).keys()) draft.endWait(row.id, effect);
    if (row.givenUp) continue;
    deleteBelongings(draft, row, outcomeKey(root));
    draft.setTask(row.id, undefined);
    // Nothing has set it if the root was still waiting.
    if (row.id === root && row.status === "parked") {
      draft.setBytes(outcomeKey(root), encodeOutcome({ kind: "failure", message: end.message ?? "" }));
    }
  }
  for (const gate of draft.gatesOf(run)) removeGate(draft, gate);
  draft.setRun(run, { ...draft.run(run)!, endedAt: now, ...end });
  draft.act({ kind: "run-ended", run });
}

/** How a run has ended all of whose tasks have. */
function endOf(draft: Draft, run: RunId): End {
  const rows = draft.tasksOf(run);
  const root = rows.find((row) => row.id === rootTaskOf(run));
  if (root?.status === "failed") return { status: "failed", message: root.message ?? "" };
  const unseen = rows.filter((row) => row.status === "failed" && !row.observed);
  const first = unseen[0];
  if (first !== undefined) {
    const others = unseen.length > 1 ? ` (and ${unseen.length - 1} more)` : "";
    const message = `${describe(first)} failed and nothing waited for it: ${first.message ?? ""}${others}`;
    return { status: "failed", message };
  }
  return root?.status === "cancelled"
    ? { status: "cancelled", message: root.message ?? "" }
    : { status: "succeeded" };
}

function deadlock(draft: Draft, run: RunId): string {
  const parked = draft.tasksOf(run).filter((row) => row.status === "parked");
  const lines = parked
    .slice(0, waitsListedMax)
    .map((row) => `  ${describe(row)} waits for ${waitsText(draft, row)}`);
  if (parked.length > waitsListedMax) lines.push(`  and ${parked.length - waitsListedMax} more`);
  return `DeadlockError: no task of the run can go on, and nothing is left that could wake one\n${lines.join("\n")}`;
}

function waitsText(draft: Draft, row: TaskRow): string {
  const waits = [...draft.waitsOf(row.id).values()];
  if (waits.length === 0) return "something that nobody will ever do";
  return waits
    .slice(0, waitsListedMax)
    .map((wait) => waitText(draft, wait))
    .join(", ");
}
