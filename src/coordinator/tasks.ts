/**
 * The life of a task, as far as several commands have a hand in it: it is answered, leaves its worker, ends.
 *
 * K1. A completion is a row and bytes beside it, until a commit names it consumed (design H15). Whoever gets the task next gets it too.
 * K2. A task that has ended waits for nothing, nothing waits for it, and it holds no lock (design H14).
 * K3. The outcome of a task started by `call` can reach its caller only: it is handed over at the end and the task's rows go. That of any
 *     other stays, for a handle may come to ask, until its run ends.
 * K4. A task is `cancelled` if what it was told by its cancellation is what left its function (design H14), or if it never began.
 * K5. A task that was given up after too many deaths (design T8) keeps its row, what it would have gone on from and the answers that it had not
 *     consumed, for people to look at, until its run is forgotten.
 * K6. A task that is woken warm stands in line like any other if all places that are free are for those who stand there already, who get them with the next
 *     dispatch: else it would keep its place from them for ever, if it never waits for longer than a write takes. On a worker that has as many as it may
 *     have it also stands in line if there is a place elsewhere (dispatch.ts, P1). Else it goes on where it is.
 */
import type { EffectId, TaskId, WorkerId } from "../base/ids.ts";
import { childTask, rootTaskOf, runOf } from "../base/ids.ts";
import { nothing } from "../protocol/answers.ts";
import type { Completion, Outcome } from "../protocol/effect.ts";
import { encodeOutcome } from "../protocol/outcome.ts";
import type { BytesKey, Place, TaskRow } from "../protocol/rows.ts";
import type { Draft } from "./draft.ts";
import { keepBeforeFailure, keepBeforeGivingUp } from "./kept.ts";
import type { Activation } from "./state.ts";
import { isOver } from "./state.ts";
import { listing } from "./uses.ts";

export function completionKey(task: TaskId, effect: EffectId): BytesKey {
  return `completion/${task}/${effect}`;
}

export function outcomeKey(task: TaskId): BytesKey {
  return `outcome/${task}`;
}

/** Where the task begins from. */
export function beginningKey(row: TaskRow): BytesKey {
  return `${row.from}/${row.id}`;
}

/** Every key under which the task has bytes. */
export function bytesOf(row: TaskRow, completions: readonly EffectId[]): BytesKey[] {
  const own = [beginningKey(row), ...completions.map((effect) => completionKey(row.id, effect))];
  if (!isOver(row)) return own;
  return row.givenUp ? [outcomeKey(row.id), ...own] : [outcomeKey(row.id)];
}

/** Answers an effect of `task`. Nobody is there any more: nothing happens, and the answer is false. */
export function complete(draft: Draft, { task, effect, branch }: Place, result: Outcome): boolean {
  const row = draft.task(task);
  if (row === undefined || isOver(row)) return false;
  const outcome = branch === undefined ? result : { ...result, branch };
  draft.setBytes(completionKey(task, effect), encodeOutcome(outcome));
  draft.addCompletion(task, effect, result.handles);
  const activation = draft.activation(task);
  if (activation?.idle && task !== draft.committing && !findsPlace(draft, activation))
    evict(draft, activation);
  else tell(draft, row, { effect, outcome });
  return true;
}

/** K6. */
function findsPlace(draft: Draft, { worker }: Activation): boolean {
  const { workers, ready, bounds } = draft.state;
  const free = (id: WorkerId) => Math.max(0, bounds.activationsPerWorker - draft.busyOn(id));
  const here = free(worker);
  if (here > ready.line) return true;
  let all = 0;
  for (const { id, draining, reserved, memoryMiB } of workers.values())
    if (!draining && !reserved && memoryMiB === undefined) all += free(id);
  return here > 0 ? all > ready.line : all + ready.line === 0;
}

/** Answers an effect of the commit that is being carried out with nothing: that is in the row of its task. */
export function answerAtOnce(draft: Draft, task: TaskId, effect: EffectId): void {
  draft.answer(task, effect);
  tell(draft, draft.task(task)!, { effect, outcome: nothing });
}

function tell(draft: Draft, row: TaskRow, completion: Completion): void {
  const { id: task } = row;
  const activation = draft.activation(task);
  const status = activation === undefined ? "ready" : "active";
  if (row.status !== status) draft.setTask(task, { ...row, status });
  if (activation === undefined) return;
  if (activation.idle) draft.setActivation(task, { ...activation, idle: false });
  draft.sendCompletion(activation, completion);
}

