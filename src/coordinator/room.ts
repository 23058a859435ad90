/**
 * Room for tasks that have not begun: who starts them faster than they can begin waits, so that a parent of ten million children fills
 * neither this process nor the store.
 *
 *   a commit starts children ─▶ more than limits.unstartedChildren of the task's have not begun: it is not acknowledged yet
 *   the worker runs no task that has started limits.spawnsAhead others without an acknowledgement (worker/activation.ts, A6)
 *   children begin, or end without having begun ─▶ there is room again: the last commit is acknowledged, with all before it
 *
 * B1. Of one task's children never more have not begun than there is room for, plus limits.spawnsAhead, plus what one commit brings.
 * B2. A task that waits for room holds nothing that its children need to begin: it is no load to its worker and gives way to a task that has to
 *     be alone; without a worker it is not given one before there is room. Whether a child begins depends on nothing that its parent does.
 * B3. It waits only while there is something to begin: room is a function of the rows, so that it survives servers and workers, and whatever
 *     takes the last surplus child off the rows gives the word, in the same decision.
 * B4. A cancelled task does not wait: it has its grace and no more.
 */
import type { TaskId } from "../base/ids.ts";
import type { TaskRow } from "../protocol/rows.ts";
import type { Commit } from "../protocol/wire.ts";
import type { Draft } from "./draft.ts";
import type { Activation } from "./state.ts";

/** Whether the task may start more. */
export function hasRoom(draft: Draft, row: Pick<TaskRow, "id" | "cancel">): boolean {
  return row.cancel !== undefined || draft.unstartedOf(row.id) <= draft.state.bounds.unstartedChildren;
}

/** Acknowledges a commit that counts, if its worker waits for that, or owes it; answers the activation as it is then. */
export function acknowledge(draft: Draft, commit: Commit, activation: Activation): Activation {
  const { task, epoch, seq } = commit;
  if (hasRoom(draft, draft.task(task)!)) {
    if (isWaitedFor(commit)) draft.send(activation.worker, { kind: "committed", task, epoch, seq });
    return activation;
  }
  const owing = { ...activation, owed: seq };
  draft.setActivation(task, owing);
  return owing;
}

/** Nobody else asks whether a commit is durable: what follows from it comes only when it is. */
function isWaitedFor({ awaited, effects }: Commit): boolean {
  return awaited === true || effects.some(({ kind }) => kind === "spawn");
}

/** B3. Every command that can begin tasks, or end them, ends with it. */
export function giveRoom(draft: Draft): void {
  for (const task of draft.takeRelieved()) giveRoomTo(draft, task);
}

function giveRoomTo(draft: Draft, task: TaskId): void {
  const activation = draft.activation(task);
  const row = draft.task(task);
  if (activation?.owed === undefined || row === undefined || !hasRoom(draft, row)) return;
  const { owed: seq, ...paid } = activation;
  draft.setActivation(task, paid);
  draft.send(activation.worker, { kind: "committed", task, epoch: activation.epoch, seq });
}
