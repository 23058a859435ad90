/**
 * One simulation: a program on the real compiler's code, the real runtime, worker, server and coordinator, over a disk, a network, clocks
 * and processes that are simulated. Single-threaded; all chance comes from the seed, all waiting is an entry of the agenda, and between two
 * entries every native promise has its turn. So the same seed is the same story.
 */
import assert from "node:assert/strict";
import type { RunId, TaskId, WorkerId } from "../../src/base/ids.ts";
import { rootTaskOf } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { type Bounds, decide } from "../../src/coordinator/index.ts";
import { begun } from "../../src/coordinator/state.ts";
import type { Outcome } from "../../src/protocol/effect.ts";
import type { DeathKind, RunRow } from "../../src/protocol/rows.ts";
import type { Durability, Server, ServerEvents } from "../../src/server/index.ts";
import { FencedError } from "../../src/store/store.ts";
import { Agenda } from "./agenda.ts";
import { Chance } from "./chance.ts";
import { Clients } from "./clients.ts";
import { Disk } from "./disk.ts";
import type { Moment } from "./faults.ts";
import { Faults } from "./faults.ts";
import { History } from "./history.ts";
import type { Mutant } from "./mutants.ts";
import { OutsideWorld } from "./outside-world.ts";
import type { compiled } from "./programs.ts";
import { type ServerHost, ServerProcess } from "./server-process.ts";
import { Transcript } from "./transcript.ts";
import { Violation, Watch } from "./watch.ts";
import type { SimulatedWorker, WorkersHost } from "./workers.ts";

/** Things that happen in one simulation before it counts as one that does not end. */
const stepsMax = 60_000;

export interface WorldOptions {
  readonly seed: number;
  readonly durability: Durability;
  readonly calm: boolean;
  readonly keep: boolean;
  readonly mutant?: Mutant;
}

export interface Ended {
  readonly row: RunRow;
  readonly outcome: Outcome;
}

export class World {
  readonly durability: Durability;
  readonly agenda: Agenda;
  readonly transcript: Transcript;
  readonly faults: Faults;
  readonly watch: Watch;
  readonly history: History;
  readonly disk: Disk;
  readonly outside: OutsideWorld;
  readonly clients: Clients;
  readonly #chance: Chance;
  readonly #host: ServerHost;
  readonly #spawnsAhead: number;
  #process: ServerProcess;
  #starts = 0;
  /** Servers that ended before they could have told that they had printed something. */
  #deaths = 0;
  /** The server dies as soon as there is something to be lost. */
  #crashWhenWriting = false;
  /** Deaths that were charged to a task since it got on; counted here, since the server may count wrongly. */
  readonly #charged = new Map<TaskId, { readonly seq: number; readonly times: number }>();
  #violation: unknown;

  constructor({ seed, durability, calm, keep, mutant }: WorldOptions) {
    this.durability = durability;
    this.transcript = new Transcript({ keep, now: () => this.agenda.now.toFixed(2).padStart(10) });
    this.agenda = new Agenda((what) => this.transcript.note(what));
    this.#chance = new Chance(seed, "world");
    this.faults = new Faults(seed, calm);
    const chance = this.#chance;
    const diskMs = chance.pick([0.2, 1, 5, 20]);
    this.disk = new Disk({
      later: (act) => {
        this.agenda.after(diskMs * (0.5 + chance.random()), "the disk has written", act);
        if (this.#crashWhenWriting) this.#crash();
      },
      writes: (changes) => {
        this.watch.writes(changes);
        this.history.written(changes);
      },
    });
    const { bounds, spawnsAhead } = roomOf(new Chance(seed, "room"));
    this.#spawnsAhead = spawnsAhead;
    this.watch = new Watch(this.disk, durability, bounds.unstartedChildren + spawnsAhead);
    let moment = 0;
    this.history = new History(() => ++moment);
    this.outside = new OutsideWorld(this.agenda, new Chance(seed, "outside"), this.faults);
    this.clients = new Clients(
      this.agenda,
      () => this.#serving(),
      (error) => {
        this.#violation ??= error;
      },
    );
    const timeLimitMs = this.faults.has("time limit") ? chance.between(600, 2_500) : undefined;
    const broken = mutant?.make?.() ?? {};
    this.#host = {
      agenda: this.agenda,
      disk: this.disk,
      workers: this.#workersHosts(),
      random: chance.random,
      durability,
      bounds,
      crew: { workers: chance.between(1, 3), ...(timeLimitMs === undefined ? {} : { timeLimitMs }) },
      decide: broken.decide ?? decide,
      store: (store) => broken.store?.(store) ?? store,
      decided: (process, state, command, decision) => {
        this.watch.decided(command);
        // What another decides who has lost the disk will never have been.
        if (process.store.term !== this.disk.term) return;
        this.watch.counted(state, command, decision);
        this.history.decided(state, command, decision);
      },
      events: (process) => this.#events(process),
    };
    this.#process = this.#startServer();
  }

