/**
 * The notation of the coordinator's transcripts: commands as lines in, changes and actions as lines out.
 *
 *   start r1 v1 INPUT | worker w1 | drain w1 | drained w1 | lost w1 KIND [limit=MS] [waited=MS] DETAIL | at MS | tick | dispatch
 *   fork r1 r2 [CHECKPOINT] | forget BEFORE | trace r1 | cancel TASK GRACE-MS | send TASK INBOX MESSAGE [id=ID]
 *   returned w1 TASK e1 | restart | printed KEY KEY
 *   room N (at the beginning: how many tasks that have not begun a task may have started) | places N (likewise: how many tasks a worker may have)
 *   commit w1 TASK e1 s1 busy|idle|release|release-runnable|end VALUE|fail MESSAGE|cancelled MESSAGE [consumed=1,2]
 *     enqueue 1 GATE:N ITEM ITEM | dequeue 2 GATE:N [SIZE] | close 3 GATE:N | acquire 4 GATE:N | release 5 GATE:N TOKEN | arrive 6 GATE:N
 *     spawn 1 NAME | call 2 NAME | join 3 TASK | sleep 4 MS | checkpoint 5 [NAME] | withdraw 6 4 [answered] | log 7 out TEXT     (indented)
 *     start 1 NAME ID | limited 1 NAME MS | sized 1 NAME MIB | cancel 8 TASK MS | receive 9 TASK/inbox:NAME
 *     select 10 CHOICE, CHOICE: dequeue GATE:N | acquire GATE:N | arrive GATE:N | receive INBOX | join TASK | sleep MS
 *
 * A commit's snapshot is `TASK@SEQ`, a child's payload its name; so bytes are texts that can be read.
 */
import type {
  EffectId,
  GateId,
  HandleId,
  RunId,
  SharedId,
  TaskId,
  Version,
  WorkerId,
} from "../../src/base/ids.ts";
import type { Action, Bounds, Command, RunImage, StateChange } from "../../src/coordinator/index.ts";
import type { Choice, Effect, Gate, Outcome } from "../../src/protocol/effect.ts";
import { decodeOutcome } from "../../src/protocol/outcome.ts";
import { unpack } from "../../src/protocol/pack.ts";
import type { Place, Rows } from "../../src/protocol/rows.ts";
import type { Commit } from "../../src/protocol/wire.ts";

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A command but for what only the harness knows (time, outcomes). */
type Line =
  | { readonly kind: "at"; readonly now: number }
  | { readonly kind: "reload" }
  | {
      readonly kind: "fork";
      readonly run: RunId;
      readonly as: RunId;
      readonly checkpoint: string | undefined;
    }
  | { readonly kind: "bounds"; readonly bounds: Partial<Bounds> }
  | { readonly kind: "command"; readonly make: (now: number) => Command };

export function parseCommand(text: string, effects: readonly string[]): Line {
  const [verb, ...words] = text.split(" ");
  const [first = "", second = ""] = words;
  const worker = first as WorkerId;
  const command = (make: (now: number) => Command): Line => ({ kind: "command", make });
  switch (verb) {
    case "at":
      return { kind: "at", now: Number(first) };
    case "restart":
      return { kind: "reload" };
    case "room":
      return { kind: "bounds", bounds: { unstartedChildren: Number(first) } };
    case "places":
      return { kind: "bounds", bounds: { activationsPerWorker: Number(first) } };
    case "fork":
      return {
        kind: "fork",
        ...{ run: first as RunId, as: second as RunId, checkpoint: words[2] },
      };
    case "trace":
      return command(() => ({ kind: "trace", runs: words as RunId[] }));
    case "upgrade":
    case "forget":
      return command(runCommand(verb, words));
    case "start":
      return command((now) => ({
        kind: "start-run",
        run: first as RunId,
        bundle: { version: second as Version, bytes: encode(`code of ${second}`) },
        program: "app.ts",
        input: words.slice(2).join(" "),
        now,
      }));
    case "tick":
      return command((now) => ({ kind: "tick", now }));
    case "printed":
      return command(() => ({ kind: "printed", keys: words }));
    case "dispatch":
      return command((now) => ({ kind: "dispatch", now }));
    case "cancel":
      return command((now) => ({ kind: "cancel", task: first as TaskId, graceMs: Number(second), now }));
    case "send":
      return command((now) => sendCommand(words, now));
    case "commit": {
      const commit = parseCommit(words, effects);
      return command((now) => ({ kind: "commit", worker, commit, outcomes: new Map(), now }));
    }
    default:
      return command(workerCommand(verb ?? "", words));
  }
}

/** What becomes of whole runs. */
function runCommand(verb: "upgrade" | "forget", words: readonly string[]): (now: number) => Command {
  const [first = "", second = ""] = words;
  const run = first as RunId;
  if (verb === "forget") return () => ({ kind: "forget", before: Number(first) });
  const version = second as Version;
  return (now) => ({ kind: "upgrade", run, version, bytes: encode(`code of ${second}`), now });
}

