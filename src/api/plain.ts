/**
 * The words without tasks: `run --plain` executes the same source with native promises, as the reference. Values are
 * copied where a task would copy them, so that a program which relies on sharing shows it here as well.
 *
 * Without more said all of it is in one process. With `--workers N` a function that is called runs in one of N other ordinary processes, and what tasks
 * meet at is in this one; how messages go to and fro is not this room's business.
 */
import type { Gate } from "../protocol/effect.ts";
import { copy, fromBytes, frozen, keepHandle, toBytes } from "./plain-copy.ts";
import { PlainGates } from "./plain-gates.ts";
import { PlainTask, type PlainWait, promised, startPlainly } from "./plain-tasks.ts";

export { declareModule, fromBytes, frozen, savePlainly, toBytes } from "./plain-copy.ts";
export { copying } from "./plain-instances.ts";
export { namedPlainly, PlainTask, type PlainWait, promised, startPlainly } from "./plain-tasks.ts";

// biome-ignore lint/suspicious/noExplicitAny: any function of the program
type AnyFunction = (...args: any[]) => unknown;

export interface StartOptions {
  readonly id?: string;
  readonly timeLimitMs?: number;
}

/** What is asked of a gate and answered at once or later. Items are as `pack` has made them. */
export type GateWait =
  | { readonly kind: "enqueue"; readonly items: readonly unknown[] }
  | { readonly kind: "dequeue"; readonly size?: number }
  | { readonly kind: "acquire" | "arrive" };
export type GateOrder = { readonly kind: "close" } | { readonly kind: "release"; readonly token: number };

export interface PlainHost {
  /** Runs the function on copies of its arguments, which are made now; the wait is for a copy of its result. */
  run(fn: AnyFunction, args: readonly unknown[]): PlainWait<unknown>;
  /** The same, for a handle: answers the id of the task. */
  spawn(fn: AnyFunction, args: readonly unknown[], options: StartOptions): string;
  join(task: string): PlainWait<unknown>;
  cancel(task: string, graceMs: number): void;
  at(gate: Gate, what: GateWait): PlainWait<unknown>;
  order(gate: Gate, what: GateOrder): void;
  /** A name that no gate has yet. */
  newGate(): string;
  /** Of an item on its way into a queue, and out of it. */
  pack(item: unknown): unknown;
  unpack(item: unknown): unknown;
  /** Keeps a frozen copy of the value; answers its name. */
  share(value: unknown): string;
  shared(name: string): Promise<unknown>;
  /** Waits in the name of the task whose code is running. */
  wait<T>(wait: PlainWait<T>, signal?: AbortSignal): Promise<T>;
  current(): PlainTask;
}

export function keepPlainly(handle: object): void {
  if (installed !== undefined) keepHandle(handle);
}

/** What is done when the program's main function has ended. */
const ends: (() => void)[] = [];

export function atPlainEnd(end: () => void): void {
  ends.push(end);
}

export function endPlainly(): void {
  for (const end of ends.splice(0)) end();
}

let installed: PlainHost | undefined;

/** The reference in place of tasks, if it has been asked for. */
export function plainHost(): PlainHost | undefined {
  return installed;
}

/** From here on the words run plainly in this process, or as the host has it. */
export function installPlainHost(host: PlainHost = new LocalHost()): void {
  installed = host;
}

/** Where and how a function is run for a task: answers with its result as `pack` makes it. */
export type Execute = (fn: AnyFunction, args: readonly unknown[]) => (task: PlainTask) => unknown;

/** All that tasks meet at, and who they are; where their functions run is `execute`'s to say. */
export class LocalHost implements PlainHost {
  readonly #gates = new PlainGates();
  readonly #spawned = new Map<string, PlainTask>();
  readonly #shared = new Map<string, unknown>();
  readonly #execute: Execute;
  readonly #elsewhere: boolean;
  #made = 0;

  /** `execute`: in other processes, so that what goes to and fro goes as bytes. */
  constructor(execute?: Execute) {
    this.#elsewhere = execute !== undefined;
    this.#execute =
      execute ??
      ((fn, args) => {
        const copies = args.map((arg) => copy(arg));
        return async () => copy(await fn(...copies));
      });
  }

  run(fn: AnyFunction, args: readonly unknown[]): PlainWait<unknown> {
    return this.unpacked(this.runPacked(this.#execute(fn, args)));
  }

  runPacked(run: (task: PlainTask) => unknown): PlainWait<unknown> {
    return promised(startPlainly(run).result);
  }

  spawn(fn: AnyFunction, args: readonly unknown[], options: StartOptions): string {
    return this.keep(startPlainly(this.#execute(fn, args), options));
  }

  /** For those who have its id. */
  keep(task: PlainTask): string {
    this.#spawned.set(task.id, task);
    return task.id;
  }

  join(task: string): PlainWait<unknown> {
    return this.unpacked(this.joinPacked(task));
  }

  joinPacked(task: string): PlainWait<unknown> {
    return promised(this.#spawned.get(task)!.result);
  }

  cancel(task: string, graceMs: number): void {
    this.#spawned.get(task)!.cancel(graceMs);
  }

  at(gate: Gate, what: GateWait): PlainWait<unknown> {
    return this.#gates.at(gate, what);
  }

  order(gate: Gate, what: GateOrder): void {
    this.#gates.order(gate, what);
  }

  newGate(): string {
    return `plain/${++this.#made}`;
  }

  share(value: unknown): string {
    return this.keepShared(`plain/${++this.#made}`, copy(value));
  }

  keepShared(name: string, value: unknown): string {
    this.#shared.set(name, frozen(value));
    return name;
  }

  async shared(name: string): Promise<unknown> {
    return this.#shared.get(name);
  }

  pack(item: unknown): unknown {
    return this.#elsewhere ? toBytes(item) : copy(item);
  }

  unpack(item: unknown): unknown {
    return this.#elsewhere ? fromBytes(item as Uint8Array) : item;
  }

  private unpacked(wait: PlainWait<unknown>): PlainWait<unknown> {
    return this.#elsewhere ? mapWait(wait, fromBytes as (value: unknown) => unknown) : wait;
  }

  wait<T>(wait: PlainWait<T>, signal?: AbortSignal): Promise<T> {
    return PlainTask.current().wait(wait, signal);
  }

  current(): PlainTask {
    return PlainTask.current();
  }
}

export function mapWait<T, R>(wait: PlainWait<T>, map: (value: T) => R): PlainWait<R> {
  return ({ resolve, reject }) => wait({ resolve: (value) => resolve(map(value)), reject });
}
