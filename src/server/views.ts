/** Answers to questions about a state (protocol/control.ts), from its rows. */
import { GoneError, UserError } from "../base/errors.ts";
import type { RunId, TaskId } from "../base/ids.ts";
import { inboxOf, rootTaskOf, runOf } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import {
  beginningKey,
  eachWait,
  isOver,
  linesOf,
  noRun,
  type SingleWait,
  type State,
  statsOf,
  timerKey,
  waitText,
} from "../coordinator/index.ts";
import type {
  CancelForm,
  ForkForm,
  FrameForm,
  LineForm,
  RunForm,
  SendForm,
  SharedForm,
  SnapshotForm,
  StartForm,
  TaskForm,
  WaitForm,
  WhyForm,
} from "../protocol/control.ts";
import { unpack } from "../protocol/pack.ts";
import type { BytesKey, LineRow, RunRow, TaskRow } from "../protocol/rows.ts";
import { type InspectedFrame, inspectSnapshot } from "../runtime/index.ts";

/** A state and the bytes beside it. */
export interface Seen {
  readonly state: State;
  read(key: BytesKey): Uint8Array | undefined;
}

/** Why something is not done to a run. */
export function refused({ runs }: State, run: RunId, reason: string): UserError {
  return runs.has(run) ? new UserError(reason) : new GoneError(reason);
}

/** In order of their start. */
export function runsOf({ state }: Seen): RunRow[] {
  return [...state.runs.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
}

/** Without an id, the one that was started last. @throws {UserError} if there is none. */
export function findRun(seen: Seen, id: string | undefined): RunRow {
  const row = id === undefined ? runsOf(seen).at(-1) : seen.state.runs.get(id as RunId);
  if (row !== undefined) return row;
  if (id === undefined) throw new UserError("no run has been started here");
  throw new GoneError(noRun(id));
}

/** @throws {UserError} if there is none. */
function findTask({ state }: Seen, id: string): TaskRow {
  const row = state.tasks.get(id as TaskId);
  if (row !== undefined) return row;
  const run = state.runs.get(runOf(id as TaskId));
  throw new GoneError(
    run === undefined
      ? `there is no task ${id} here; continua list shows the runs, and continua show RUN their tasks`
      : `there is no task ${id} in run ${run.id}: it has ended and its result was taken, or it has never been`,
  );
}

export function runForm({ state }: Seen, row: RunRow): RunForm {
  const { id, program, status, startedAt, endedAt, message, version } = row;
  const stats = statsOf(state, row);
  return {
    id,
    program,
    status,
    startedAt: time(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: time(endedAt) }),
    ...(message === undefined ? {} : { message }),
    version,
    ...(row.forkOf === undefined ? {} : { forkOf: row.forkOf.run }),
    ...(row.forkOf?.checkpoint === undefined ? {} : { forkOfCheckpoint: row.forkOf.checkpoint }),
    ...(row.kept === undefined
      ? {}
      : { checkpoints: row.kept.map(({ at, ...kept }) => ({ ...kept, at: time(at) })) }),
    tasksStarted: stats.tasks,
    tasksEnded: stats.tasksEnded,
    activations: stats.activations,
    commits: stats.commits,
    checkpointBytes: stats.checkpointBytes,
  };
}

export function tasksOf(seen: Seen, run: RunRow): (TaskForm & SnapshotForm)[] {
  const ids = [...seen.state.tasksOf(run.id)].sort((a, b) => (a < b ? -1 : 1));
  if (ids.length <= limits.tasksShownWhole) return ids.map((id) => taskForm(seen, id));
  return ids.map((id) => formOf(seen, seen.state.tasks.get(id)!));
}

export function sharedOf({ state }: Seen, { id: run }: RunRow): SharedForm[] {
  const found: SharedForm[] = [];
  for (const [key, row] of state.shared)
    if (row.run === run) found.push({ id: row.id, bytes: row.bytes, uses: state.uses(key) });
  return found;
}