  /** Starts a run of the program while all is well. */
  async start(program: Awaited<ReturnType<typeof compiled>>, name: string, input: unknown): Promise<RunId> {
    await turn();
    while (this.#process.server === undefined) await this.#step();
    const { server } = this.#process;
    return await this.#settled(server.startRun(program, name, JSON.stringify(input)));
  }

  /** Lets everything happen until the runs have ended, with trouble, and then, without, until nothing is left to be done for them. */
  async live(): Promise<void> {
    while (this.disk.running.size > 0 || this.clients.busy > 0) {
      const moment = this.faults.next();
      if (moment !== undefined) this.#strike(moment);
      await this.#step();
    }
    this.faults.end();
    while (this.#serving() === undefined || this.#unsaid()) await this.#step();
  }

  async result(run: RunId): Promise<Ended> {
    const { server } = this.#process;
    assert(server !== undefined);
    return await this.#settled(server.result(run));
  }

  /** Lets things happen until the promise is settled. */
  async #settled<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => {
      settled = true;
    };
    promise.then(end, end);
    await turn();
    while (!settled) await this.#step();
    return await promise;
  }

  /** How often a line may have been said: again only by a server that could not know. */
  get linesSaidMax(): number {
    return 1 + this.#deaths;
  }

  /** Lets one thing happen, and all that follows from it at once. */
  async #step(): Promise<void> {
    if (!this.agenda.step())
      throw new Violation("no hang", "nothing can happen any more, and the runs go on");
    await turn();
    if (this.#violation !== undefined) throw this.#violation;
    if (this.agenda.steps > stepsMax) throw new Violation("no hang", `no end after ${stepsMax} steps`);
    if (this.#process.alive && this.#process.stopped !== undefined) this.#afterStop();
  }

  #serving(): Server | undefined {
    const { alive, closing, server } = this.#process;
    return alive && !closing ? server : undefined;
  }

