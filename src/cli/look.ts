/** `continua list`, `show`, `why` and `logs`: what is in a state, as text or, with `--json`, in the forms of protocol/control.ts. */
import type {
  LineForm,
  RunForm,
  SnapshotForm,
  TaskForm,
  VariableForm,
  WaitForm,
  WhyForm,
} from "../protocol/control.ts";
import { ask } from "./asking.ts";
import type { LookOptions } from "./options.ts";

export async function list({ store, json }: LookOptions): Promise<void> {
  const runs = await ask(store, { kind: "runs" });
  if (json) return print(runs);
  const rows = runs.map((run) => [run.id, run.status, run.startedAt, tasksText(run), run.program]);
  table([["RUN", "STATUS", "STARTED", "TASKS", "PROGRAM"], ...rows]);
}

/** A run (without an id, the one that was started last) and the stack of its main function, or another task. */
export async function show(id: string | undefined, options: LookOptions): Promise<void> {
  return id?.includes(".") ? showTask(id, options) : showRun(id, options);
}

async function showRun(id: string | undefined, { store, json }: LookOptions): Promise<void> {
  const run = await ask(store, { kind: "run", ...(id === undefined ? {} : { id }) });
  if (json) return print(run);
  const { tasks, shared, checkpoints = [], endedAt, message, forkOf, forkOfCheckpoint } = run;
  const of = forkOfCheckpoint === undefined ? "" : `, from its checkpoint ${forkOfCheckpoint}`;
  table([
    ["run", run.id],
    ["program", run.program],
    ["status", run.status],
    ["started", run.startedAt],
    ...(endedAt === undefined ? [] : [["ended", endedAt]]),
    ...(message === undefined ? [] : [["message", message]]),
    ["version", run.version],
    ...(forkOf === undefined ? [] : [["copy of", `${forkOf}${of}`]]),
    ["tasks", `${run.tasksEnded} of ${run.tasksStarted} have ended`],
    ["activations", String(run.activations)],
    ["commits", String(run.commits)],
    ["written", `${sizeText(run.checkpointBytes)} of checkpoints`],
  ]);
  if (checkpoints.length > 0) {
    console.log();
    const rows = checkpoints.map(({ name, at, task, tasks, bytes, lacks }) => [
      ...[name, at, task, String(tasks), lacks === undefined ? sizeText(bytes) : `not kept: ${lacks}`],
    ]);
    table([["CHECKPOINT", "KEPT", "BY", "TASKS", "SIZE"], ...rows]);
  }
  if (tasks.length === 0) return;
  const rows = tasks.map((task) => [
    task.id,
    task.status,
    task.name,
    String(task.epoch),
    String(task.seq),
    sizeText(task.bytes),
    task.waits.map(waitText).join(", "),
  ]);
  console.log();
  table([["TASK", "STATUS", "FUNCTION", "ACTIVATIONS", "COMMITS", "SIZE", "WAITS FOR"], ...rows]);
  if (shared.length > 0) {
    console.log();
    const values = shared.map(({ id, bytes, uses }) => [id.slice(0, 8), sizeText(bytes), String(uses)]);
    table([["SHARE", "SIZE", "HELD BY"], ...values]);
  }
  showSnapshot(await ask(store, { kind: "task", id: run.id }));
}

async function showTask(id: string, { store, json }: LookOptions): Promise<void> {
  const task = await ask(store, { kind: "task", id });
  if (json) return print(task);
  table([
    ["task", task.id],
    ["function", task.name],
    ["status", task.status],
    ["activations", String(task.epoch)],
    ["commits", String(task.seq)],
    ["size", sizeText(task.bytes)],
    ...(task.memoryMiB === undefined ? [] : [["worker", `of ${task.memoryMiB} MiB, alone`]]),
    ...task.waits.map((wait) => ["waits for", waitText(wait)]),
    ...(task.answers === 0 ? [] : [["answers not taken", String(task.answers)]]),
    ...task.losses.map(({ at, epoch, death, detail }) => [
      epoch === undefined ? "worker died" : `attempt ${epoch} died`,
      `${new Date(at).toISOString()} ${death}${detail === "" ? "" : `: ${detail}`}`,
    ]),
    ...(task.message === undefined ? [] : [["message", task.message]]),
  ]);
  showSnapshot(task);
}

