/** `continua list` and `show`: what is in a state that nobody is running, read and left as it is. */
import { UserError } from "../base/errors.ts";
import type { RunId, TaskId } from "../base/ids.ts";
import { apply, emptyState, type State, waitText } from "../coordinator/index.ts";
import type { RunRow, TaskRow } from "../protocol/rows.ts";
import { openStore } from "./drive.ts";
import type { ListOptions } from "./options.ts";

export async function list(options: ListOptions): Promise<void> {
  const state = await read(options.store);
  const runs = inOrder(state).map(runForm);
  if (options.json) print(runs);
  else
    table(
      ["RUN", "STATUS", "STARTED", "TASKS", "PROGRAM"],
      runs.map(({ id, status, startedAt, tasks, tasksEnded, program }) => [
        id,
        status,
        startedAt,
        `${tasksEnded}/${tasks}`,
        program,
      ]),
    );
}

/** The run with this id; without one, the one that was started last. */
export async function show(id: string | undefined, options: ListOptions): Promise<void> {
  const state = await read(options.store);
  const row = id === undefined ? inOrder(state).at(-1) : state.runs.get(id as RunId);
  if (row === undefined) {
    throw new UserError(
      `there is no ${id === undefined ? "run" : `run ${id}`} in ${options.store}; continua list shows what there is`,
    );
  }
  const tasks = [...state.tasksOf(row.id)].sort().map((task) => taskForm(state, state.tasks.get(task)!));
  const run = runForm(row);
  if (options.json) return print({ ...run, tasks });
  const lines = Object.entries(run).filter(([, value]) => value !== undefined);
  table(
    ["", ""],
    lines.map(([name, value]) => [name, String(value)]),
  );
  if (tasks.length === 0) return;
  table(
    ["TASK", "STATUS", "FUNCTION", "ACTIVATIONS", "COMMITS", "WAITS FOR"],
    tasks.map(({ id: task, status, name, epoch, seq, waits }) => [
      task,
      status,
      name,
      String(epoch),
      String(seq),
      waits.join(", "),
    ]),
  );
}

async function read(url: string): Promise<State> {
  const store = await openStore(url, false);
  try {
    return apply(emptyState(), store.load());
  } finally {
    await store.close();
  }
}

function inOrder(state: State): RunRow[] {
  return [...state.runs.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
}

function runForm({ id, program, status, startedAt, endedAt, message, version, stats }: RunRow) {
  return {
    id,
    program,
    status,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt).toISOString(),
    message,
    version,
    tasks: stats.tasks,
    tasksEnded: stats.tasksEnded,
    activations: stats.activations,
    commits: stats.commits,
    checkpointBytes: stats.checkpointBytes,
  };
}

function taskForm(state: State, { id, name, status, epoch, seq, deaths, message }: TaskRow) {
  const known = {
    task: (task: TaskId) => state.tasks.get(task),
    gate: (gate: Parameters<State["gates"]["get"]>[0]) => state.gates.get(gate),
  };
  const waits = [...state.waitsOf(id).values()].map((wait) => waitText(known, wait));
  return { id, name, status, epoch, seq, deaths, waits, message };
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = head.every((name) => name === "") ? rows : [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => cell.padEnd(widths[column]!));
    process.stdout.write(`${cells.join("  ").trimEnd()}\n`);
  }
}
