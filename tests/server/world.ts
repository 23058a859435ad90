/**
 * A world round a server that holds still: a clock that is moved by hand, a disk that writes when told to, workers in this process that
 * run scripts, lines between them on which messages wait to be delivered. Everything that happens is one of {@link World.moves}; a test
 * makes them in order, a simulation by chance.
 */
import assert from "node:assert/strict";
import type { TaskId, Version } from "../../src/base/ids.ts";
import { rootTaskOf, runOf } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { seededRandom } from "../../src/base/random.ts";
import { keptKey, linesOf } from "../../src/coordinator/index.ts";
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "../../src/platform/platform.ts";
import { pack } from "../../src/protocol/pack.ts";
import type { BytesKey, Change, DeathKind, RunRow } from "../../src/protocol/rows.ts";
import type { Commit, FromWorker, ToWorker } from "../../src/protocol/wire.ts";
import type { Clock, Durability, ServerEvents } from "../../src/server/index.ts";
import { Server } from "../../src/server/index.ts";
import type { Medium } from "../../src/store/index.ts";
import { emptyMedium, openMemoryStore } from "../../src/store/index.ts";
import type { LoadedRow, Store } from "../../src/store/store.ts";
import type { Scripts } from "./scripts.ts";
import { ScriptedTask } from "./scripts.ts";

interface Move {
  readonly name: string;
  make(): void;
}

const version = "v1" as Version;

