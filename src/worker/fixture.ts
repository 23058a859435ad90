/**
 * For tests: a worker with scripted tasks, a scripted clock and a line that is a list.
 */
import assert from "node:assert/strict";
import { UserError } from "../base/errors.ts";
import type { TaskId, Version } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { ConnectionEvents } from "../platform/index.ts";
import type { Bundle } from "../protocol/bundle.ts";
import type { Completion, Effect } from "../protocol/effect.ts";
import { pack } from "../protocol/pack.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import { NotSaveableError } from "../runtime/index.ts";
import type { Begin, Program, Task, TaskHost, TaskState } from "../runtime/types.ts";
import type { Activate } from "./activation.ts";
import type { Clock } from "./clock.ts";
import { Worker } from "./worker.ts";

/** What a task does in one run. */
export interface Act {
  /** Runs for so long, polling every 20 ms; a poll that is answered with yes ends the run as `frozen`. */
  readonly runs?: number;
  /** Passes without a poll. */
  readonly blocks?: number;
  readonly effects?: readonly Effect[];
  readonly consumes?: readonly number[];
  /** It cannot be saved after this run. */
  readonly pinned?: boolean;
  /** So long takes the snapshot after this run. */
  readonly weighs?: number;
  /** How the run ends; `foreign`: waiting for foreign calls. */
  readonly then?: "ended" | "waiting" | "foreign" | "bug";
}

export const sleep = (id: number): Effect => ({ kind: "sleep", id, ms: 1_000 });
export const log = (id: number): Effect => ({ kind: "log", id, stream: "out", text: "hello" });
export const spawn = (id: number): Effect => ({
  kind: "spawn",
  id,
  task: `a.${id}` as TaskId,
  name: "child",
  payload: new Uint8Array(0),
  joined: true,
});

/** Of the effects below a log line is waited for by nobody, and number 9 by a timer. */
const waitedFor = ({ kind, id }: Effect): boolean => kind !== "log" && id !== 9;

/** The snapshot after so many runs does not fit into a message. */
const tooLong = 200;

class ScriptedTask implements Task {
  readonly id: TaskId;
  readonly #host: TaskHost;
  readonly #bench: Bench;
  #runs = 0;
  #begun = "";
  #effects: Effect[] = [];
  #consumed: number[] = [];
  #pinned = false;
  #weighs = 0;
  /** What is left of an act that was frozen. */
  #rest: Act | undefined;

  constructor(id: TaskId, host: TaskHost, bench: Bench) {
    this.id = id;
    this.#host = host;
    this.#bench = bench;
  }

  begin(from: Begin): void {
    if (from.kind === "snapshot" && from.bytes.length === 0) throw new UserError("not a snapshot");
    this.#begun = from.kind;
    this.#bench.tasks.set(this.id, this.#host);
  }

  deliver(completions: readonly Completion[]): void {
    this.#bench.delivered.push(...completions.map(({ effect }) => `${this.id}/${effect}`));
  }