/** The task has no use for the answer any more, or has it. */
export function forgetCompletion(draft: Draft, task: TaskId, effect: EffectId): void {
  const row = draft.task(task);
  if (row?.answered?.includes(effect)) {
    const { answered, ...rest } = row;
    const left = answered.filter((other) => other !== effect);
    draft.setTask(task, left.length === 0 ? rest : { ...rest, answered: left });
    return;
  }
  if (!draft.hasCompletion(task, effect)) return;
  draft.dropCompletion(task, effect);
  draft.deleteBytes(completionKey(task, effect));
}

/**
 * Ends an activation; the task goes on from its last checkpoint as soon as there is something to go on with. An idle one, or one that
 * says of itself that it cannot go on, waits for completions.
 */
export function leave(draft: Draft, activation: Activation, runnable = !activation.idle): void {
  const row = draft.task(activation.task);
  draft.setActivation(activation.task, undefined);
  if (row === undefined || isOver(row)) return;
  const status = runnable || draft.hasCompletions(row.id) ? "ready" : "parked";
  if (row.status !== status) draft.setTask(row.id, { ...row, status });
}

/** Ends an activation that the worker still believes in. */
export function evict(draft: Draft, activation: Activation): void {
  const { worker, task, epoch } = activation;
  leave(draft, activation);
  draft.send(worker, { kind: "refused", task, epoch });
}

/** Deletes what the task has beside its row. */
export function deleteBelongings(draft: Draft, row: TaskRow, except?: BytesKey): void {
  const completions = draft.completionsOf(row.id);
  for (const key of bytesOf(row, completions)) if (key !== except) draft.deleteBytes(key);
  for (const effect of completions) draft.dropCompletion(row.id, effect);
}

/** Carries out the end of a task. `givenUp`: K5. */
export function endTask(draft: Draft, id: TaskId, told: Outcome, { givenUp = false } = {}): void {
  for (const effect of draft.waitsOf(id).keys()) draft.endWait(id, effect);
  draft.dropHolds(id);
  const row = draft.task(id)!;
  if (!givenUp) deleteBelongings(draft, row);
  draft.setActivation(id, undefined);
  draft.count(runOf(id), { tasksEnded: 1 });

  const { status, outcome } = endOf(row, told);
  const failed = status !== "succeeded";
  let observed = row.observed;
  let handedOver = false;
  // The row first: a task that joins itself must not be answered.
  const { handles, answered, ...lived } = row;
  const ended: TaskRow = {
    ...lived,
    status,
    joiners: [],
    ...(givenUp ? { givenUp, ...listing(handles), ...(answered && { answered }) } : {}),
    ...(outcome.kind === "value" ? {} : { message: outcome.message }),
  };

  draft.setTask(id, ended);
  for (const place of row.joiners) {
    const { task, effect } = place;
    // Another choice of the same select may have been this very task.
    if (draft.wait(task, effect) === undefined) continue;
    draft.noteJoined(place);
    draft.endWait(task, effect);
    if (!complete(draft, place, outcome)) continue;
    observed ||= failed;
    handedOver ||= childTask(task, effect) === id;
  }
  if (handedOver && !givenUp) {
    draft.setTask(id, undefined);
    return;
  }
  if (observed || outcome.handles !== undefined)
    draft.setTask(id, { ...ended, observed, ...listing(outcome.handles) });
  draft.setBytes(outcomeKey(id), encodeOutcome(outcome));
  const isRoot = id === rootTaskOf(runOf(id));
  if (givenUp) keepBeforeGivingUp(draft, id);
  else if (status === "failed" && (isRoot || !observed)) keepBeforeFailure(draft, id);
  if (status === "failed" && !observed && !isRoot && outcome.kind !== "value") {
    draft.act({ kind: "task-failed", task: id, name: row.name, message: outcome.message });
  }
}

/** K4. A task that was cancelled for taking too long has failed by that. */
function endOf(
  row: TaskRow,
  told: Outcome,
): { readonly status: TaskRow["status"]; readonly outcome: Outcome } {
  if (told.kind === "value") return { status: "succeeded", outcome: told };
  const { cancel } = row;
  if (told.cancelled !== true || cancel === undefined) return { status: "failed", outcome: told };
  if (cancel.late === undefined) return { status: "cancelled", outcome: told };
  return {
    status: "failed",
    outcome: { kind: "failure", name: "TimeoutError", message: cancel.message },
  };
}
