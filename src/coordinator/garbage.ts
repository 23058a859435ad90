/**
 * What nothing leads to any more goes, with the decision that took the last lead away (design T7, H16).
 *
 * A lead is an entry in what a row lists: of a task (its checkpoint or arguments, then its outcome), an answer, an item, somebody who waits to bring items, a
 * shared value. Code that runs ahead of its last checkpoint has nothing but what that checkpoint and its answers lead to, and what it has made
 * since; so who is not led to by rows is led to by nobody.
 *
 * G1. A shared value goes when nothing leads to it. No cycle is possible, for a value's name follows from what it leads to.
 * G2. A gate without a name goes, with what is in it, when nothing leads to it, nobody waits at it and nobody holds a permit. So does an inbox
 *     whose task has ended.
 * G3. A task that has ended goes, with its outcome, when nothing leads to it: nobody can ask for it. Not the first one of its run, nor one with a
 *     name of its own, nor one that was given up (tasks.ts, K5), nor one whose failure nobody has seen: the run fails by it (runs.ts, R1).
 * G4. What only leads to itself (a queue with its own handle as an item) is found by going through all of its run from what G2 and G3 keep in any
 *     case. That is done when the shell says so (`trace`): when nothing else is going on, and now and then.
 */
import type { GateId, HandleId, RunId, TaskId } from "../base/ids.ts";
import {
  handleKey,
  hasOwnName,
  isInbox,
  isUnnamed,
  ownerOf,
  parentOf,
  runOf,
  runOfGate,
} from "../base/ids.ts";
import type { GateRow, TaskRow } from "../protocol/rows.ts";
import type { Command } from "./command.ts";
import { completionRowKey } from "./completions.ts";
import type { Draft } from "./draft.ts";
import { hasWaiters, removeGate } from "./gates.ts";
import { isOver } from "./state.ts";
import { deleteBelongings } from "./tasks.ts";
import { handlesOfWaiter, Uses } from "./uses.ts";

type Ids = readonly HandleId[] | undefined;

export function collectGarbage(draft: Draft): void {
  const garbage = new Garbage(draft);
  for (;;) {
    const key = garbage.suspects.pop();
    if (key === undefined) return;
    if (draft.state.uses(key) + garbage.steps.of(key) === 0) garbage.free(key);
  }
}

class Garbage {
  /** By how much the decision changes the numbers of leads. */
  readonly steps = new Uses();
  /** What may be led to by nothing now: what has lost a lead, and what may have been held by something else before. */
  readonly suspects: string[] = [];
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
    draft.eachStep({
      task: (before, after) => {
        const { id } = (after ?? before)!;
        if (before?.handles !== after?.handles) this.#move(runOf(id), before?.handles, after?.handles);
        if (after !== undefined ? !isOver(after) : before === undefined || isOver(before)) return;
        this.suspects.push(id, ...draft.state.inboxesOf(id));
      },
      completion: (before, after) => {
        if (before?.handles === after?.handles) return;
        this.#move(runOf((after ?? before)!.task), before?.handles, after?.handles);
      },
      item: (before, after) => {
        if (before?.handles === after?.handles) return;
        this.#move(runOfGate((after ?? before)!.gate), before?.handles, after?.handles);
      },
      waiter: (before, after) => {
        if (before?.handles !== after?.handles) {
          const run = runOf((after ?? before)!.task);
          this.#move(run, before && handlesOfWaiter(before), after && handlesOfWaiter(after));
        }
        if (after === undefined) this.suspects.push(before!.gate);
      },
      shared: (before, after) => {
        const { run, id } = (after ?? before)!;
        this.#move(run, before?.handles, after?.handles);
        this.suspects.push(handleKey(run, id));
      },
      gate: (before, after) => this.suspects.push((after ?? before)!.id),
    });
  }

  #move(run: RunId, before: Ids, after: Ids): void {
    if (before === after) return;
    this.steps.move(run, before, after);
    for (const id of before ?? []) this.suspects.push(handleKey(run, id));
  }

  /** If it may go. */
  free(key: string): void {
    const draft = this.#draft;
    const shared = draft.shared(key);
    if (shared !== undefined) {
      draft.dropShared(key);
      this.#move(shared.run, shared.handles, undefined);
      return;
    }
    const gate = draft.gate(key as GateId);
    if (gate !== undefined) {
      if (this.mayGo(gate)) this.#freeGate(gate);
      return;
    }
    const task = draft.task(key as TaskId);
    if (task === undefined || !isForgettable(task)) return;
    deleteBelongings(draft, task);
    draft.setTask(task.id, undefined);
    this.#move(runOf(task.id), task.handles, undefined);
  }

  /** G2. */
  mayGo(row: GateRow): boolean {
    if (isInbox(row.id)) {
      const owner = this.#draft.task(ownerOf(row.id));
      if (owner !== undefined && !isOver(owner)) return false;
    } else if (!isUnnamed(row.id)) return false;
    return row.holders.length === 0 && !hasWaiters(this.#draft, row);
  }

  #freeGate(row: GateRow): void {
    const { id, items } = row;
    for (let number = items.first; number < items.next; number++)
      this.#move(runOfGate(id), this.#draft.item(id, number)?.handles, undefined);
    removeGate(this.#draft, row);
  }
}

/** G4. */
export function trace(draft: Draft, { runs }: Command & { kind: "trace" }): void {
  for (const run of runs) if (draft.run(run)?.status === "running") traceRun(draft, run);
}

function traceRun(draft: Draft, run: RunId): void {
  const garbage = new Garbage(draft);
  const { leads, roots } = leadsIn(draft, run, (gate) => garbage.mayGo(gate));
  const open = [...roots];
  for (;;) {
    const key = open.pop();
    if (key === undefined) break;
    const next = leads.get(key);
    leads.delete(key);
    if (next !== undefined) for (const each of next) open.push(each);
  }
  for (const key of leads.keys()) garbage.free(key);
}

/** What leads on from each row that could go, and what the others lead to. */
function leadsIn(
  draft: Draft,
  run: RunId,
  mayGo: (gate: GateRow) => boolean,
): { readonly leads: Map<string, string[]>; readonly roots: readonly string[] } {
  const { state } = draft;
  const leads = new Map<string, string[]>();
  const roots: string[] = [];
  const note = (ids: Ids, to: string[]): void => {
    for (const id of ids ?? []) to.push(handleKey(run, id));
  };
  const from = (key: string, isCandidate: boolean): string[] => {
    if (!isCandidate) return roots;
    const own: string[] = [];
    leads.set(key, own);
    return own;
  };
  for (const task of state.tasksOf(run)) {
    const row = state.tasks.get(task)!;
    note(row.handles, from(task, isForgettable(row)));
    for (const effect of state.completions.of(task))
      note(state.completions.rows.get(completionRowKey(task, effect))?.handles, roots);
  }
  for (const id of state.gatesOf(run)) {
    const row = state.gates.get(id)!;
    const own = from(id, mayGo(row));
    for (let number = row.items.first; number < row.items.next; number++)
      note(draft.item(id, number)?.handles, own);
    for (let number = row.in.first; number < row.in.next; number++) {
      const waiter = draft.waiter({ gate: id, side: "in", number });
      note(waiter && handlesOfWaiter(waiter), roots);
    }
  }
  for (const [key, row] of state.shared) if (row.run === run) note(row.handles, from(key, true));
  return { leads, roots };
}

/** G3. */
function isForgettable(row: TaskRow): boolean {
  if (!isOver(row) || row.givenUp || (row.status === "failed" && !row.observed)) return false;
  return parentOf(row.id) !== undefined && !hasOwnName(row.id);
}