export function lostKept(run: RunId, name: string): string {
  return `checkpoint ${name} of run ${run} is not in the store, which is damaged: restore it from a copy, or take another checkpoint`;
}

/** Who waits for it would wait for ever. */
export function heldRun({ id, program }: RunRow): string {
  return `run ${id} (${program}) is at rest: the process that has the state goes on with another run; when that has ended: continua resume ${id}`;
}

export function taskForm(seen: Seen, id: string): TaskForm & SnapshotForm {
  const row = findTask(seen, id);
  const form = formOf(seen, row);
  const bytes = row.from === "snapshot" && goesOn(row) ? seen.read(beginningKey(row)) : undefined;
  return bytes === undefined ? form : { ...form, ...snapshotForm(seen, row.id, bytes) };
}

/** Or would have, and was given up. */
function goesOn(row: TaskRow): boolean {
  return !isOver(row) || row.givenUp === true;
}

function snapshotForm(seen: Seen, task: TaskId, bytes: Uint8Array): SnapshotForm {
  const { fibers, modules, rest } = inspectSnapshot(bytes);
  const waits = seen.state.waitsOf(task);
  const stacks = fibers.map(({ frames, effect, behind, waits: kind }) => {
    const texts = (effect === undefined ? behind : [effect]).flatMap((each) => {
      const wait = waits.get(each);
      return wait === undefined ? [] : [waitText(known(seen), wait)];
    });
    const more = texts.splice(waitsTold).length;
    if (more > 0) texts.push(`${more} more`);
    const waitsFor = texts.length === 0 ? unwaited[kind] : texts.join("; ");
    return { waitsFor, frames: frames.map(frameForm) };
  });
  const used = modules.filter(({ variables }) => variables.length > 0);
  return { stacks, modules: used.map(({ module, variables }) => ({ module, variables })), rest };
}

/** Of a stack that waits for many at once. */
const waitsTold = 4;

/** Of frames whose wait has no row: the answer is there, or is none of the system's business. */
const unwaited = {
  effect: "nothing: its answer is there",
  promise: "a promise",
  generator: "the next call of its generator",
  ready: "nothing: it can go on",
} as const;

function frameForm({ name, module, position, variables, bytes }: InspectedFrame): FrameForm {
  const named = variables.filter((variable) => !variable.name.startsWith("$"));
  return { name, at: `${module}:${position.line}:${position.column + 1}`, variables: named, bytes };
}

