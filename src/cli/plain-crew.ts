/**
 * `run --plain --workers N`: calls run in N ordinary worker processes, the main function and all that tasks meet at in this one. No checkpoint, no
 * store, nothing that survives a death: it is what a durable run is measured against.
 *
 * C1. A worker is given a task while it has fewer than `limits.tasksAtOnce` that do not wait here (for a result, a queue, a lock): so those that compute are spread evenly,
 *     and those that wait for each other cannot fill all places.
 * C2. A task of a worker is known here as well, by a `PlainTask` of the same id: it is what cancels, ends and is waited for.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { fromBytes, LocalHost, PlainTask, promised, startPlainly, toBytes } from "../api/plain.ts";
import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { FromPlainWorker, PlainAsk, PlainWorkerArguments, ToPlainWorker } from "./plain-wire.ts";

interface Order {
  readonly task: PlainTask;
  readonly code: Uint8Array;
  resolve(value: Uint8Array): void;
  reject(error: unknown): void;
}

class PlainWorker {
  readonly child: ChildProcess;
  readonly orders = new Map<string, Order>();
  /** Waits of its tasks that are not over, by their numbers. */
  readonly waits = new Map<number, { readonly task: string; stop(): void }>();
  readonly #waiting = new Map<string, number>();
  /** Their waits end without being answered, also one of which this process hears only after it has said so. */
  readonly #cancelled = new Set<string>();

  constructor(child: ChildProcess) {
    this.child = child;
  }

  send(message: ToPlainWorker): void {
    this.child.send(message);
  }

  /** Tasks that do not wait here. */
  get busy(): number {
    return this.orders.size - this.#waiting.size;
  }

  cancel(task: string, graceMs: number): void {
    this.#cancelled.add(task);
    this.send({ kind: "cancel", task, graceMs });
    for (const [number, wait] of this.waits) {
      if (wait.task !== task) continue;
      wait.stop();
      this.end(number);
    }
  }

  /** What it has left behind, unawaited, is nobody's wait. */
  ended(task: string): Order | undefined {
    const order = this.orders.get(task);
    this.orders.delete(task);
    this.#waiting.delete(task);
    this.#cancelled.delete(task);
    return order;
  }

  begin(task: string, number: number, stop: () => void): void {
    this.waits.set(number, { task, stop });
    if (this.orders.has(task) && !this.#cancelled.has(task))
      this.#waiting.set(task, (this.#waiting.get(task) ?? 0) + 1);
  }

  end(number: number): boolean {
    const wait = this.waits.get(number);
    if (wait === undefined) return false;
    this.waits.delete(number);
    const left = (this.#waiting.get(wait.task) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(wait.task);
    else this.#waiting.set(wait.task, left);
    return true;
  }
}

export class PlainCrew {
  readonly host: LocalHost;
  readonly #workers: PlainWorker[];
  readonly #queue: Order[] = [];
  #idle: (() => void)[] = [];
  #closed = false;

  /** `program`: URL of the module that they load, too. */
  constructor(program: string, workers: number) {
    this.host = new LocalHost((fn, args) => this.#execute(toBytes([fn, args])));
    this.#workers = Array.from({ length: workers }, (_, index) => this.#start({ program, index }));
  }

  /** Resolves when nothing runs any more; then the workers end. */
  async close(): Promise<void> {
    while (this.#queue.length > 0 || this.#workers.some(({ orders }) => orders.size > 0))
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    const ended = this.#workers.map(({ child }) => once(child, "exit"));
    this.kill();
    await Promise.all(ended);
  }

  kill(): void {
    this.#closed = true;
    for (const { child } of this.#workers) {
      child.ref();
      child.kill("SIGKILL");
    }
  }

  #start(given: PlainWorkerArguments): PlainWorker {
    const entry = fileURLToPath(new URL("./plain-worker-main.js", import.meta.url));
    const worker = new PlainWorker(
      fork(entry, [JSON.stringify(given)], { serialization: "advanced", stdio: ["ignore", 2, 2, "ipc"] }),
    );
    worker.child.on("message", (message) => this.#received(worker, message as FromPlainWorker));
    worker.child.on("exit", (code, signal) => {
      if (this.#closed) return;
      const error = new UserError(
        `a worker process of --plain --workers ended (${signal ?? `exit code ${code}`})`,
      );
      for (const order of worker.orders.values()) order.reject(error);
      worker.orders.clear();
      this.#workers.splice(this.#workers.indexOf(worker), 1);
      if (this.#workers.length === 0) for (const order of this.#queue.splice(0)) order.reject(error);
      this.#told();
    });
    return worker;
  }

  #execute(code: Uint8Array): (task: PlainTask) => Promise<Uint8Array> {
    return (task) =>
      new Promise((resolve, reject) => {
        const order: Order = { task, code, resolve, reject };
        const { signal } = task.controller;
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", () => this.#cancel(order));
        this.#queue.push(order);
        this.#serve();
      });
  }

  #serve(): void {
    while (this.#queue.length > 0 && this.#workers.length > 0) {
      const worker = this.#workers.reduce((least, other) => (other.busy < least.busy ? other : least));
      if (worker.busy >= limits.tasksAtOnce) break;
      const order = this.#queue.shift()!;
      worker.orders.set(order.task.id, order);
      worker.send({ kind: "begin", task: order.task.id, code: order.code });
    }
    this.#keepAlive();
  }

  #cancel(order: Order): void {
    const at = this.#queue.indexOf(order);
    if (at >= 0) {
      this.#queue.splice(at, 1);
      order.reject(order.task.controller.signal.reason);
      this.#told();
    }
    const worker = this.#workers.find(({ orders }) => orders.get(order.task.id) === order);
    worker?.cancel(order.task.id, limits.cancelGraceMs);
    this.#keepAlive();
  }

  #received(worker: PlainWorker, message: FromPlainWorker): void {
    switch (message.kind) {
      case "ask":
        return this.#ask(worker, message.number, message.task, message.ask);
      case "withdraw":
        worker.waits.get(message.number)?.stop();
        worker.end(message.number);
        return;
      case "spawn": {
        const { own, options, code, task } = message;
        this.#as(worker, task, () => this.host.keep(startPlainly(this.#execute(code), { ...options, own })));
        return;
      }
      case "cancel":
        return this.host.cancel(message.task, message.graceMs);
      case "share":
        this.host.keepShared(message.name, fromBytes(message.value));
        return;
      case "order":
        return this.host.order(message.gate, message.what);
      case "ended": {
        const order = worker.ended(message.task);
        if (message.failed) order?.reject(fromBytes(message.value));
        else order?.resolve(message.value);
        this.#told();
        return;
      }
    }
  }

  #ask(worker: PlainWorker, number: number, task: string, ask: PlainAsk): void {
    const answer = (failed: boolean, value: unknown): void => {
      if (!worker.end(number)) return;
      worker.send({ kind: "answer", number, failed, value });
      this.#keepAlive();
    };
    let stop = (): void => {};
    worker.begin(task, number, () => stop());
    this.#as(worker, task, () => {
      stop = this.#wait(ask)({
        resolve: (value) => answer(false, value),
        reject: (error) => answer(true, toBytes(error)),
      });
    });
    this.#serve();
  }

  #wait(ask: PlainAsk) {
    switch (ask.kind) {
      case "run":
        return this.host.runPacked(this.#execute(ask.code));
      case "join":
        return this.host.joinPacked(ask.id);
      case "shared":
        return promised(this.host.shared(ask.name).then(toBytes));
      case "at":
        return this.host.at(ask.gate, ask.what);
    }
  }

  /** In the name of the task that asks: what it starts is below it. */
  #as(worker: PlainWorker, task: string, act: () => void): void {
    const order = worker.orders.get(task);
    if (order === undefined) act();
    else PlainTask.within(order.task, act);
  }

  /** Where all wait for each other, nothing keeps the process alive: it ends as one without workers does. */
  #keepAlive(): void {
    const alive = this.#queue.length > 0 || this.#workers.some(({ busy }) => busy > 0);
    for (const { child } of this.#workers) {
      if (alive) child.ref();
      else child.unref();
      if (alive) child.channel?.ref();
      else child.channel?.unref();
    }
  }

  #told(): void {
    this.#serve();
    for (const tell of this.#idle.splice(0)) tell();
  }
}
