/**
 * Stories of a worker with scripted tasks, a scripted clock and a line that is a list. Each line of a story is what happens, and what the
 * worker then says.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
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
import type { Clock } from "./clock.ts";
import { Worker } from "./worker.ts";

/** What a task does in one run. */
interface Act {
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

const sleep = (id: number): Effect => ({ kind: "sleep", id, ms: 1_000 });
const log = (id: number): Effect => ({ kind: "log", id, stream: "out", text: "hello" });
const spawn = (id: number): Effect => ({
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

class Bench {
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

function toWorker(verb: string, what: string, number: number): ToWorker {
  const task = what as TaskId;
  const version = "v1" as Version;
  const completion = (effect: number): Completion => ({ effect, outcome: { kind: "failure", message: "" } });
  switch (verb) {
    case "activate":
      return {
        kind: "activate",
        task,
        epoch: number,
        seq: 0,
        version,
        from: { kind: "input", json: "1" },
        completions: [],
      };
    case "thaw":
      return {
        kind: "activate",
        task,
        epoch: number,
        seq: 7,
        version,
        from: { kind: "snapshot", bytes: new Uint8Array(1) },
        completions: [completion(3)],
      };
    case "thaw-nothing":
      return {
        kind: "activate",
        task,
        epoch: number,
        seq: 7,
        version,
        from: { kind: "snapshot", bytes: new Uint8Array(0) },
        completions: [],
      };
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

interface Story {
  readonly title: string;
  readonly timeLimitMs?: number;
  readonly tasks: Readonly<Record<string, readonly Act[]>>;
  readonly lines: readonly (readonly [deed: string, ...said: string[]])[];
  readonly ran?: readonly string[];
  readonly delivered?: readonly string[];
  readonly dropped?: readonly string[];
}

/** The deed after which the worker has its program. */
const begun = ["bundle app"] as const;

const stories: readonly Story[] = [
  {
    title: "a task that ends at once: its bundle is asked for, its end is its only commit",
    tasks: { a: [{ effects: [log(1)], then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle app", "commit a #1 end, value, effects 1"],
    ],
    dropped: ["a"],
  },
  {
    title:
      "a bundle that is gone: who waited for it makes room when it is refused, and it is asked for again",
    tasks: { e: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      ["activate d"],
      ["activate e"],
      ["no-bundle a"],
      ["refused a", "need-bundle v1"],
      ["bundle app", "commit e #1 end, value"],
    ],
  },
  {
    title:
      "W8: a task that is asked back out of a foreign call leaves when that has come back, or after a while",
    tasks: {
      a: [{ then: "foreign" }, { consumes: [1] }],
      b: [{ then: "foreign" }],
      c: [{ then: "foreign" }, { then: "foreign" }],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      [...begun],
      ["recall-begun a"],
      ["recall-begun b"],
      ["recall-begun c"],
      ["wake a", "commit a #1 release, not runnable, after run 2, consumed 1"],
      ["wake c"],
      ["pass 4999"],
      ["pass 1", "commit b #1 release, runnable, after run 1", "commit c #1 release, runnable, after run 2"],
    ],
  },
  {
    title: "a task that is asked back although it has begun leaves at its next stop, and others stay",
    tasks: { a: [{ effects: [sleep(1)] }], b: [{ effects: [sleep(1)] }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["activate b", "commit b #1 idle, after run 1, effects 1"],
      ["recall a"],
      ["recall-begun a", "returned a e1"],
      ["complete a 1"],
      ["complete b 1", "commit b #2 end, value"],
    ],
  },
  {
    title: "a bundle is asked for once and kept",
    tasks: { a: [{ then: "ended" }], b: [{ then: "ended" }], c: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["bundle app", "commit a #1 end, value", "commit b #1 end, value"],
      ["activate c", "commit c #1 end, value"],
    ],
  },
  {
    title:
      "W3: a foreign call that has come back is let in while nobody else wants the thread, and then the task has run (A2)",
    tasks: { a: [{ effects: [log(1)], then: "foreign" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle app", "commit a #1 busy, after run 1, effects 1"],
      ["enter a", "enter a: true"],
      ["drain", "commit a #2 release, runnable, after run 1", "drained"],
      ["enter a", "enter a: false"],
    ],
  },
  {
    title: "A1: effects and consumed completions ride on the next commit, numbered on from the activation",
    tasks: {
      a: [
        { effects: [sleep(4)], consumes: [3] },
        { effects: [log(5), sleep(6)], consumes: [4] },
        { consumes: [6], then: "ended" },
      ],
    },
    lines: [
      ["thaw a", "need-bundle v1"],
      ["bundle app", "commit a #8 idle, after run 1, effects 4, consumed 3"],
      ["complete a 4", "commit a #9 idle, after run 2, effects 5,6, consumed 4"],
      ["complete a 6", "commit a #10 end, value, consumed 6"],
    ],
    delivered: ["a/3", "a/4", "a/6"],
  },
  {
    title:
      "a completion that changes nothing is still answered: the server must know that the task is idle again",
    tasks: { a: [{ effects: [sleep(1)] }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["complete a 1"],
      ["pass 4"],
      ["pass 1", "commit a #2 idle, after run 3"],
    ],
  },
  {
    title: "completions that come before the program are not lost; those of an older stay are",
    tasks: { a: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["complete a 1"],
      ["late-complete a 2"],
      ["late-complete z 2"],
      [...begun, "commit a #1 end, value"],
    ],
    delivered: ["a/1"],
  },
  {
    title:
      "a task in a foreign call is busy, and is written down only for its effects or when a checkpoint is due",
    tasks: {
      a: [
        { then: "foreign" },
        { effects: [log(1)], then: "foreign" },
        { then: "foreign" },
        { then: "foreign" },
        { then: "ended" },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 busy, after run 2, effects 1"],
      ["wake a"],
      ["pass 1000"],
      ["wake a", "commit a #2 busy, after run 4"],
      ["wake a", "commit a #3 end, value"],
    ],
  },
  {
    title: "T4: a long computation is written down every second, and goes on",
    tasks: { a: [{ runs: 2_500, then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [
        ...begun,
        "commit a #1 busy, after run 50",
        "commit a #2 busy, after run 100",
        "commit a #3 end, value",
      ],
    ],
  },
  {
    title: "effects of a task that goes on are committed at its next freeze",
    tasks: {
      a: [
        { effects: [log(1)], then: "foreign" },
        { runs: 40, effects: [log(2)] },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 busy, after run 1, effects 1"],
      ["wake a", "commit a #2 idle, after run 4, effects 2"],
    ],
  },
  {
    title:
      "A8: tasks started while many others are waited for ride together, until there are many, or for ten times what a snapshot takes",
    tasks: {
      a: [
        { effects: Array.from({ length: 12 }, (_, at) => spawn(101 + at)), weighs: 3 },
        { consumes: [101], effects: [spawn(11)], weighs: 3 },
        { consumes: [102], effects: [spawn(12)], weighs: 3 },
        { consumes: [103], effects: [spawn(13)], weighs: 3 },
        { consumes: [104], effects: [spawn(14)], weighs: 3 },
        { consumes: [105], effects: [log(15)], weighs: 3 },
        {},
        {},
        { consumes: [106], effects: [sleep(16)], weighs: 3 },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 101,102,103,104,105,106,107,108,109,110,111,112"],
      ["complete a 101"],
      ["complete a 102"],
      ["complete a 103", "commit a #2 idle, after run 4, effects 11,12,13, consumed 101,102,103"],
      ["complete a 104"],
      ["complete a 105"],
      ["pass 29"],
      ["pass 1", "commit a #3 idle, after run 8, effects 14,15, consumed 104,105"],
      ["complete a 106", "commit a #4 idle, after run 9, effects 16, consumed 106"],
    ],
  },
  {
    title: "W1: long computations take turns in order",
    tasks: { a: [{ runs: 60 }], b: [{ runs: 40 }], c: [{}] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      [...begun, "commit b #1 idle, after run 3", "commit a #1 idle, after run 4"],
    ],
    ran: ["a", "b", "c", "a", "b", "a", "b", "a"],
  },
  {
    title: "W1: no more begin than take turns; who waits for I/O makes room, and the server is told",
    tasks: {
      a: [{ then: "foreign" }],
      b: [{ runs: 60 }],
      c: [{ runs: 60 }],
      d: [{ runs: 60 }],
      e: [{ runs: 40 }],
      f: [{ then: "ended" }],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      ["activate d"],
      ["activate e"],
      ["activate f"],
      ["recall f", "returned f e1"],
      ["recall a"],
      [
        ...begun,
        "begun e e1",
        "commit b #1 idle, after run 4",
        "commit e #1 idle, after run 3",
        "commit c #1 idle, after run 4",
        "commit d #1 idle, after run 4",
      ],
    ],
  },
  {
    title: "W1: who has been woken and never rests keeps nobody from beginning",
    tasks: Object.fromEntries([
      ...["a", "b", "c", "d"].map((task) => [task, [{ effects: [sleep(1)] }, { runs: 40 }]]),
      ["e", [{ then: "ended" }]],
    ]),
    lines: [
      ["activate a + activate b + activate c + activate d", "need-bundle v1"],
      [begun[0], ...["a", "b", "c", "d"].map((task) => `commit ${task} #1 idle, after run 1, effects 1`)],
      [
        "complete a 1 + complete b 1 + complete c 1 + complete d 1 + activate e",
        "commit e #1 end, value",
        ...["a", "b", "c", "d"].map((task) => `commit ${task} #2 idle, after run 4`),
      ],
    ],
    ran: [..."abcd", ..."abcde", ..."abcdabcd"],
  },
  {
    title: "W4: a drain hands back what is warm as it is, and what computes at its next stop",
    tasks: {
      warm: [{ effects: [sleep(1)] }],
      calls: [{ then: "foreign" }],
      written: [{ effects: [log(1)], then: "foreign" }],
    },
    lines: [
      ["activate warm", "need-bundle v1"],
      ["activate calls"],
      ["activate written"],
      [
        ...begun,
        "commit warm #1 idle, after run 1, effects 1",
        "commit written #1 busy, after run 1, effects 1",
      ],
      [
        "drain",
        "returned warm e1",
        "commit calls #1 release, runnable, after run 1",
        "returned written e1",
        "drained",
      ],
      ["activate late 5", "returned late e5"],
      ["drain"],
    ],
    dropped: ["warm", "calls", "written"],
  },
  {
    title: "W4: a worker without tasks has drained at once; what waits for its program has not begun",
    tasks: {},
    lines: [["activate a", "need-bundle v1"], ["drain", "returned a e1", "drained"], ["bundle app"]],
  },
  {
    title: "W4: near its time limit a worker drains by itself, even if a computation keeps the thread",
    timeLimitMs: 2_000,
    tasks: { warm: [{ effects: [sleep(1)] }], a: [{ runs: 10_000 }] },
    lines: [
      ["activate warm", "need-bundle v1"],
      ["activate a"],
      [
        ...begun,
        "commit warm #1 idle, after run 1, effects 1",
        "commit a #1 busy, after run 50",
        "returned warm e1",
        "commit a #2 release, runnable, after run 88",
        "drained",
      ],
    ],
  },
  {
    title: "W4: an idle worker drains by its own timer",
    timeLimitMs: 2_000,
    tasks: { a: [{ effects: [sleep(1)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["pass 1759"],
      ["pass 1", "returned a e1", "drained"],
    ],
  },
  {
    title: "a warm task goes back after a while, unless it was woken",
    tasks: { a: [{ effects: [sleep(1)] }], b: [{ effects: [sleep(1)] }, { effects: [sleep(2)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      [...begun, "commit a #1 idle, after run 1, effects 1", "commit b #1 idle, after run 1, effects 1"],
      ["pass 1500"],
      ["complete b 1", "commit b #2 idle, after run 2, effects 2"],
      ["pass 500", "returned a e1"],
      ["complete a 1"],
      ["pass 1499"],
      ["pass 1", "returned b e1"],
    ],
  },
  {
    title: "D3: a refused task is dropped and never heard of again; a newer stay of it is another thing",
    tasks: { a: [{ then: "foreign" }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["refused a 2"],
      ["refused a 1"],
      ["wake a"],
      ["activate a 2", "commit a #1 end, value"],
    ],
    dropped: ["a", "a"],
  },
  {
    title: "a newer activation of a task takes the place of the older one",
    tasks: { a: [{ then: "foreign" }, { then: "foreign" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["activate a 2"],
      ["drain", "commit a #1 release, runnable, after run 1", "drained"],
    ],
    dropped: ["a", "a"],
  },
  {
    title: "W5: nothing runs and nothing is said after the connection has closed",
    tasks: { a: [{ then: "foreign" }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["close"],
      ["wake a"],
      ["activate b"],
      ["pass 10000"],
    ],
    ran: ["a"],
    dropped: ["a"],
  },
  {
    title: "A3: checkpoints of a pinned task are skipped and tried again",
    tasks: { a: [{ runs: 1_200, pinned: true, then: "foreign" }, { runs: 900 }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 busy, after run 101", "commit a #2 idle, after run 107"],
    ],
  },
  {
    title: "A3: who waits for an effect of a pinned task is refused it, and the task goes on",
    tasks: { a: [{ effects: [log(1), sleep(2)], pinned: true }, { effects: [log(3)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "refused 2", "commit a #1 idle, after run 2, effects 1,3"],
    ],
  },
  {
    title: "A3: while a foreign call goes on, an effect waits for a moment at which the task can be saved",
    tasks: { a: [{ effects: [sleep(1)], pinned: true, then: "foreign" }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 idle, after run 2, effects 1"],
    ],
  },
  {
    title: "A3: it does not wait for ever",
    tasks: { a: Array.from({ length: 3 }, () => ({ effects: [sleep(9)], pinned: true, then: "foreign" })) },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["pass 4999"],
      ["pass 1", 'commit a #1 end, failure, "socket in main at app.ts:3:9"'],
    ],
  },
  {
    title: "A3: a pinned task that waits for a timer ends with the error; only what it said is kept",
    tasks: { a: [{ effects: [log(1), sleep(9)], pinned: true }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, 'commit a #1 end, failure, "socket in main at app.ts:3:9", effects 1'],
    ],
  },
  {
    title: "A3: log lines of a pinned task wait for its next commit",
    tasks: { a: [{ effects: [log(1)], pinned: true, then: "foreign" }, { effects: [log(2)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 idle, after run 2, effects 1,2"],
    ],
  },
  {
    title: "A3: a pinned task stays while the worker drains, and leaves at its next stop",
    tasks: { a: [{ pinned: true, then: "foreign" }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["drain"],
      ["wake a", "commit a #1 release, not runnable, after run 2", "drained"],
    ],
  },
  {
    title: "a program that cannot be loaded ends its tasks with the reason, and all later ones",
    tasks: {},
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle broken", 'commit a #1 end, failure, "app.ts imports what is not there"'],
      ["activate b", 'commit b #1 end, failure, "app.ts imports what is not there"'],
    ],
  },
  {
    title: "bytes that are no snapshot end the task",
    tasks: {},
    lines: [
      ["thaw-nothing a", "need-bundle v1"],
      [...begun, 'commit a #8 end, failure, "not a snapshot"'],
    ],
  },
  {
    title: "an error of the runtime ends its task, not the worker",
    tasks: { a: [{ then: "bug" }], b: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      [...begun, 'commit a #1 end, failure, "TypeError: not a program\'s error"', "commit b #1 end, value"],
    ],
  },
  {
    title: "a commit that is too long to send ends the task with that error",
    tasks: { a: [{ runs: 199 * 20, effects: [sleep(1)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [
        ...begun,
        "commit a #1 busy, after run 50",
        "commit a #2 busy, after run 100",
        "commit a #3 busy, after run 150",
        'commit a #4 end, failure, "a message is too long"',
      ],
    ],
  },
];

for (const story of stories) {
  test(story.title, async () => {
    const scripts = Object.fromEntries(Object.entries(story.tasks).map(([id, acts]) => [id, [...acts]]));
    const bench = new Bench(scripts, story.timeLimitMs);
    assert.deepEqual(bench.said, ["ready"]);
    for (const [deed, ...said] of story.lines) {
      bench.said = [];
      await bench.do(deed);
      assert.deepEqual(bench.said, said, `after "${deed}"`);
    }
    if (story.ran !== undefined) assert.deepEqual(bench.ran, story.ran);
    if (story.delivered !== undefined) assert.deepEqual(bench.delivered, story.delivered);
    if (story.dropped !== undefined) assert.deepEqual(bench.dropped, story.dropped);
  });
}

test("no more than limits.warmTasksPerWorker stay warm; the longest idle goes first", async () => {
  const names = Array.from({ length: limits.warmTasksPerWorker + 2 }, (_, i) => `t${i}`);
  const bench = new Bench({});
  await bench.do("activate t0");
  await bench.do("bundle app");
  for (const name of names.slice(1)) await bench.do(`activate ${name}`);
  await bench.do(`pass ${limits.lazyCommitMs}`);
  assert.deepEqual(
    bench.said.filter((line) => line.startsWith("returned")),
    ["returned t0 e1", "returned t1 e1"],
  );
});
