/** Carries out one effect of a commit. They are taken in program order, each seeing what those before it did. */

import { assert, unreachable } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { childTask, isNamed, runOf, sharedKey } from "../base/ids.ts";
import { withdrawn } from "../protocol/answers.ts";
import type { Effect, Outcome } from "../protocol/effect.ts";
import type { Place, TaskRow } from "../protocol/rows.ts";
import type { Commit } from "../protocol/wire.ts";
import { cancelled, cancelTree, limitLife } from "./cancel.ts";
import type { Command } from "./command.ts";
import type { Draft } from "./draft.ts";
import { meet } from "./gates.ts";
import type { State } from "./state.ts";
import { isOver } from "./state.ts";
import { answerAtOnce, complete, forgetCompletion } from "./tasks.ts";
import { listing } from "./uses.ts";

type CommitCommand = Command & { kind: "commit" };

export function perform(draft: Draft, command: CommitCommand, effect: Effect): void {
  const { task } = command.commit;
  switch (effect.kind) {
    case "spawn":
      spawn(draft, command, effect);
      break;
    case "join":
      join(draft, command, { task, effect: effect.id }, effect.task);
      break;
    case "sleep":
      sleep(draft, command, { task, effect: effect.id }, effect.ms);
      break;
    case "select":
      select(draft, command, effect);
      break;
    case "checkpoint":
      answerAtOnce(draft, task, effect.id);
      if (effect.name !== undefined) draft.keep({ task, name: effect.name, moment: "after" });
      break;
    case "withdraw":
      withdraw(draft, task, effect);
      break;
    case "cancel":
      cancel(draft, command, effect);
      break;
    case "enqueue":
    case "dequeue":
    case "close":
    case "acquire":
    case "release":
    case "arrive":
      meet(draft, { task, effect: effect.id }, effect);
      break;
    case "share":
      share(draft, task, effect);
      break;
    case "log":
      // Those of one commit are said together: lines.ts.
      break;
    default:
      unreachable(effect);
  }
}

/** The ended tasks that a commit joins. Their outcomes are bytes, which the shell has to fetch for the command. */
export function outcomesNeeded(state: State, commit: Commit): TaskId[] {
  const needed: TaskId[] = [];
  for (const effect of commit.effects) {
    const choices = effect.kind === "select" ? effect.among : effect.kind === "join" ? [effect] : [];
    for (const choice of choices) {
      const row = choice.kind === "join" ? state.tasks.get(choice.task) : undefined;
      if (row !== undefined && isOver(row)) needed.push(row.id);
    }
  }
  return needed;
}

function spawn(draft: Draft, { commit, now }: CommitCommand, effect: Effect & { kind: "spawn" }): void {
  const { id, task, name, joined, labels, timeLimitMs, memoryMiB } = effect;
  const parent = commit.task;
  const named = task !== childTask(parent, id);
  assert(!named || isNamed(task, runOf(parent)), `task ${parent} spawned ${task} by its effect ${id}`);
  if (named && draft.task(task) !== undefined) return;
  assert(draft.task(task) === undefined, `task ${task} was spawned twice`);
  const row: TaskRow = {
    id: task,
    name,
    epoch: 0,
    seq: 0,
    status: "ready",
    from: "payload",
    joiners: joined ? [{ task: parent, effect: id }] : [],
    observed: false,
    deaths: 0,
    alone: false,
    ...(named ? { starter: parent } : {}),
    ...(labels === undefined ? {} : { labels }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    ...listing(effect.handles),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
  };
  draft.setTask(task, row);
  if (joined) draft.noteJoin({ task: parent, effect: id }, task);
  draft.setBytes(`payload/${task}`, effect.payload);
  draft.count(runOf(task), { tasks: 1 });
  limitLife(draft, row, now);
}

/** What the run has already is not written again. */
function share(draft: Draft, task: TaskId, { shared: id, bytes, handles }: Effect & { kind: "share" }): void {
  const run = runOf(task);
  const key = sharedKey(run, id);
  if (draft.shared(key) === undefined)
    draft.addShared(key, { run, id, bytes: bytes.length, ...listing(handles) }, bytes);
}

function sleep(draft: Draft, { now }: CommitCommand, place: Place, ms: number): void {
  draft.setTimer({ ...place, dueAt: now + Math.max(0, ms) });
}

function join(draft: Draft, { commit, outcomes }: CommitCommand, place: Place, of: TaskId): void {
  const target = runOf(of) === runOf(commit.task) ? draft.task(of) : undefined;
  if (target !== undefined && !isOver(target)) {
    draft.addJoiner(target, place);
    return;
  }
  let outcome: Outcome = {
    kind: "failure",
    name: "GoneError",
    message: `task ${of} is not known here: its run has ended, or its outcome was handed over`,
  };
  if (target !== undefined) {
    const found = outcomes.get(of) ?? endedInThisCommit(target);
    assert(found !== undefined, `the outcome of ${of} was not handed in`);
    outcome = found;
  }
  draft.endWait(place.task, place.effect);
  complete(draft, place, outcome);
  if (target !== undefined && target.status !== "succeeded" && !target.observed)
    draft.setTask(target.id, { ...target, observed: true });
}

/** The outcome of a task that this very commit has cancelled before it began: nobody could hand it in. */
function endedInThisCommit({ status, message = "" }: TaskRow): Outcome | undefined {
  return status === "cancelled"
    ? { kind: "failure", name: "CancelledError", message, cancelled: true }
    : undefined;
}

/** One choice after the other is asked for, until one has been answered. */
function select(draft: Draft, command: CommitCommand, effect: Effect & { kind: "select" }): void {
  const { task } = command.commit;
  for (const [branch, choice] of effect.among.entries()) {
    const place: Place = { task, effect: effect.id, branch };
    if (choice.kind === "join") join(draft, command, place, choice.task);
    else if (choice.kind === "sleep") sleep(draft, command, place, choice.ms);
    else meet(draft, place, choice);
    if (draft.hasCompletion(task, effect.id)) return;
  }
}

/** What comes first, the withdrawal or the answer, is decided by being done here: each ends the wait (design H14, H15). */
function withdraw(draft: Draft, task: TaskId, { of, answered }: Effect & { kind: "withdraw" }): void {
  const waited = draft.wait(task, of) !== undefined;
  draft.endWait(task, of);
  if (answered === undefined) forgetCompletion(draft, task, of);
  else if (waited) complete(draft, { task, effect: of }, withdrawn);
}

function cancel(draft: Draft, { commit, now }: CommitCommand, effect: Effect & { kind: "cancel" }): void {
  if (runOf(effect.task) !== runOf(commit.task)) return;
  // A task that has learned of its cancellation passes it on: its children have the grace that it has itself.
  const graceMs = draft.task(effect.task)?.cancel?.graceMs ?? effect.graceMs;
  cancelTree(draft, effect.task, { message: cancelled, graceMs }, now, effect.task === commit.task);
}