function formOf(seen: Seen, row: TaskRow): TaskForm {
  const { id, name, status, epoch, seq, deaths, losses = [], message, labels, memoryMiB } = row;
  return {
    id,
    name,
    status,
    epoch,
    seq,
    deaths,
    losses,
    waits: waitsOf(seen, id),
    answers: seen.state.completions.count(id) + (row.answered?.length ?? 0),
    bytes: goesOn(row) ? (seen.read(beginningKey(row))?.length ?? 0) : 0,
    ...(message === undefined ? {} : { message }),
    ...(labels === undefined ? {} : { labels }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
  };
}

/** Where the words for waits look things up. */
function known({ state }: Seen): Parameters<typeof waitText>[0] {
  return { task: (id) => state.tasks.get(id), gate: (id) => state.gates.get(id) };
}

function waitsOf(seen: Seen, task: TaskId): WaitForm[] {
  const { state } = seen;
  const waits = [...state.waitsOf(task)].flatMap(([effect, wait]) =>
    [...eachWait(wait)].map((single): WaitForm => {
      const text = waitText(known(seen), single);
      const form = { kind: single.kind, text, on: blockers(state, single) };
      if (single.kind === "gate") return { ...form, gate: single.waiter.gate };
      if (single.kind === "join") return form;
      const timer = state.timers.get(timerKey({ ...single, task, effect }));
      return timer === undefined ? form : { ...form, dueAt: time(timer.dueAt) };
    }),
  );
  const unstarted = state.unstartedOf(task);
  if (unstarted > state.bounds.unstartedChildren) {
    const text = `room for more tasks: ${unstarted} that it has started have not begun`;
    waits.unshift({ kind: "room", text, on: [] });
  }
  return waits;
}

function blockers(state: State, wait: SingleWait): TaskId[] {
  if (wait.kind === "join") return [wait.task];
  if (wait.kind === "timer") return [];
  const { holders = [] } = state.gates.get(wait.waiter.gate) ?? {};
  return [...new Set(holders.map(({ task }) => task))];
}

/** Of a task; of a run, that of its root, and of every task on which nobody waits. */
export function why(seen: Seen, id: string | undefined): WhyForm[] {
  const { state } = seen;
  if (id?.includes(".")) return [whyTask(seen, findTask(seen, id), new Set())];
  const run = findRun(seen, id);
  const rows = [...state.tasksOf(run.id)].map((task) => state.tasks.get(task)!).filter((row) => !isOver(row));
  const waitedFor = new Set(rows.flatMap((row) => waitsOf(seen, row.id).flatMap(({ on }) => on)));
  const root = rootTaskOf(run.id);
  return rows
    .filter((row) => row.id === root || !waitedFor.has(row.id))
    .map((row) => whyTask(seen, row, new Set()));
}

function whyTask(seen: Seen, { id, name, status, memoryMiB }: TaskRow, above: ReadonlySet<TaskId>): WhyForm {
  const path = new Set([...above, id]);
  const waits = waitsOf(seen, id).map((wait) => ({
    ...wait,
    because: wait.on.flatMap((task) => {
      const row = seen.state.tasks.get(task);
      // A circle has been told once.
      return row === undefined || path.has(task) ? [] : [whyTask(seen, row, path)];
    }),
  }));
  return { id, name, status, waits, ...(memoryMiB === undefined ? {} : { memoryMiB }) };
}

/** `attempts`: also those that were never committed. */
export function linesSaid(seen: Seen, run: RunRow, attempts = false): LineForm[] {
  return linesOf(run).flatMap(({ line, bytes }) => {
    const kept = seen.read(bytes);
    const row = seen.state.lines.get(line) ?? (kept === undefined ? undefined : (unpack(kept) as LineRow));
    return row === undefined || (row.attempt !== undefined && !attempts) ? [] : lineForms(line, row);
  });
}

export function lineForms(key: string, { at, task, name, lines, attempt }: LineRow): LineForm[] {
  return lines.map((line, index) => ({
    id: `${key}/${String(index).padStart(6, "0")}`,
    at: time(at),
    task,
    name,
    ...line,
    ...(attempt === undefined ? {} : { attempt }),
  }));
}

/** After the decision. */
export function cancelForm(state: State, task: TaskId): CancelForm {
  const { id: run, status } = state.runs.get(runOf(task))!;
  let told = 0;
  for (const id of [task, ...state.descendantsOf(task)]) {
    const row = state.tasks.get(id);
    if (row?.cancel !== undefined && !isOver(row)) told++;
  }
  return { run, status, told };
}

/** After the decision. */
export function forkForm(state: State, id: RunId, running: boolean): ForkForm {
  const { forkOf, stats } = state.runs.get(id)!;
  const { run, commits, checkpoint } = forkOf!;
  const of = checkpoint === undefined ? { forkOf: run } : { forkOf: run, checkpoint };
  return { id, ...of, commits, tasks: stats.tasks, tasksEnded: stats.tasksEnded, running };
}

export function startForm(state: State, id: RunId, again: boolean, running: boolean): StartForm {
  return { id, version: state.runs.get(id)!.version, again, running };
}

/** After the decision. */
export function sendForm(
  state: State,
  { task, inbox, id }: { readonly task: TaskId; readonly inbox: string; readonly id?: string },
): SendForm {
  const gate = inboxOf(task, inbox);
  const known = id === undefined ? undefined : state.messageOf(gate, id);
  return { number: known ?? state.gates.get(gate)!.items.next - 1 };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