function showSnapshot({ stacks = [], modules = [], rest }: SnapshotForm): void {
  for (const { waitsFor, frames } of stacks) {
    console.log(`\nwaits for ${waitsFor}`);
    for (const { name, at, variables } of frames) {
      console.log(`  at ${name} (${at})`);
      showVariables(variables);
    }
  }
  for (const { module, variables } of modules) {
    // Functions say nothing here: they are what the source says.
    const told = variables.filter(({ value }) => !value.startsWith("function "));
    if (told.length === 0) continue;
    console.log(`\nvariables of ${module}`);
    showVariables(told);
  }
  if (rest !== undefined) console.log(`\n${sizeText(rest)} belong to no variable`);
}

function showVariables(variables: readonly VariableForm[]): void {
  const names = Math.max(0, ...variables.map(({ name }) => name.length));
  const values = Math.max(0, ...variables.map(({ value }) => value.length));
  for (const { name, value, bytes } of variables)
    console.log(`      ${name.padEnd(names)} = ${value.padEnd(values)}  ${sizeText(bytes)}`);
}

/** Of a run or a task. */
export async function why(id: string | undefined, { store, json }: LookOptions): Promise<void> {
  const reasons = await ask(store, { kind: "why", ...(id === undefined ? {} : { id }) });
  if (json) return print(reasons);
  if (reasons.length === 0) console.log("nothing waits: the run has ended");
  for (const reason of reasons) explain(reason, "");
}

function explain({ id, name, status, memoryMiB, waits }: WhyForm, margin: string): void {
  const task = `${margin}task ${name} (${id})`;
  if (status === "active") console.log(`${task} runs on a worker`);
  else if (status === "ready")
    console.log(
      `${task} can go on, and waits for a worker${memoryMiB === undefined ? "" : ` of ${memoryMiB} MiB`}`,
    );
  else if (waits.length === 0) console.log(`${task} is ${status}`);
  for (const wait of waits) {
    console.log(`${task} waits for ${waitText(wait)}`);
    for (const reason of wait.because) explain(reason, `${margin}  `);
  }
}

export async function logs(
  id: string | undefined,
  { store, json, follow, attempts }: LookOptions & { readonly follow: boolean; readonly attempts: boolean },
): Promise<void> {
  const say = (lines: readonly LineForm[]): void => {
    for (const line of lines) console.log(json ? JSON.stringify(line) : lineText(line));
  };
  const which = id === undefined ? {} : { id };
  let isServed = false;
  const more = (lines: readonly LineForm[]): void => {
    isServed = true;
    say(lines);
  };
  say(await ask(store, { kind: "logs", follow, attempts, ...which }, more));
  if (!follow || isServed) return;
  const run = await ask(store, { kind: "run", ...which });
  if (run.status === "running")
    console.error(
      `run ${run.id} is at rest: no more is printed before it goes on (continua resume ${run.id})`,
    );
}

function lineText({ at, task, name, stream, text, attempt }: LineForm): string {
  const fate = attempt?.death === undefined ? "not committed yet" : `lost: ${attempt.death}`;
  const said = attempt === undefined ? "" : ` [attempt ${attempt.number}, ${fate}]`;
  return `${at} ${name} (${task})${said}${stream === "err" ? " !" : ":"} ${text.replace(/\n$/, "")}`;
}

function waitText({ text, dueAt }: WaitForm): string {
  return dueAt === undefined ? text : `${text}, due at ${dueAt}`;
}

function tasksText({ tasksEnded, tasksStarted }: RunForm): string {
  return `${tasksEnded}/${tasksStarted}`;
}

function sizeText(bytes: TaskForm["bytes"]): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

function table(lines: readonly (readonly string[])[]): void {
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}
