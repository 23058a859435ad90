/**
 * A copy of a run, that goes on by itself (design H21).
 *
 * F1. What is copied is one moment, an image (image.ts): of now, or one that is kept (kept.ts).
 * F2. The run's id becomes the copy's. So handles of the copy mean its own tasks, queues and locks, and neither run sees the other.
 * F3. Not copied: deaths and their count. A task that was cancelled stays so, and has its grace anew. A task that was given up stays so.
 */
import { assert } from "../../base/errors.ts";
import type { RunId } from "../../base/ids.ts";
import { isRunName, sharedKey } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import { cancellation } from "../../protocol/effect.ts";
import type { KeptRow, RunRow, TaskRow } from "../../protocol/rows.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import type { RunImage } from "../image.ts";
import { badRunName, noRun, settle } from "../runs.ts";
import { isOver, type State } from "../state.ts";
import { doingsOf } from "../stats.ts";
import { sharedBytesKey } from "../uses.ts";
import { noDeaths } from "./start-run.ts";

/** What is to be copied, and under which name; without a checkpoint: the run as it is, of one that is over what it has kept last. */
export interface ForkWish {
  readonly run: RunId;
  readonly id?: RunId;
  readonly checkpoint?: string;
}

/** Why the run cannot be forked so; undefined: it can. To be asked before the command. */
export function refuseFork(state: State, wish: ForkWish): string | undefined {
  const { run, id, checkpoint } = wish;
  const row = state.runs.get(run);
  const before = id === undefined ? undefined : state.runs.get(id);
  // Made before: whatever has become of the original since.
  if (before?.forkOf?.run === run) return undefined;
  if (row === undefined) return noRun(run);
  const kept = keptFor(row, checkpoint);
  if (kept === undefined && (checkpoint !== undefined || row.status !== "running"))
    return nothingKept(row, checkpoint);
  if (kept?.lacks !== undefined) return `checkpoint ${kept.name} of run ${run} was not kept: ${kept.lacks}`;
  const tasks = kept?.tasks ?? state.tasksOf(run).size;
  if (tasks > limits.forkedTasksMax)
    return `run ${run} has ${tasks} tasks; a run of ${limits.forkedTasksMax} at most can be forked`;
  if (id === undefined) return undefined;
  if (!isRunName(id)) return badRunName(id);
  return before === undefined
    ? undefined
    : `there is a run ${id} already, which is no fork of ${run}; give another id`;
}

/** From which of its kept checkpoints the run is to be copied; undefined: it is not kept, or the run is to be copied as it is. */
export function keptFor({ kept = [], status }: RunRow, checkpoint: string | undefined): KeptRow | undefined {
  if (checkpoint !== undefined) return kept.find(({ name }) => name === checkpoint);
  return status === "running" ? undefined : kept.at(-1);
}

function nothingKept({ id, status, kept = [] }: RunRow, checkpoint: string | undefined): string {
  const names = kept.map(({ name }) => name).join(", ");
  if (checkpoint !== undefined)
    return `run ${id} has no checkpoint ${JSON.stringify(checkpoint)}; it has kept ${names === "" ? "none: checkpoint({ name }) in its program keeps one" : names}`;
  return `run ${id} is over (${status}): nothing is left of it that could go on, and it has kept no checkpoint (checkpoint({ name }) in its program keeps one); start it anew`;
}

/** The same name a second time changes nothing. */
export function fork(draft: Draft, { as, image, checkpoint, now }: Command & { kind: "fork" }): void {
  const { state } = draft;
  if (state.runs.has(as)) return;
  const { run } = image;
  assert(run.status === "running", `a fork of run ${run.id}, which does not go on`);
  const own = <T>(value: T): T => renamed(value, run.id, as) as T;
  draft.setRun(as, copyOf(image, { as, checkpoint, now }));
  const answered = new Set(image.completions.map(({ task }) => task));
  for (const task of image.tasks) draft.setTask(own(task.id), own(began(task, answered.has(task.id))));
  for (const row of image.completions) draft.copyCompletion(own(row));
  for (const row of image.timers) if (row.effect !== cancellation) draft.setTimer(own(row));
  for (const gate of image.gates) draft.setGate(own(gate.id), own(gate));
  for (const row of image.items) draft.setItem(own(row));
  for (const row of image.waiters) draft.addWaiter(own(row));
  for (const row of image.messages) draft.setMessage(own(row.gate), row.number, row.id);
  const bytes = new Map(image.bytes);
  for (const row of image.shared) {
    const found = bytes.get(sharedBytesKey(sharedKey(run.id, row.id)));
    if (found !== undefined) draft.addShared(sharedKey(as, row.id), own(row), found);
  }
  for (const [key, found] of bytes) {
    const at = key.indexOf("/") + 1;
    draft.setBytes(`${key.slice(0, at)}${own(key.slice(at))}`, found);
  }
  settle(draft, as, now);
}

function copyOf(
  { run, commits, tasks }: RunImage,
  {
    as,
    checkpoint,
    now,
  }: { readonly as: RunId; readonly checkpoint: string | undefined; readonly now: number },
): RunRow {
  const { version, program } = run;
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
    forkOf: { run: run.id, commits, ...(checkpoint === undefined ? {} : { checkpoint }) },
  };
}

/** F3. What was on a worker, or has an answer to take, goes on at once. */
function began(task: TaskRow, hasAnswers: boolean): TaskRow {
  const { losses: _, ...row } = task;
  const canRun =
    row.status === "active" || (row.status === "parked" && (hasAnswers || row.answered !== undefined));
  return { ...row, status: canRun ? "ready" : row.status, deaths: 0, alone: false };
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
