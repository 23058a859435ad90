/**
 * A copy of a run, that goes on by itself (design H21).
 *
 * F1. What is copied is one moment: every row of the run as the commits so far have left it. What runs and is not committed belongs to the
 *     original alone; in the copy it is done anew.
 * F2. In rows and keys the run's id becomes the copy's. In bytes there is none: ids are saved relative to their run (base/ids.ts). So handles of the copy
 *     mean its own tasks, queues and locks, and neither run sees the other.
 * F3. Not copied: what has been printed, deaths and their count, activations. A task that was cancelled stays so, and has its grace anew.
 */
import { assert } from "../../base/errors.ts";
import type { RunId } from "../../base/ids.ts";
import { isRunName, runOf, runOfGate } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import { cancellation } from "../../protocol/effect.ts";
import type { BytesKey, RunRow, TaskRow } from "../../protocol/rows.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { badRunName, noRun } from "../runs.ts";
import { isOver, type State } from "../state.ts";
import { doingsOf, statsOf } from "../stats.ts";
import { bytesOf } from "../tasks.ts";
import { sharedBytesKey } from "../uses.ts";
import { noDeaths } from "./start-run.ts";

/** Why the run cannot be forked under this name; undefined: it can. To be asked before the command. */
export function refuseFork(state: State, run: RunId, as: RunId | undefined): string | undefined {
  const row = state.runs.get(run);
  const before = as === undefined ? undefined : state.runs.get(as);
  // Made before: whatever has become of the original since.
  if (before?.forkOf?.run === run) return undefined;
  if (row === undefined) return noRun(run);
  if (row.status !== "running")
    return `run ${run} is over (${row.status}): nothing is left of it that could go on; start it anew`;
  const tasks = state.tasksOf(run).size;
  if (tasks > limits.forkedTasksMax)
    return `run ${run} has ${tasks} tasks; a run of ${limits.forkedTasksMax} at most can be forked`;
  if (as === undefined) return undefined;
  if (!isRunName(as)) return badRunName(as);
  return before === undefined
    ? undefined
    : `there is a run ${as} already, which is no fork of ${run}; give another id`;
}

/** The keys under which a run has bytes, but for what it has printed. */
export function bytesToFork(state: State, run: RunId): BytesKey[] {
  const keys: BytesKey[] = [];
  for (const id of state.tasksOf(run)) keys.push(...bytesOf(state.tasks.get(id)!, state.completions.of(id)));
  for (const [key, row] of state.shared) if (row.run === run) keys.push(sharedBytesKey(key));
  return keys;
}

/** The same name a second time changes nothing. */
export function fork(draft: Draft, { run, as, bytes, now }: Command & { kind: "fork" }): void {
  const { state } = draft;
  if (state.runs.has(as)) return;
  const row = state.runs.get(run);
  assert(row?.status === "running", `a fork of run ${run}, which does not go on`);
  const own = <T>(value: T): T => renamed(value, run, as) as T;
  const tasks = [...state.tasksOf(run)].map((id) => state.tasks.get(id)!);
  draft.setRun(as, copyOf(state, row, { as, tasks, now }));
  for (const task of tasks) draft.setTask(own(task.id), own(began(draft, task)));
  copyWaits(draft, run, own);
  copyGates(draft, run, own);
  for (const [key, shared] of state.shared) {
    const found = shared.run === run ? bytes.get(sharedBytesKey(key)) : undefined;
    if (found !== undefined) draft.addShared(own(key), own(shared), found);
  }
  for (const key of bytesToFork(state, run)) {
    const found = bytes.get(key);
    assert(found !== undefined, `the bytes of ${key} were not handed in`);
    const at = key.indexOf("/") + 1;
    draft.setBytes(`${key.slice(0, at)}${own(key.slice(at))}`, found);
  }
}

function copyOf(
  state: State,
  row: RunRow,
  { as, tasks, now }: { readonly as: RunId; readonly tasks: readonly TaskRow[]; readonly now: number },
): RunRow {
  const { version, program } = row;
  const tasksEnded = tasks.filter(isOver).length;
  const stats = { tasks: tasks.length, tasksEnded, activations: 0, commits: 0, checkpointBytes: 0 };
  // What the rows of its tasks say that they have done, the originals did.
  for (const task of tasks) {
    if (isOver(task)) continue;
    const done = doingsOf(task);
    stats.activations -= done.activations;
    stats.commits -= done.commits;
    stats.checkpointBytes -= done.checkpointBytes;
  }
  return {
    ...{ id: as, version, program, startedAt: now, status: "running" },
    stats: { ...stats, deaths: noDeaths },
    log: { first: 1, next: 1 },
    forkOf: { run: row.id, commits: statsOf(state, row).commits },
  };
}

/** F3. What was on a worker, or has an answer to take, goes on at once. */
function began(draft: Draft, task: TaskRow): TaskRow {
  const { losses: _, ...row } = task;
  const canRun = row.status === "active" || (row.status === "parked" && draft.hasCompletions(row.id));
  return { ...row, status: canRun ? "ready" : row.status, deaths: 0, alone: false };
}

function copyWaits(draft: Draft, run: RunId, own: <T>(value: T) => T): void {
  const { completions, timers } = draft.state;
  for (const row of completions.rows.values()) if (runOf(row.task) === run) draft.copyCompletion(own(row));
  for (const row of timers.values())
    if (runOf(row.task) === run && row.effect !== cancellation) draft.setTimer(own(row));
}

function copyGates(draft: Draft, run: RunId, own: <T>(value: T) => T): void {
  const { items, waiters, messages } = draft.state;
  for (const gate of draft.gatesOf(run)) draft.setGate(own(gate.id), own(gate));
  for (const row of items.values()) if (runOfGate(row.gate) === run) draft.setItem(own(row));
  for (const row of waiters.values()) if (runOf(row.task) === run) draft.addWaiter(own(row));
  for (const row of messages.values())
    if (runOfGate(row.gate) === run) draft.setMessage(own(row.gate), row.number, row.id);
}

/** Texts for people, in which an id is no more than a word. */
const texts: ReadonlySet<string> = new Set(["message", "name", "detail", "text", "labels"]);

/** A row, or an id, in which the run has another id. */
function renamed(value: unknown, run: RunId, as: RunId): unknown {
  if (typeof value === "string")
    return value === run || value.startsWith(`${run}.`) || value.startsWith(`${run}/`)
      ? `${as}${value.slice(run.length)}`
      : value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((each) => renamed(each, run, as));
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key, texts.has(key) ? held : renamed(held, run, as)]),
  );
}
