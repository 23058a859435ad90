/**
 * Workers in this process, for tests: the code of the worker is a function, the line to it is two lists.
 *
 * Messages are copied as another process would see them, unless they are handed over; they are delivered in order, when the code that runs has
 * ended: a worker takes a turn of the event loop before it runs (worker.ts, W2), so the two cannot keep the loop for themselves. A killed
 * worker is told that its line is closed and is not heard any more; what it had sent before is still delivered, as from a pipe. What this platform
 * cannot do: interrupt a worker that never gives the thread back (P2), or limit its memory.
 */
import { Bug } from "../base/errors.ts";
import type { DeathKind } from "../protocol/rows.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import type { Connection, ConnectionEvents, WorkerMain } from "./connection.ts";
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "./platform.ts";

/** `handOver`: messages are not copied; neither side changes what it has sent. */
export function openInprocPlatform(options: {
  readonly main: WorkerMain;
  readonly handOver?: boolean;
}): Platform {
  return new InprocPlatform(options.main, options.handOver ? same : structuredClone);
}

type Pass = <Message>(message: Message) => Message;
const same: Pass = (message) => message;

class InprocPlatform implements Platform {
  readonly #main: WorkerMain;
  readonly #pass: Pass;
  readonly #workers = new Set<InprocWorker>();
  #started = 0;
  #closed = false;

  constructor(main: WorkerMain, pass: Pass) {
    this.#main = main;
    this.#pass = pass;
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    if (this.#closed) throw new Bug("a worker was started on a closed platform");
    this.#started += 1;
    const worker: InprocWorker = new InprocWorker(`inproc-${this.#started}`, this.#pass, events, () =>
      this.#workers.delete(worker),
    );
    this.#workers.add(worker);
    worker.run(this.#main, options);
    return worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#workers].map((worker) => worker.ended);
    for (const worker of this.#workers) worker.kill("closed");
    await Promise.all(ends);
  }
}

class InprocWorker implements WorkerLink {
  readonly name: string;
  readonly ended: Promise<void>;
  readonly #pass: Pass;
  readonly #events: WorkerEvents;
  readonly #onEnd: () => void;
  readonly #toServer = new Deliveries();
  readonly #toWorker = new Deliveries();
  #early: ToWorker[] | undefined = [];
  #listener: ConnectionEvents | undefined;
  #dead = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, pass: Pass, events: WorkerEvents, onEnd: () => void) {
    this.name = name;
    this.#pass = pass;
    this.#events = events;
    const { promise, resolve } = withResolvers();
    this.ended = promise;
    this.#onEnd = () => {
      onEnd();
      resolve();
    };
  }

  run(main: WorkerMain, options: WorkerOptions): void {
    const connection: Connection = {
      send: (message) => this.#fromWorker(this.#pass(message), options),
      listen: (listener) => {
        const early = this.#early ?? [];
        this.#early = undefined;
        this.#listener = listener;
        for (const message of early) this.#deliver(message);
      },
    };
    this.#toWorker.push(() => this.#guard(() => main(connection, options)));
  }

  send(message: ToWorker): void {
    const copy = this.#pass(message);
    this.#toWorker.push(() => this.#deliver(copy));
  }

  /** Nothing of it runs by itself but timers, and those are not held up here. */
  freeze(): void {}

  kill(kind: DeathKind | "closed"): void {
    this.#end(kind, `killed (${kind})`);
  }

  #fromWorker(message: FromWorker, { timeLimitMs }: WorkerOptions): void {
    if (this.#dead) return;
    // P2.
    if (message.kind === "ready" && timeLimitMs !== undefined)
      this.#timer = setTimeout(() => this.kill("time-limit"), timeLimitMs);
    this.#toServer.push(() => this.#events.received(message));
  }

  #deliver(message: ToWorker): void {
    if (this.#dead) return;
    if (this.#early !== undefined) this.#early.push(message);
    else this.#guard(() => this.#listener?.received(message));
  }

  /** What the worker throws ends the worker, as it would end a process. */
  #guard(act: () => void): void {
    if (this.#dead) return;
    try {
      act();
    } catch (error) {
      this.#end("exit", error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  #end(kind: DeathKind | "closed", detail: string): void {
    if (this.#dead) return;
    this.#dead = true;
    clearTimeout(this.#timer);
    this.#listener?.closed();
    this.#toServer.push(() => {
      this.#events.exited({ kind, detail });
      this.#onEnd();
    });
  }
}

/** Does what is pushed, in order, when the code that runs has ended. */
class Deliveries {
  #waiting: (() => void)[] = [];

  push(act: () => void): void {
    this.#waiting.push(act);
    if (this.#waiting.length === 1) queueMicrotask(this.#next);
  }

  readonly #next = (): void => {
    const acts = this.#waiting;
    this.#waiting = [];
    let done = 0;
    try {
      for (const act of acts) {
        done++;
        act();
      }
    } finally {
      // One that has failed does not hold up the others.
      if (done < acts.length) {
        const late = this.#waiting.length > 0;
        this.#waiting = [...acts.slice(done), ...this.#waiting];
        if (!late) queueMicrotask(this.#next);
      }
    }
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
