/** Carries out one effect of a commit. They are taken in program order, each seeing what those before it did. */

import { assert, unreachable } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { childTask, runOf } from "../base/ids.ts";
import type { Effect, Outcome } from "../protocol/effect.ts";
import { nothing } from "../protocol/outcome.ts";
import type { Commit } from "../protocol/wire.ts";
import type { Command } from "./command.ts";
import type { Draft } from "./draft.ts";
import { meet } from "./gates.ts";
import type { State } from "./state.ts";
import { isOver } from "./state.ts";
import { complete, completionKey } from "./tasks.ts";

type CommitCommand = Command & { kind: "commit" };

export function perform(draft: Draft, command: CommitCommand, effect: Effect): void {
  const { task } = command.commit;
  switch (effect.kind) {
    case "spawn":
      spawn(draft, task, effect);
      break;
    case "join":
      join(draft, command, effect);
      break;
    case "sleep":
      draft.setTimer({ task, effect: effect.id, dueAt: command.now + Math.max(0, effect.ms) });
      break;
    case "checkpoint":
      complete(draft, task, effect.id, nothing);
      return;
    case "withdraw":
      withdraw(draft, task, effect);
      break;
    case "enqueue":
    case "dequeue":
    case "close":
    case "acquire":
    case "release":
    case "arrive":
      meet(draft, task, effect);
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
    if (effect.kind !== "join") continue;
    const row = state.tasks.get(effect.task);
    if (row !== undefined && isOver(row)) needed.push(effect.task);
  }
  return needed;
}

function spawn(draft: Draft, parent: TaskId, effect: Effect & { kind: "spawn" }): void {
  const { id, task, name, joined } = effect;
  assert(task === childTask(parent, id), `task ${parent} spawned ${task} by its effect ${id}`);
  assert(draft.task(task) === undefined, `task ${task} was spawned twice`);
  draft.setTask(task, {
    id: task,
    name,
    epoch: 0,
    seq: 0,
    status: "ready",
    from: "payload",
    completions: [],
    joiners: joined ? [{ task: parent, effect: id }] : [],
    observed: false,
    deaths: 0,
    alone: false,
  });
  if (joined) draft.noteJoin(parent, id, task);
  draft.setBytes(`payload/${task}`, effect.payload);
  draft.count(runOf(task), { tasks: 1 });
}

function join(draft: Draft, { commit, outcomes }: CommitCommand, effect: Effect & { kind: "join" }): void {
  const target = runOf(effect.task) === runOf(commit.task) ? draft.task(effect.task) : undefined;
  if (target !== undefined && !isOver(target)) {
    draft.addJoiner(target, commit.task, effect.id);
    return;
  }
  let outcome: Outcome = {
    kind: "failure",
    message: `GoneError: task ${effect.task} is not known here: its run has ended, or its outcome was handed over`,
  };
  if (target !== undefined) {
    const found = outcomes.get(effect.task);
    assert(found !== undefined, `the outcome of ${effect.task} was not handed in`);
    outcome = found;
  }
  complete(draft, commit.task, effect.id, outcome);
  if (target?.status === "failed" && !target.observed)
    draft.setTask(target.id, { ...target, observed: true });
}

function withdraw(draft: Draft, task: TaskId, effect: Effect & { kind: "withdraw" }): void {
  draft.endWait(task, effect.of);
  const row = draft.task(task)!;
  if (!row.completions.includes(effect.of)) return;
  draft.deleteBytes(completionKey(task, effect.of));
  draft.setTask(task, { ...row, completions: row.completions.filter((number) => number !== effect.of) });
}
