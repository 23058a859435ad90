/**
 * The atomic hand-over of a task: consumed completions, effects in program order, the checkpoint, and what comes next.
 *
 * C1. A commit counts once by (epoch, seq): a repeated one is answered as the first, one of an older epoch, or of an activation that was
 *     given up, is refused (design D3).
 * C2. A commit with a gap before it is refused and ends the activation: what was lost would be an effect.
 * C3. Every commit is progress: deaths before it are forgiven (design H12).
 */
import { assert } from "../../base/errors.ts";
import type { EffectId } from "../../base/ids.ts";
import type { TaskRow } from "../../protocol/rows.ts";
import type { Commit } from "../../protocol/wire.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { perform } from "../effects.ts";
import { say } from "../lines.ts";
import { acknowledge } from "../room.ts";
import { settleRuns } from "../runs.ts";
import type { Activation } from "../state.ts";
import { isOver } from "../state.ts";
import { beginningKey, endTask, evict, forgetCompletion, leave } from "../tasks.ts";
import { listing } from "../uses.ts";

export function commit(draft: Draft, command: Command & { kind: "commit" }): void {
  const { worker, commit, now } = command;
  const { task, epoch, seq } = commit;
  const row = draft.task(task);
  const activation = draft.activation(task);
  if (row !== undefined && epoch === row.epoch && seq <= row.seq) {
    // What is owed is said once there is room.
    if (activation?.owed === undefined) draft.send(worker, { kind: "committed", task, epoch, seq });
    return;
  }
  const held = activation?.worker === worker && activation.epoch === epoch;
  if (row === undefined || isOver(row) || !held) {
    draft.send(worker, { kind: "refused", task, epoch });
    return;
  }
  if (seq !== row.seq + 1) {
    evict(draft, activation);
    settleRuns(draft, now);
    return;
  }
  draft.committing = task;
  checkpoint(draft, commit);
  say(draft, commit, now);
  for (const effect of commit.effects) perform(draft, command, effect);
  const acknowledged = acknowledge(draft, commit, activation);
  endSolitude(draft, activation);
  next(draft, commit, acknowledged);
  settleRuns(draft, now);
}

function checkpoint(draft: Draft, commit: Commit): void {
  const { task, snapshot, seq, consumed } = commit;
  const row = draft.task(task)!;
  assert(snapshot !== undefined || commit.then.kind === "end", `commit ${seq} of ${task} has no snapshot`);
  const before = row.answered ?? [];
  const isConsumed = among(consumed);
  const answered = before.filter((effect) => !isConsumed(effect));
  // More to come (effects.ts).
  const some = answered.length > 0 || commit.effects.some(({ kind }) => kind === "checkpoint");
  const isKnown = among(before);
  for (const effect of consumed) if (!isKnown(effect)) forgetCompletion(draft, task, effect);
  if (snapshot !== undefined) {
    if (row.from !== "snapshot") draft.deleteBytes(beginningKey(row));
    draft.setBytes(`snapshot/${task}`, snapshot);
  }
  const handles = snapshot === undefined ? row.handles : commit.handles;
  draft.setTask(task, {
    ...without(row, handles === undefined, !some),
    seq,
    deaths: 0,
    alone: false,
    from: snapshot === undefined ? row.from : "snapshot",
    checkpointBytes: (row.checkpointBytes ?? 0) + (snapshot?.length ?? 0),
    ...(handles === undefined ? undefined : listing(handles, row.handles)),
    ...(some ? { answered } : undefined),
  });
}

/** A look-up in a list, which is a short one as a rule. */
function among(list: readonly EffectId[]): (effect: EffectId) => boolean {
  if (list.length <= 8) return (effect) => list.includes(effect);
  const set = new Set(list);
  return (effect) => set.has(effect);
}

/** Most rows have neither, and need no copy for that. */
function without(row: TaskRow, handles: boolean, answered: boolean): TaskRow {
  if (handles && row.handles !== undefined) {
    const { handles: _, ...rest } = row;
    return without(rest, false, answered);
  }
  if (answered && row.answered !== undefined) {
    const { answered: _, ...rest } = row;
    return rest;
  }
  return row;
}

/** A task that was to be alone has shown that it can go on: others may join it. */
function endSolitude(draft: Draft, activation: Activation): void {
  const worker = draft.worker(activation.worker);
  if (draft.state.tasks.get(activation.task)?.alone && worker?.reserved) {
    draft.setWorker(worker.id, { ...worker, reserved: false });
  }
}

function next(draft: Draft, { task, then }: Commit, activation: Activation): void {
  const row = draft.task(task)!;
  switch (then.kind) {
    case "busy":
      if (row.status !== "active") draft.setTask(task, { ...row, status: "active" });
      if (activation.idle || activation.fresh)
        draft.setActivation(task, { ...activation, idle: false, fresh: false });
      return;
    case "idle": {
      // A completion that is on its way to the worker keeps it busy.
      const idle = !draft.hasCompletions(task);
      const status = idle ? "parked" : "active";
      if (row.status !== status) draft.setTask(task, { ...row, status });
      if (activation.idle !== idle || activation.fresh)
        draft.setActivation(task, { ...activation, idle, fresh: false });
      const worker = draft.worker(activation.worker);
      if (idle && (worker === undefined || worker.draining || worker.reserved)) {
        evict(draft, { ...activation, idle });
      }
      return;
    }
    case "release":
      leave(draft, activation, then.runnable);
      return;
    case "end":
      endTask(draft, task, then.outcome);
  }
}