  #unsaid(): boolean {
    for (const key of this.disk.rows.keys()) if (key.startsWith("line/")) return true;
    return false;
  }

  // --- servers ---

  #startServer(): ServerProcess {
    return new ServerProcess(this.#host, `s${++this.#starts}`);
  }

  /** The server has ended by itself: because it was made to, or because of a mistake. */
  #afterStop(): void {
    const { stopped } = this.#process;
    const expected = stopped instanceof FencedError || /no space left/.test(String(stopped));
    if (!expected) throw new Violation("no mistake", describe(stopped));
    this.#killServer(0);
  }

  #killServer(kept: number): void {
    const dying = this.#process;
    this.#deaths++;
    const lost = dying.kill(kept, () => this.#chance.between(0, 2 * limits.orphanMs));
    if (lost > 0 && dying.stopped === undefined) this.faults.count("lost tail");
    this.#startLater();
  }

  #startLater(): void {
    this.agenda.after(this.#chance.between(1, 300), "a server starts", () => {
      this.#process = this.#startServer();
    });
  }

  /** What it has printed is written down when it has closed: nothing is printed again. */
  #closeServer(closing: ServerProcess, server: Server): void {
    closing.closing = true;
    const end = () => {
      if (!closing.alive || closing !== this.#process) return;
      closing.alive = false;
      // What it could not write down any more is said again.
      if (closing.store.isBroken) this.#deaths++;
      this.#startLater();
    };
    server.close().then(end, () => {});
  }

  /** Not in the middle of what it does now, but before anything else happens. */
  #crash(): void {
    this.#crashWhenWriting = false;
    const process = this.#process;
    this.agenda.after(0, "the server dies while it writes", () => {
      if (process.alive && process === this.#process) this.#killServer(0);
    });
  }

  #strike(moment: Moment): void {
    const process = this.#process;
    const worker = this.#someWorker();
    switch (moment) {
      case "worker crash":
        if (worker === undefined) return;
        worker.kill(this.#deathKind(worker));
        break;
      case "server crash":
        if (!process.alive) return;
        if (!this.faults.has("lost tail")) this.#killServer(process.store.underWay);
        else if (process.store.underWay > 0) this.#killServer(this.#chance.below(process.store.underWay));
        else this.#crashWhenWriting = true;
        break;
      case "restart":
        if (process.server === undefined || !process.alive || process.closing) return;
        this.#closeServer(process, process.server);
        break;
      case "second server":
        if (process.server === undefined || !process.alive) return;
        this.#replaceServer(process);
        break;
      case "full disk":
        if (!process.alive) return;
        process.store.breakDown();
        break;
      case "dropped link":
        if (worker === undefined) return;
        worker.loseLink(this.#chance.between(0, 300), this.#chance.between(0, 600));
        break;
      case "lease":
        if (worker === undefined || !worker.joined) return;
        worker.expire(this.#chance.between(0, 600));
        break;
      case "clock":
        process.skewMs += this.#chance.between(-5_000, 3_000);
    }
    this.transcript.note(`fault: ${moment}`);
    this.faults.happened(moment);
  }

  /** The first server lives on for a while beside the second, and nothing that it writes counts. */
  #replaceServer(first: ServerProcess): void {
    this.#deaths++;
    this.agenda.after(this.#chance.between(50, 1_000), `${first.name} is killed`, () => {
      if (first.alive) first.kill(0, () => this.#chance.between(0, limits.orphanMs));
    });
    this.#process = this.#startServer();
  }

  #someWorker(): SimulatedWorker | undefined {
    const workers = [...this.#process.platform.workers].filter(({ alive }) => alive);
    return workers.length === 0 ? undefined : this.#chance.pick(workers);
  }

  #deathKind(worker: SimulatedWorker): DeathKind {
    return worker.joined ? this.#chance.pick(["chaos", "lost", "exit", "memory"]) : "chaos";
  }

  // --- what servers and workers are given ---

  #events(process: ServerProcess): ServerEvents {
    return {
      printed: (line) => {
        if (process.alive) this.#guard(() => this.watch.printed(process, line));
      },
      runEnded: (row) => {
        if (!process.alive) return;
        const kept = this.disk.bytes.has(`outcome/${rootTaskOf(row.id)}`) && !this.disk.running.has(row.id);
        if (!kept)
          this.#violation ??= new Violation(
            "X1 durable first",
            `${row.id} was said to have ended before that was on the disk`,
          );
      },
      stopped: (reason) => {
        process.stopped = reason;
      },
    };
  }

  #workersHosts(): (process: ServerProcess) => WorkersHost {
    const { agenda, faults } = this;
    const chance = this.#chance;
    const lineMs = chance.pick([0.1, 1, 10]);
    return (process) => ({
      agenda,
      weather: {
        latency: () => lineMs * (0.5 + chance.random()),
        delay: () => (faults.strikes("delay", 0.05) ? chance.between(10, 200) : 0),
        repeats: () => faults.strikes("duplicate", 0.08),
        overtaken: () => faults.strikes("reorder", 0.1),
      },
      startMs: () => chance.between(5, 60),
      turnMs: () => 0.01 + chance.random() * 0.5,
      interrupts: () => chance.hits(faults.has("freeze") ? 0.4 : 0.05),
      computeMs: () => (faults.strikes("freeze", 0.05) ? chance.between(5, 1_200) : 0.001),
      skewMs: () => chance.between(-50, 50) * chance.pick([1, 1, 72_000]),
      spawnsAhead: this.#spawnsAhead,
      sent: (_, message) => {
        this.history.sent(message);
        this.#guard(() => this.watch.sent(message, process.store.term !== this.disk.term));
      },
      said: (_, message) => this.watch.said(message),
      harmless: (worker, kind) => this.#harmless(worker, kind),
    });
  }

  /** A task that took three workers with it is given up (T8), which would be right, and is not what is asked here. */
  #harmless(worker: SimulatedWorker, kind: DeathKind | "closed"): DeathKind | "closed" {
    if (kind === "time-limit") this.faults.count("time limit");
    if (kind === "closed" || kind === "chaos") return kind;
    if (!worker.joined) return "chaos";
    const state = this.#process.state;
    if (state === undefined) return kind;
    const { busy } = begun([...state.loadOf(`w${worker.number}` as WorkerId).activations.values()]);
    const suspect = busy.length === 1 ? state.tasks.get(busy[0]!.task) : undefined;
    if (suspect === undefined) return kind;
    const before = this.#charged.get(suspect.id);
    const times = before?.seq === suspect.seq ? before.times + 1 : 1;
    if (times >= limits.deathsWithoutProgress) return "lost";
    this.#charged.set(suspect.id, { seq: suspect.seq, times });
    return kind;
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#violation ??= error;
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** All that native promises have promised to do at once is done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Small, so that it is met; in some seeds as it is. */
function roomOf(chance: Chance): { readonly bounds: Bounds; readonly spawnsAhead: number } {
  const bounds = {
    unstartedChildren: chance.pick([0, 0, 1, 3, limits.unstartedChildren]),
    activationsPerWorker: chance.pick([1, 1, limits.tasksAtOnce, limits.activationsPerWorker]),
  };
  const small = bounds.unstartedChildren < limits.unstartedChildren;
  return { bounds, spawnsAhead: small ? chance.pick([0, 0, 2]) : limits.spawnsAhead };
}
