/**
 * Workers: the real worker and the real runtime, each with a clock, a line and a death of its own.
 *
 * A process that has been killed goes on running here as JavaScript until its stack is empty; but nothing that it does is seen any more: its
 * line is silent, its timers do not fire, the world outside does not hear it.
 */
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "../../src/platform/platform.ts";
import type { DeathKind } from "../../src/protocol/rows.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/wire.ts";
import { signal } from "../../src/runtime/index.ts";
import { Worker } from "../../src/worker/index.ts";
import type { Agenda } from "./agenda.ts";
import type { Weather } from "./network.ts";
import { Line, orderFromWorker, orderToWorker } from "./network.ts";
import { loadProgram } from "./programs.ts";

export interface WorkersHost {
  readonly agenda: Agenda;
  readonly weather: Weather;
  /** Milliseconds that a new process takes until it can be spoken to. */
  startMs(): number;
  /** How long a turn of a worker takes to come. */
  turnMs(): number;
  /** Whether what runs in this turn is to look up from its work. */
  interrupts(): boolean;
  /** Milliseconds of computing between two looks at the clock. */
  computeMs(): number;
  /** By which this machine's clock is wrong. */
  skewMs(): number;
  /** Tasks that a task may have started without an acknowledgement. */
  readonly spawnsAhead: number;
  sent(worker: SimulatedWorker, message: ToWorker): void;
  said(worker: SimulatedWorker, message: FromWorker): void;
  /** What the server may be told of a death without a task being given up for it. */
  harmless(worker: SimulatedWorker, kind: DeathKind | "closed"): DeathKind | "closed";
}

let running: SimulatedWorker | undefined;

/** The worker whose code is on the stack. */
export function runningWorker(): SimulatedWorker | undefined {
  return running;
}

/** The workers of one server. When the server is dead they are nobody's: they notice after a while. */
export class SimulatedPlatform implements Platform {
  readonly workers = new Set<SimulatedWorker>();
  readonly #host: WorkersHost;
  readonly #name: string;
  #started = 0;

  constructor(host: WorkersHost, name: string) {
    this.#host = host;
    this.#name = name;
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    const worker: SimulatedWorker = new SimulatedWorker({
      host: this.#host,
      name: `${this.#name}w${++this.#started}`,
      number: this.#started,
      options,
      events,
      ended: () => this.workers.delete(worker),
    });
    this.workers.add(worker);
    return worker;
  }

  async close(): Promise<void> {
    for (const worker of [...this.workers]) worker.kill("closed");
  }

  /** The server is gone; its workers find out. */
  orphan(afterMs: () => number): void {
    for (const worker of this.workers) worker.losesServer(afterMs());
  }
}

interface WorkerParts {
  readonly host: WorkersHost;
  readonly name: string;
  /** Which of its server's workers it is, from 1. */
  readonly number: number;
  readonly options: WorkerOptions;
  readonly events: WorkerEvents;
  readonly ended: () => void;
}

export class SimulatedWorker implements WorkerLink {
  readonly name: string;
  readonly number: number;
  /** Calls outside that have not been answered. */
  calls = 0;
  readonly #host: WorkersHost;
  readonly #events: WorkerEvents;
  readonly #ended: () => void;
  readonly #up: Line<FromWorker>;
  readonly #down: Line<ToWorker>;
  readonly #bornAt: number;
  /** Its thread computes until then. */
  #busyUntil = 0;
  #alive = true;
  /** The server has not been told of its end. */
  #heard = true;
  #joined = false;
  #listener: { received(message: ToWorker): void; closed(): void } | undefined;

