/**
 * Cancelling: a task is told, and may go on for a while; then it ends without further code.
 *
 *   cancel ─▶ not begun: ended at once
 *          └▶ completion 0 ─▶ the task withdraws what its fibers wait for ─▶ it ends, or its grace is over: ended
 *
 * X0. Not begun: it has been given to no worker. One whose first stretch was lost with its worker may have acted on the world outside, and is told
 *     when it begins anew, so that its `finally` has its say.
 * X1. It goes down to all descendants that have not ended, and to each once; a second time changes nothing (design H14). What is below a task that
 *     has been told before, and has not ended, is part of its cleaning up, or was told then: it is left alone.
 * X2. The task itself withdraws its waits, by effects in its commits: so each wait is either answered or withdrawn, and here is decided which
 *     (effects.ts). Having learned of it the task asks for its own cancellation once more, which goes to the children that it started meanwhile.
 * X3. Grace counts from when the task is told on a worker. It rests while no server runs; the next server gives all of it anew, at once to those
 *     that know and are parked.
 * X4. With the end of its grace everything below the task is cancelled, too: nobody is left to wait for what it may have started.
 */

import { formatDuration } from "../base/duration.ts";
import { type EffectId, parentOf, type TaskId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { cancellation, type Outcome } from "../protocol/effect.ts";
import type { Cancel, TaskRow, TimerRow } from "../protocol/rows.ts";
import type { Draft } from "./draft.ts";
import { isOver } from "./state.ts";
import { complete, endTask, evict } from "./tasks.ts";

/** Effects of timers that are the coordinator's own. */
const graceTimer: EffectId = cancellation;
const lifeTimer: EffectId = -1;

/** X1. `bySelf`: X2. */
export function cancelTree(draft: Draft, top: TaskId, cancel: Cancel, now: number, bySelf = false): void {
  const ids = [top, ...draft.descendantsOf(top)];
  const shelters = new Set(ids.filter((id) => isTold(draft, id) && !(bySelf && id === top)));
  for (const id of ids) {
    const row = draft.task(id);
    if (row === undefined || isOver(row) || row.cancel !== undefined || isBelow(id, shelters)) continue;
    // Why a task is late is its own matter: those below it are just cancelled.
    const told: Cancel = id === top ? cancel : { message: cancelled, graceMs: cancel.graceMs };
    draft.setTask(id, { ...row, cancel: told });
    const outcome = outcomeOf(told.message);
    if (row.epoch === 0) {
      endTask(draft, id, outcome);
      continue;
    }
    complete(draft, { task: id, effect: cancellation }, outcome);
    if (draft.activation(id) !== undefined) beginGrace(draft, id, now);
  }
}

function isTold(draft: Draft, id: TaskId): boolean {
  const row = draft.task(id);
  return row?.cancel !== undefined && !isOver(row);
}

function isBelow(id: TaskId, tasks: ReadonlySet<TaskId>): boolean {
  if (tasks.size === 0) return false;
  for (let above = parentOf(id); above !== undefined; above = parentOf(above))
    if (tasks.has(above)) return true;
  return false;
}

export const cancelled = "the task was cancelled";

function outcomeOf(message: string): Outcome {
  return { kind: "failure", name: "CancelledError", message, cancelled: true };
}

/** X3, for a cancelled task that has come to a worker. */
export function beginGrace(draft: Draft, id: TaskId, now: number): void {
  const cancel = draft.task(id)?.cancel;
  if (cancel === undefined || draft.hasTimer({ task: id, effect: graceTimer })) return;
  draft.setTimer({ task: id, effect: graceTimer, dueAt: now + cancel.graceMs });
}

/** X3, for a task that has lost its worker with the server. */
export function suspendGrace(draft: Draft, { id, cancel }: TaskRow): void {
  if (cancel !== undefined) draft.endWait(id, graceTimer);
}

/** The task may live for so long. */
export function limitLife(draft: Draft, { id, timeLimitMs }: TaskRow, now: number): void {
  if (timeLimitMs !== undefined) draft.setTimer({ task: id, effect: lifeTimer, dueAt: now + timeLimitMs });
}

/** Whether the timer was one of the coordinator's own: then it is done with. */
export function ownTimerFired(draft: Draft, { task, effect }: TimerRow, now: number): boolean {
  if (effect > graceTimer) return false;
  draft.endWait(task, effect);
  if (effect === lifeTimer) {
    const { name, timeLimitMs = 0 } = draft.task(task)!;
    const message = `task ${name} (${task}) took longer than its time limit of ${formatDuration(timeLimitMs)}`;
    cancelTree(draft, task, { message, graceMs: limits.cancelGraceMs, late: true }, now);
  } else graceOver(draft, task, now);
  return true;
}

/** X4. */
function graceOver(draft: Draft, id: TaskId, now: number): void {
  const { cancel, name } = draft.task(id)!;
  const activation = draft.activation(id);
  if (activation !== undefined) evict(draft, activation);
  const { graceMs } = cancel!;
  const message = `${cancel!.message}; ${name} had not ended ${formatDuration(graceMs)} later, and was ended without further code`;
  endTask(draft, id, outcomeOf(message));
  cancelTree(draft, id, { message: cancelled, graceMs }, now);
}