/** What is said of workers, and by them. */
function workerCommand(verb: string, words: readonly string[]): (now: number) => Command {
  const [first = "", second = "", third = ""] = words;
  const worker = first as WorkerId;
  switch (verb) {
    case "worker":
      return () => ({
        kind: "worker-joined",
        worker,
        ...(second === "" ? {} : { memoryMiB: Number(second) }),
      });
    case "drain":
      return (now) => ({ kind: "drain-worker", worker, now });
    case "drained":
      return (now) => ({ kind: "drained", worker, now });
    case "lost":
      return (now) => workerLost(words, now);
    case "returned":
      return (now) => ({
        kind: "returned",
        worker,
        task: second as TaskId,
        epoch: Number(third.slice(1)),
        now,
      });
    case "begun":
      return () => ({
        kind: "begun",
        worker,
        task: second as TaskId,
        epoch: Number(third.slice(1)),
      });
    default:
      throw new Error(`no command: ${verb} ${words.join(" ")}`);
  }
}

function sendCommand([task = "", inbox = "", ...rest]: readonly string[], now: number): Command {
  const id = rest.find((word) => word.startsWith("id="))?.slice("id=".length);
  const message = rest.filter((word) => !word.startsWith("id=")).join(" ");
  return { kind: "send", task: task as TaskId, inbox, message, now, ...(id === undefined ? {} : { id }) };
}

function workerLost([worker = "", death = "", ...words]: readonly string[], now: number): Command {
  const figure = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const [limit, waited] = [figure("limit"), figure("waited")];
  const detail = words.filter((word) => !/^(limit|waited)=/.test(word));
  return {
    kind: "worker-lost",
    worker: worker as WorkerId,
    death: death as (Command & { kind: "worker-lost" })["death"],
    detail: detail.join(" "),
    ...(limit === undefined ? {} : { timeLimitMs: Number(limit) }),
    ...(waited === undefined ? {} : { waitedMs: Number(waited) }),
    now,
  };
}

function parseCommit(words: readonly string[], effects: readonly string[]): Commit {
  const [, task = "", epoch = "", seq = "", then = "", ...rest] = words;
  const consumed = rest.find((word) => word.startsWith("consumed="));
  const holds = rest.find((word) => word.startsWith("holds="));
  const handles =
    holds === undefined ? {} : { handles: holds.slice("holds=".length).split(",") as string[] as HandleId[] };
  const text = rest.filter((word) => word !== consumed && word !== holds).join(" ");
  const ended = then === "end" || then === "fail" || then === "cancelled";
  return {
    kind: "commit",
    task: task as TaskId,
    epoch: Number(epoch.slice(1)),
    seq: Number(seq.slice(1)),
    ...(ended ? {} : { snapshot: encode(`${task}@${seq}`), ...handles }),
    effects: effects.map((line) => parseEffect(task as TaskId, line)),
    consumed: consumed === undefined ? [] : consumed.slice("consumed=".length).split(",").map(Number),
    then: parseThen(then, text, handles),
  };
}

function parseThen(word: string, text: string, handles: Pick<Outcome, "handles">): Commit["then"] {
  switch (word) {
    case "busy":
    case "idle":
      return { kind: word };
    case "release":
      return { kind: "release", runnable: false };
    case "release-runnable":
      return { kind: "release", runnable: true };
    case "end":
      return { kind: "end", outcome: { kind: "value", value: encode(text), ...handles } };
    case "fail":
      return { kind: "end", outcome: { kind: "error", error: encode(text), message: text } };
    case "cancelled":
      return {
        kind: "end",
        outcome: { kind: "error", error: encode(text), message: text, cancelled: true },
      };
    default:
      throw new Error(`a commit cannot ${word}`);
  }
}

function parseEffect(parent: TaskId, line: string): Effect {
  const [kind = "", number = "", ...rest] = line.trim().split(" ");
  const id = Number(number);
  const [first = "", ...others] = rest;
  switch (kind) {
    case "spawn":
    case "call":
    case "start":
    case "limited":
    case "sized":
      return parseSpawn(parent, id, kind, first, others[0] ?? "");
    case "select":
      return { kind, id, among: rest.join(" ").split(", ").map(parseChoice) };
    case "checkpoint":
      return { kind, id, ...(first === "" ? {} : { name: first }) };
    case "withdraw":
      return { kind, id, of: Number(first), ...(others[0] === "answered" ? { answered: true } : {}) };
    case "cancel":
      return { kind, id, task: first as TaskId, graceMs: Number(others[0]) };
    case "log":
      return { kind, id, stream: first as "out" | "err", text: others.join(" ") };
    case "enqueue":
      return { kind, id, gate: gate("queue", first), items: others.map(encode), ...handlesOfItems(others) };
    case "share":
      return {
        kind,
        id,
        shared: first as SharedId,
        bytes: encode(others[0] ?? ""),
        ...handlesAfter(others[0] ?? ""),
      };
    case "close":
      return { kind, id, gate: gate("queue", first) };
    case "dequeue": {
      const several = others[0] === undefined ? {} : { size: Number(others[0]) };
      return { kind, id, gate: gate("queue", first), ...several };
    }
    case "release":
      return { kind, id, gate: gate("lock", first), token: Number(others[0]) };
    default:
      return { ...parseChoice([kind, ...rest].join(" ")), id };
  }
}