export class World implements Clock {
  readonly scripts: Scripts;
  readonly medium: Medium = emptyMedium();
  readonly workers = new Set<FakeWorker>();
  readonly lines: string[] = [];
  /** How often the line with each id was printed. */
  readonly timesPrinted = new Map<string, number>();
  readonly ended: RunRow[] = [];
  readonly left: string[] = [];
  /** Each activation: of which task, on a worker of which size, and beside how many others. */
  readonly placed: {
    readonly task: TaskId;
    readonly memoryMiB: number | undefined;
    readonly beside: number;
  }[] = [];
  /** Tasks that workers were shown before they had any. */
  readonly rehearsed: (TaskId | undefined)[] = [];
  stopped: Error | undefined;
  /** Workers end before they are ready. */
  broken = false;
  server!: Server;
  #store!: SlowStore;
  readonly #random = seededRandom(1);
  #time = 1_000;
  #timers: { readonly at: number; readonly act: () => void }[] = [];
  readonly #events: ServerEvents = {
    printed: ({ id, text }) => {
      const times = this.timesPrinted.get(id) ?? 0;
      this.timesPrinted.set(id, times + 1);
      if (times > 0) return;
      this.lines.push(text);
    },
    workerLeft: ({ kind }) => this.left.push(kind),
    runEnded: (row) => this.ended.push(row),
    stopped: (reason) => {
      this.stopped = reason;
    },
  };

  constructor(scripts: Scripts) {
    this.scripts = scripts;
  }

  /** Starts a server on what is on the disk; one that was there has been killed. */
  async open(
    options: {
      readonly workers?: number;
      readonly timeLimitMs?: number;
      readonly durability?: Durability;
      readonly retentionMs?: number;
      readonly spare?: boolean;
    } = {},
  ): Promise<void> {
    for (const worker of this.workers) worker.vanish();
    this.workers.clear();
    this.#timers = [];
    this.#store = new SlowStore(await openMemoryStore({ medium: this.medium }), this.medium);
    const { workers = 2, timeLimitMs, durability = "strict", retentionMs, spare = false } = options;
    const opening = Server.open({
      store: this.#store,
      platform: this.platform,
      clock: this,
      random: this.#random,
      workers,
      workerOptions: timeLimitMs === undefined ? {} : { timeLimitMs },
      events: this.#events,
      durability,
      spare,
      ...(retentionMs === undefined ? {} : { retentionMs }),
    });
    const store = this.#store;
    const flushing = (async () => {
      for (let i = 0; i < 10; i++) {
        await turn();
        store.flush();
      }
    })();
    this.server = await opening;
    await flushing;
  }

  /** Starts a run of the script of this name; of several, each of a version of its own, all at once. */
  async start(name: string, versions: readonly Version[] = [version]): Promise<void> {
    const started = versions.map((version) =>
      this.server.startRun({ version, bytes: pack({ version }) }, `${name}.ts`, JSON.stringify(name)),
    );
    for (let i = 0; i < 3; i++) {
      await turn();
      this.#store.flush();
    }
    await Promise.all(started);
  }

  /** What could happen next, time aside. */
  moves(): Move[] {
    const moves: Move[] = [];
    const store = this.#store;
    if (store.isWriting()) moves.push({ name: "flush", make: () => store.flush() });
    for (const worker of this.workers) moves.push(...worker.moves());
    return moves;
  }

  /** Makes moves in order until nothing is left to happen but for time, save the moment for which writes are held back. */
  async settle(): Promise<void> {
    for (;;) {
      await turn();
      const [move] = this.moves();
      if (move !== undefined) move.make();
      else if (!this.#timers.some(({ at }) => at <= this.#time + limits.lazyWriteMs)) return;
      // What waits for others to be written with.
      else this.advance();
    }
  }

  /** Lets time pass until the next timer fires; whether there was one, no later than `until`. */
  advance(until = Number.POSITIVE_INFINITY): boolean {
    this.#timers.sort((a, b) => a.at - b.at);
    const next = this.#timers[0];
    if (next === undefined || next.at > until) return false;
    this.#timers.shift();
    this.#time = Math.max(this.#time, next.at);
    next.act();
    return true;
  }

  /** Time passes, and no timer is due meanwhile. */
  pass(ms: number): void {
    this.#time += ms;
  }

  /** Settles and advances until the server has ended `runs` runs, or nothing happens any more. */
  async runToEnd(runs = 1): Promise<void> {
    do await this.settle();
    while (this.ended.length < runs && this.stopped === undefined && this.advance());
    await this.notePrinted();
  }

  /** Lets time pass until it is written down that all lines were printed. */
  async notePrinted(): Promise<void> {
    while (this.stopped === undefined && this.kept().some((key) => key.startsWith("line/")) && this.advance())
      await this.settle();
  }

  /** What is on the disk, as keys. */
  kept(): string[] {
    return [...this.medium.rows.keys(), ...[...this.medium.bytes.keys()].map((key) => `bytes/${key}`)].sort();
  }

  // --- the clock ---

  now(): number {
    return this.#time;
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#time + ms, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** The platform: workers of this world. */
  readonly platform: Platform = {
    start: ({ timeLimitMs, memoryMiB }: WorkerOptions, events: WorkerEvents): WorkerLink => {
      let spare = () => {};
      const received: WorkerEvents["received"] = (message) => {
        // P2: the limit is the platform's to keep.
        if (message.kind === "ready" && timeLimitMs !== undefined)
          spare = this.after(timeLimitMs, () => worker.kill("time-limit"));
        events.received(message);
      };
      const worker: FakeWorker = new FakeWorker(this, { ...events, received }, memoryMiB, () => {
        spare();
        this.workers.delete(worker);
      });
      this.workers.add(worker);
      return worker;
    },
    close: async () => {
      for (const worker of this.workers) worker.vanish();
      this.workers.clear();
    },
  };
}

/** All that was promised to come soon has come. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A disk that writes when told to, and forgets what it was not told to write. */
class SlowStore implements Store {
  readonly term: number;
  readonly #inner: Store;
  readonly #medium: Medium;
  #writes: {
    readonly changes: readonly Change[];
    readonly done: () => void;
    readonly failed: (error: unknown) => void;
  }[] = [];

  constructor(inner: Store, medium: Medium) {
    this.term = inner.term;
    this.#inner = inner;
    this.#medium = medium;
  }

  load(): Iterable<LoadedRow> {
    return this.#inner.load();
  }

  read(key: BytesKey): Uint8Array | undefined {
    for (const { changes } of [...this.#writes].reverse()) {
      for (const change of [...changes].reverse()) {
        if (change.table === "bytes" && change.key === key) return change.bytes;
      }
    }
    return this.#medium.bytes.get(key);
  }

  write(changes: readonly Change[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#writes.push({ changes, done, failed });
    });
  }

  isWriting(): boolean {
    return this.#writes.length > 0;
  }

  flush(): void {
    for (const { changes, done, failed } of this.#writes.splice(0))
      this.#inner.write(changes).then(done, failed);
  }

  async close(): Promise<void> {
    this.flush();
    await this.#inner.close();
  }
}

/** One task on a fake worker. */
interface Stay {
  readonly task: TaskId;
  readonly epoch: number;
  seq: number;
  readonly script: ScriptedTask;
  state: "runs" | "idle";
}

class FakeWorker implements WorkerLink {
  readonly name: string;
  readonly #world: World;
  readonly #events: WorkerEvents;
  readonly #gone: () => void;
  readonly #memoryMiB: number | undefined;
  readonly #toServer: FromWorker[] = [];
  readonly #toWorker: ToWorker[] = [];
  readonly #stays = new Map<TaskId, Stay>();
  #stage: "new" | "works" | "drains" | "drained" | "dead" = "new";

  constructor(world: World, events: WorkerEvents, memoryMiB: number | undefined, gone: () => void) {
    this.#memoryMiB = memoryMiB;
    this.#world = world;
    this.#events = events;
    this.#gone = gone;
    this.name = "fake";
  }

  send(message: ToWorker): void {
    if (this.#stage !== "dead") this.#toWorker.push(message);
  }

  freeze(): void {}

  kill(kind: DeathKind | "closed"): void {
    if (this.#stage === "dead") return;
    this.#stage = "dead";
    // What was sent before the end is still read, as from a pipe.
    for (const message of this.#toServer.splice(0)) this.#events.received(message);
    this.#gone();
    this.#events.exited({ kind, detail: "" });
  }

  /** Ends without anybody being told, as with the server's process. */
  vanish(): void {
    this.#stage = "dead";
  }

  moves(): Move[] {
    if (this.#stage === "dead") return [];
    const moves: Move[] = [];
    const { broken } = this.#world;
    if (this.#stage === "new") {
      moves.push({ name: "begin", make: () => (broken ? this.kill("exit") : this.#begin()) });
      return moves;
    }
    if (this.#toServer.length > 0) {
      moves.push({ name: "to server", make: () => this.#events.received(this.#toServer.shift()!) });
    }
    if (this.#toWorker.length > 0)
      moves.push({ name: "to worker", make: () => this.#receive(this.#toWorker.shift()!) });
    for (const stay of this.#stays.values()) {
      if (this.#stage === "drains") moves.push({ name: "hand back", make: () => this.#handBack(stay) });
      else if (stay.state === "runs") moves.push({ name: "run", make: () => this.#run(stay) });
    }
    if (this.#stage === "drains" && this.#stays.size === 0) {
      moves.push({
        name: "drained",
        make: () => {
          this.#stage = "drained";
          this.#say({ kind: "drained" });
        },
      });
    }
    return moves;
  }

  #begin(): void {
    this.#stage = "works";
    this.#say({ kind: "ready" });
  }

  #say(message: FromWorker): void {
    this.#toServer.push(message);
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case "drain":
        if (this.#stage === "works") this.#stage = "drains";
        break;
      case "activate": {
        const { task, epoch, seq, from, completions } = message;
        assert(this.#stays.get(task) === undefined, `${task} is here already`);
        if (this.#stage !== "works") {
          this.#say({ kind: "returned", task, epoch });
          break;
        }
        const begin =
          from.kind === "snapshot"
            ? { snapshot: from.bytes }
            : {
                name:
                  from.kind === "input"
                    ? (JSON.parse(from.json) as string)
                    : new TextDecoder().decode(from.bytes),
              };
        this.#world.placed.push({ task, memoryMiB: this.#memoryMiB, beside: this.#stays.size });
        const script = new ScriptedTask(task, this.#world.scripts, begin);
        script.deliver(completions);
        this.#stays.set(task, { task, epoch, seq, script, state: "runs" });
        break;
      }
      case "complete": {
        const stay = this.#stays.get(message.task);
        if (stay?.epoch !== message.epoch) break;
        stay.script.deliver(message.completions);
        stay.state = "runs";
        break;
      }
      case "refused":
        if (this.#stays.get(message.task)?.epoch === message.epoch) this.#stays.delete(message.task);
        break;
      case "committed":
        this.#checkDurable(message);
        break;
      case "rehearse":
        assert.equal(this.#stays.size, 0);
        this.#world.rehearsed.push(message.example?.task);
    }
  }

  /** D1: what a worker is told of is on the disk. */
  #checkDurable({ task, seq }: { readonly task: TaskId; readonly seq: number }): void {
    const loaded = this.#world.medium.rows.get(`task/${task}`);
    if (loaded?.table === "task") assert(loaded.row.seq >= seq, `${task}: commit ${seq} was not durable`);
  }

  #run(stay: Stay): void {
    const stop = stay.script.run();
    switch (stop.kind) {
      case "dies":
        this.kill("time-limit");
        break;
      case "ends":
        this.#commit(stay, { kind: "end", outcome: stop.outcome });
        this.#stays.delete(stay.task);
        break;
      case "works":
        this.#commit(stay, { kind: "busy" });
        break;
      case "waits":
        stay.state = "idle";
        this.#commit(stay, { kind: "idle" });
    }
  }

  #handBack(stay: Stay): void {
    this.#stays.delete(stay.task);
    if (stay.state === "idle") this.#say({ kind: "returned", task: stay.task, epoch: stay.epoch });
    else this.#commit(stay, { kind: "release", runnable: true });
  }

  #commit(stay: Stay, then: Commit["then"]): void {
    stay.seq++;
    const { task, epoch, seq, script } = stay;
    const ends = then.kind === "end" ? {} : { snapshot: script.snapshot() };
    const effects = script.takeEffects();
    this.#say({ kind: "commit", task, epoch, seq, ...ends, effects, consumed: script.takeConsumed(), then });
  }
}

/** What may be left on the disk when all runs have ended. */
export function leftovers(kept: readonly string[], runs: readonly RunRow[]): string[] {
  const allowed = new Set([`bundle/${version}`, `bytes/bundle/${version}`]);
  for (const row of runs) {
    const { id } = row;
    allowed.add(`run/${id}`);
    for (const { bytes } of linesOf(row)) allowed.add(`bytes/${bytes}`);
    for (const { name } of row.kept ?? []) allowed.add(`bytes/${keptKey(id, name)}`);
    allowed.add(`bytes/outcome/${rootTaskOf(id)}`);
    assert.equal(runOf(rootTaskOf(id)), id);
  }
  return kept.filter((key) => !allowed.has(key));
}