  run(): TaskState {
    assert.notEqual(this.#begun, "");
    const act = this.#rest ?? this.#bench.script(this.id).shift() ?? {};
    this.#rest = undefined;
    this.#runs += 1;
    this.#bench.ran.push(this.id);
    this.#bench.time += act.blocks ?? 0;
    for (let left = act.runs ?? 0; left > 0; left -= limits.pollIntervalMs) {
      this.#bench.time += limits.pollIntervalMs;
      this.#bench.signal[0] = 1;
      const frozen = this.#host.freeze();
      assert.equal(this.#bench.signal[0], 0, "a look clears the signal");
      if (!frozen) continue;
      this.#rest = { ...act, blocks: 0, runs: left - limits.pollIntervalMs };
      this.#pinned = act.pinned ?? false;
      return { kind: "frozen" };
    }
    this.#effects.push(...(act.effects ?? []));
    this.#consumed.push(...(act.consumes ?? []));
    this.#pinned = act.pinned ?? false;
    this.#weighs = act.weighs ?? 0;
    if (act.then === "bug") throw new TypeError("not a program's error");
    if (act.then === "ended") {
      return { kind: "ended", outcome: { kind: "value", value: new Uint8Array(0) } };
    }
    return { kind: "waiting", foreign: act.then === "foreign" ? 1 : 0 };
  }

  takeEffects(): Effect[] {
    return this.#effects.splice(0);
  }

  refuse(effects: readonly Effect[]): Effect[] {
    const refused = effects.filter(waitedFor);
    if (refused.length > 0) this.#bench.said.push(`refused ${refused.map(({ id }) => id)}`);
    return effects.filter((effect) => !waitedFor(effect));
  }

  takeConsumed(): number[] {
    return this.#consumed.splice(0);
  }

  readonly bound = false;

  snapshot(): Uint8Array {
    if (this.#pinned) throw new NotSaveableError("socket in main at app.ts:3:9");
    this.#bench.time += this.#weighs;
    return new Uint8Array([this.#runs]);
  }

  drop(): void {
    this.#bench.dropped.push(this.id);
  }
}

export class Bench {
  time = 1_000;
  readonly signal = new Int32Array(new SharedArrayBuffer(4));
  readonly tasks = new Map<TaskId, TaskHost>();
  readonly ran: string[] = [];
  readonly delivered: string[] = [];
  readonly dropped: string[] = [];
  readonly scripts: Readonly<Record<string, Act[]>>;
  said: string[] = [];
  #turns: (() => void)[] = [];
  #timers: { readonly at: number; readonly act: () => void }[] = [];
  #line: ConnectionEvents | undefined;

  constructor(scripts: Readonly<Record<string, Act[]>>, timeLimitMs?: number) {
    this.scripts = scripts;
    const clock: Clock = {
      now: () => this.time,
      monotonic: () => this.time,
      after: (ms, act) => {
        const timer = { at: this.time + ms, act };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
      turn: (act) => this.#turns.push(act),
    };
    const worker = new Worker({
      connection: {
        send: (message) => {
          if (message.kind === "commit" && message.snapshot?.[0] === tooLong) {
            throw new UserError("a message is too long");
          }
          this.said.push(show(message));
        },
        listen: (events) => {
          this.#line = events;
        },
      },
      clock,
      signal: this.signal,
      load: async (bundle) => this.#program(bundle),
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    });
    worker.start();
  }

  script(task: string): Act[] {
    return this.scripts[task] ?? [];
  }

  /** Lets everything happen that can without time passing. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      const turns = this.#turns.splice(0);
      if (turns.length === 0) return;
      for (const turn of turns) turn();
    }
  }

  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > end) break;
      this.#timers.shift();
      this.time = Math.max(this.time, next.at);
      next.act();
      await this.settle();
    }
    this.time = end;
  }

  /** Deeds joined by ` + ` are done before anything follows from them. */
  async do(deeds: string): Promise<void> {
    for (const deed of deeds.split(" + ")) await this.#do(deed);
    await this.settle();
  }

  async #do(deed: string): Promise<void> {
    const [verb, what = "", number] = deed.split(" ");
    if (verb === "pass") await this.pass(Number(what));
    else if (verb === "wake") this.tasks.get(what as TaskId)?.wake();
    else if (verb === "enter") this.said.push(`enter ${what}: ${this.tasks.get(what as TaskId)?.enter?.()}`);
    else if (verb === "close") this.#line?.closed();
    else this.#line?.received(toWorker(verb!, what, Number(number ?? 1)));
  }

  #program(bundle: Bundle): Program {
    if (bundle.entry === "broken") throw new UserError("app.ts imports what is not there");
    return {
      bundle,
      task: (id, host) => new ScriptedTask(id, host, this),
      decode: () => undefined,
    };
  }
}

const completion = (effect: number): Completion => ({ effect, outcome: { kind: "failure", message: "" } });

/** How tasks begin, by the deed. */
const beginnings: Readonly<Record<string, Pick<Activate, "seq" | "from" | "completions">>> = {
  activate: { seq: 0, from: { kind: "input", json: "1" }, completions: [] },
  thaw: { seq: 7, from: { kind: "snapshot", bytes: new Uint8Array(1) }, completions: [completion(3)] },
  "thaw-nothing": { seq: 7, from: { kind: "snapshot", bytes: new Uint8Array(0) }, completions: [] },
};

function toWorker(verb: string, what: string, number: number): ToWorker {
  const task = what as TaskId;
  const version = "v1" as Version;
  const beginning = beginnings[verb];
  if (beginning !== undefined) return { kind: "activate", task, epoch: number, version, ...beginning };
  switch (verb) {
    case "complete":
      return { kind: "complete", task, epoch: 1, completions: [completion(number)] };
    case "late-complete":
      return { kind: "complete", task, epoch: 0, completions: [completion(number)] };
    case "refused":
      return { kind: "refused", task, epoch: number };
    case "no-bundle":
      return { kind: "bundle", version };
    case "bundle":
      return { kind: "bundle", version, bytes: pack({ version, entry: what }) };
    case "recall-begun":
      return { kind: "recall", tasks: [{ task, epoch: number }], begun: true };
    case "recall":
      return { kind: "recall", tasks: [{ task, epoch: number }] };
    case "drain":
      return { kind: "drain" };
    case "rehearse":
      return { kind: "rehearse", version, example: { task, snapshot: new Uint8Array(number - 1) } };
    default:
      throw new Error(`no such deed: ${verb}`);
  }
}

function show(message: FromWorker): string {
  switch (message.kind) {
    case "ready":
    case "drained":
    case "hurry":
      return message.kind;
    case "need-bundle":
      return `need-bundle ${message.version}`;
    case "need-shared":
      return `need-shared ${message.shared}`;
    case "said":
      return `said ${message.task} ${message.text}`;
    case "begun":
    case "returned":
      return `${message.kind} ${message.task} e${message.epoch}`;
    case "commit": {
      const { task, seq, effects, consumed, snapshot, then } = message;
      const parts = [`commit ${task} #${seq} ${then.kind}`];
      if (then.kind === "release") parts.push(then.runnable ? "runnable" : "not runnable");
      if (then.kind === "end") parts.push(then.outcome.kind);
      if (then.kind === "end" && then.outcome.kind === "failure") {
        parts.push(JSON.stringify(then.outcome.message.split("\n")[0]));
      }
      if (snapshot !== undefined) parts.push(`after run ${snapshot[0]}`);
      if (effects.length > 0) parts.push(`effects ${effects.map(({ id }) => id)}`);
      if (consumed.length > 0) parts.push(`consumed ${consumed}`);
      return parts.join(", ");
    }
  }
}