function parseSpawn(parent: TaskId, id: EffectId, kind: string, name: string, more: string): Effect {
  const task = (kind === "start" ? `${parent.split(".")[0]}.~${more}` : `${parent}.${id}`) as TaskId;
  const limit =
    kind === "limited" ? { timeLimitMs: Number(more) } : kind === "sized" ? { memoryMiB: Number(more) } : {};
  const handles = handlesAfter(more);
  return {
    kind: "spawn",
    id,
    task,
    name,
    payload: encode(name),
    joined: kind === "call",
    ...limit,
    ...handles,
  };
}

/** `text@A,B` leads to A and B. */
function handlesAfter(text: string): { readonly handles?: readonly HandleId[] } {
  const [, list] = text.split("@");
  return list === undefined ? {} : { handles: list.split(",") as string[] as HandleId[] };
}

function handlesOfItems(items: readonly string[]): { readonly handles?: readonly (readonly HandleId[])[] } {
  const handles = items.map((item) => handlesAfter(item).handles ?? []);
  return handles.some(({ length }) => length > 0) ? { handles } : {};
}

function parseChoice(text: string): Choice {
  const [kind = "", first = ""] = text.split(" ");
  switch (kind) {
    case "join":
      return { kind, task: first as TaskId };
    case "sleep":
      return { kind, ms: Number(first) };
    case "dequeue":
      return { kind, gate: gate("queue", first) };
    case "receive":
      return { kind: "dequeue", gate: { id: first as GateId, is: { kind: "inbox" } } };
    case "acquire":
      return { kind, gate: gate("lock", first) };
    case "arrive":
      return { kind, gate: gate("barrier", first) };
    default:
      throw new Error(`no effect: ${text}`);
  }
}

/** `r1/jobs:3` is the gate r1/jobs of capacity 3 (a queue), 3 permits (a lock), or 3 parties (a barrier). */
function gate(kind: "queue" | "lock" | "barrier", text: string): Gate {
  const at = text.lastIndexOf(":");
  const bound = Number(text.slice(at + 1));
  return { id: text.slice(0, at) as GateId, is: { kind, capacity: bound, permits: bound, parties: bound } };
}

export function formatChange(change: StateChange): string {
  if (change.table === "bytes") {
    const { key, bytes } = change;
    return `bytes ${key} ${bytes === undefined ? "deleted" : formatBytes(key, bytes)}`;
  }
  const name = `${change.table} ${change.key}`;
  if (change.row === undefined) return `${name} deleted`;
  switch (change.table) {
    case "run":
      return `${name} ${formatRun(change.row)}`;
    case "task":
      return `${name} ${formatTask(change.row)}`;
    case "completion":
      return `${name} number ${change.row.number}`;
    case "message":
      return `${name} is ${change.row.id}`;
    case "timer":
      return `${name} due at ${change.row.dueAt}`;
    case "shared":
      return `${name}${change.row.handles === undefined ? "" : ` leads to ${change.row.handles}`}`;
    case "bundle":
      return name;
    case "gate":
      return `${name} ${formatGate(change.row)}`;
    case "item":
      return `${name} "${decode(change.row.bytes)}"`;
    case "waiter": {
      const { items } = change.row;
      return `${name} ${formatPlace(change.row)}${items.map((item) => ` "${decode(item)}"`).join("")}`;
    }
    case "line":
      return `${name} ${formatLines(change.row)}`;
    case "worker": {
      const { draining, reserved, memoryMiB } = change.row;
      return `${name}${draining ? " draining" : ""}${reserved ? " reserved" : ""}${memoryMiB === undefined ? "" : ` of ${memoryMiB} MiB`}`;
    }
    case "activation": {
      const { worker, epoch, idle, fresh, recalled, owed } = change.row;
      const waits = owed === undefined ? "" : ` waits for room since s${owed}`;
      const marks = `${idle ? " idle" : ""}${fresh ? " fresh" : ""}${recalled ? " recalled" : ""}${waits}`;
      return `${name} on ${worker} e${epoch}${marks}`;
    }
  }
}