  constructor({ host, name, number, options, events, ended }: WorkerParts) {
    this.name = name;
    this.number = number;
    this.#host = host;
    this.#events = events;
    this.#ended = ended;
    const { agenda, weather } = host;
    const { timeLimitMs } = options;
    this.#bornAt = agenda.now;
    this.#up = new Line(agenda, weather, `${name} →`, orderFromWorker, (message: FromWorker) => {
      if (message.kind === "ready") {
        this.#joined = true;
        // The limit counts from here (platform.ts, P2).
        if (timeLimitMs !== undefined)
          agenda.after(timeLimitMs, `${name} is at its limit`, () => this.kill("time-limit"));
      }
      this.#events.received(message);
    });
    this.#down = new Line(agenda, weather, `→ ${name}`, orderToWorker, (message: ToWorker) =>
      this.#inside(() => this.#listener?.received(message)),
    );
    agenda.after(host.startMs(), `${name} starts`, () => this.#inside(() => this.#begin(options)));
  }

  get alive(): boolean {
    return this.#alive;
  }

  get joined(): boolean {
    return this.#joined;
  }

  send(message: ToWorker): void {
    this.#host.sent(this, message);
    this.#down.send(message);
  }

  freeze(): void {}

  kill(kind: DeathKind | "closed"): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#tell(kind, `killed (${kind})`, 0);
  }

  /** The connection breaks: what is under way is lost, and each side notices in its time. */
  loseLink(serverNoticesMs: number, workerNoticesMs: number): void {
    this.#up.cut();
    this.#down.cut();
    this.#tell("lost", "the connection broke", serverNoticesMs);
    this.losesServer(workerNoticesMs);
  }

  /** The server has not heard of it for too long and gives it up; it lives, and is still heard until it is told. */
  expire(workerNoticesMs: number): void {
    if (this.#heard) {
      this.#heard = false;
      this.#exited("lost", "its lease has expired");
    }
    this.losesServer(workerNoticesMs);
  }

  losesServer(noticesMs: number): void {
    this.#host.agenda.after(noticesMs, `${this.name} is alone`, () => {
      if (!this.#alive) return;
      this.#inside(() => this.#listener?.closed());
      this.#alive = false;
      this.#ended();
    });
  }

  /** Something happens in this process: to the compiled code on its stack, it is the machine. */
  #inside(act: () => void): void {
    if (!this.#alive) return;
    const before = running;
    running = this;
    try {
      act();
    } finally {
      running = before;
      signal[0] = 0;
    }
  }

  #begin({ timeLimitMs }: WorkerOptions): void {
    const { agenda } = this.#host;
    const skew = this.#host.skewMs();
    const worker = new Worker({
      connection: {
        send: (message) => this.#say(message),
        listen: (listener) => {
          this.#listener = listener;
        },
      },
      clock: {
        now: () => Math.floor(agenda.now + skew),
        monotonic: () => {
          if (running === this)
            this.#busyUntil = Math.max(this.#busyUntil, agenda.now) + this.#host.computeMs();
          return Math.max(this.#busyUntil, agenda.now) - this.#bornAt;
        },
        after: (ms, act) => agenda.after(ms, `${this.name} timer`, () => this.#inside(act)),
        turn: (act) =>
          void agenda.after(this.#host.turnMs() + this.#busyMs, `${this.name} runs`, () => {
            signal[0] = this.#host.interrupts() ? 1 : 0;
            this.#inside(act);
          }),
      },
      load: loadProgram,
      signal,
      quiet: () => this.calls === 0,
      spawnsAhead: this.#host.spawnsAhead,
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    });
    worker.start();
  }

  /** What is said after a long computation is said at its end. */
  #say(message: FromWorker): void {
    if (!this.#alive) return;
    const send = (): void => {
      if (!this.#alive) return;
      this.#host.said(this, message);
      this.#up.send(message);
    };
    if (this.#busyMs === 0) send();
    else this.#host.agenda.after(this.#busyMs, `${this.name} has computed`, send);
  }

  get #busyMs(): number {
    return Math.max(0, this.#busyUntil - this.#host.agenda.now);
  }

  #tell(kind: DeathKind | "closed", detail: string, ms: number): void {
    if (!this.#heard) return;
    this.#heard = false;
    this.#up.afterAll(ms, `${this.name} has ended (${kind})`, () => this.#exited(kind, detail));
  }

  #exited(kind: DeathKind | "closed", detail: string): void {
    if (!this.#alive) this.#ended();
    this.#events.exited({ kind: this.#host.harmless(this, kind), detail });
  }
}