function formatGate({ is, items, closed, in: ins, out, holders }: Rows["gate"]): string {
  const span = ({ first, next }: { first: number; next: number }) => `${first}..${next}`;
  const parts: string[] = [is.kind];
  if (is.kind === "queue") parts.push(`items ${span(items)}`, `in ${span(ins)}`);
  parts.push(`out ${span(out)}`);
  for (const { task, token } of holders) parts.push(`held by ${task} with token ${token}`);
  if (closed) parts.push("closed");
  return parts.join(", ");
}

function formatLines({ name, lines }: Rows["line"]): string {
  return `${name}: ${lines.map(({ stream, text }) => `${stream} "${text}"`).join(", ")}`;
}

function formatRun({ status, message, stats, kept = [] }: Rows["run"]): string {
  const deaths = Object.entries(stats.deaths).filter(([, count]) => count > 0);
  const counts = [
    `${stats.tasksEnded}/${stats.tasks} tasks`,
    `${stats.activations} activations`,
    `${stats.commits} commits`,
    ...deaths.map(([kind, count]) => `${count} ${kind}`),
  ];
  const names = kept.map(({ name }) => name).join(" ");
  if (names !== "") counts.push(`kept ${names}`);
  return `${status}: ${counts.join(", ")}${message === undefined ? "" : `; ${message}`}`;
}

function formatTask(row: Rows["task"]): string {
  const parts = [`${row.name} ${row.status} e${row.epoch} s${row.seq} from ${row.from}`];
  if (row.joiners.length > 0) parts.push(`joined by ${row.joiners.map(formatPlace).join(" ")}`);
  if (row.cancel !== undefined) parts.push(row.cancel.late ? "late" : "cancelled");
  if (row.deaths > 0) parts.push(`deaths ${row.deaths}`);
  if (row.alone) parts.push("alone");
  if (row.observed) parts.push("observed");
  if (row.handles !== undefined) parts.push(`holds ${row.handles}`);
  if (row.answered !== undefined) parts.push(`answered ${row.answered}`);
  return parts.join(", ");
}

function formatPlace({ task, effect, branch }: Place): string {
  return branch === undefined ? `${task}/${effect}` : `${task}/${effect} choice ${branch}`;
}

function formatBytes(key: string, bytes: Uint8Array): string {
  if (key.startsWith("log/")) return formatLines(unpack(bytes) as Rows["line"]);
  if (key.startsWith("kept/")) return formatImage(unpack(bytes) as RunImage);
  return /^(outcome|completion)\//.test(key) ? formatOutcome(decodeOutcome(bytes)) : `"${decode(bytes)}"`;
}

function formatImage({ tasks, bytes }: RunImage): string {
  return `of ${tasks.map(({ id, status, seq }) => `${id} ${status} s${seq}`).join(", ")} with ${bytes.map(([key]) => key).join(", ")}`;
}

function formatOutcome(outcome: Outcome): string {
  const choice = outcome.branch === undefined ? "" : `choice ${outcome.branch}, `;
  return outcome.kind === "value"
    ? `${choice}value ${outcome.number ?? [outcome.value, ...(outcome.rest ?? [])].map((bytes) => `"${decode(bytes)}"`).join(" ")}`
    : `${choice}${outcome.kind === "failure" && outcome.name ? outcome.name : outcome.kind}: ${outcome.message}`;
}

export function formatAction(action: Action): string {
  switch (action.kind) {
    case "send": {
      const { message } = action;
      const to = `-> ${action.worker} ${message.kind}`;
      switch (message.kind) {
        case "drain":
          return to;
        case "committed":
          return `${to} ${message.task} e${message.epoch} s${message.seq}`;
        case "refused":
          return `${to} ${message.task} e${message.epoch}`;
        case "shared":
          return `${to} ${message.shared}`;
        case "recall":
          return `${to} ${message.tasks.map(({ task, epoch }) => `${task} e${epoch}`).join(", ")}${message.begun ? ", begun ones too" : ""}`;
        case "complete": {
          const answers = message.completions.map(
            ({ effect, outcome }) => `${effect} = ${formatOutcome(outcome)}`,
          );
          return `${to} ${message.task} e${message.epoch}: ${answers.join("; ")}`;
        }
      }
      break;
    }
    case "activate": {
      const answers = [...action.answered, ...action.completions];
      const waiting = answers.length === 0 ? "" : ` with completions ${answers.join(",")}`;
      return `-> ${action.worker} activate ${action.task} e${action.epoch} s${action.seq} from ${action.from}${waiting}`;
    }
    case "dismiss":
      return `-> ${action.worker} dismissed`;
    case "print":
      return `print ${action.key} ${formatLines(action.row)}`;
    case "task-failed":
      return `task-failed ${action.name} (${action.task}): ${action.message}`;
    case "run-ended":
      return `run-ended ${action.run}`;
  }
}
