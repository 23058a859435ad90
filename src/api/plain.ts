/**
 * The words without tasks: `run --plain` executes the same source in one ordinary process, as the reference. Values are
 * copied where a task would copy them, so that a program which relies on sharing shows it here as well.
 */

import type { Gate } from "../protocol/effect.ts";
import { type Registration, TaskClasses } from "../runtime/index.ts";
import { PlainTask, type PlainWait, startPlainly } from "./plain-tasks.ts";

export interface PlainHost {
  /** Starts the function on copies of its arguments; its result is copied, too. */
  start(
    fn: (...args: never[]) => unknown,
    args: readonly unknown[],
    options?: { readonly id?: string; readonly timeLimitMs?: number },
  ): PlainTask;
  /** Waits in the name of the task whose code is running. */
  wait<T>(wait: PlainWait<T>, signal?: AbortSignal): Promise<T>;
  current(): PlainTask;
  /** What tasks meet at under this id; one without a name is always new. */
  gate<T>(gate: Gate, make: () => T): T;
}

/** Handles: the same for everybody, as a task's copy of one is. */
const kept = new WeakSet<object>();

export function keepPlainly(handle: object): void {
  if (installed !== undefined) kept.add(handle);
}

/** What `saveable()` was told. */
const classes = new TaskClasses();

export function savePlainly(registration: Registration): boolean {
  return classes.register(registration);
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

/** From here on the words run plainly in this process. */
export function installPlainHost(): void {
  const gates = new Map<string, unknown>();
  installed = {
    start(fn, args, options) {
      const copies = args.map((arg) => copy(arg));
      return startPlainly(async () => copy(await fn(...(copies as never[]))), options);
    },
    wait: (wait, signal) => PlainTask.current().wait(wait, signal),
    current: () => PlainTask.current(),
    gate(gate, make) {
      if (gate.id === "plain") return make();
      const known = gates.get(gate.id) ?? make();
      gates.set(gate.id, known);
      return known as ReturnType<typeof make>;
    },
  };
}

/** Copies data with identity and cycles, classes kept; functions, handles and what is opaque are passed on as they are. */
export function copyPlainly(value: unknown): unknown {
  return copy(value);
}

function copy(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== "object" || value === null || kept.has(value)) return value;
  if (copies.has(value)) return copies.get(value);
  const remember = <T extends object>(twin: T): T => {
    copies.set(value, twin);
    return twin;
  };
  const registration = classes.of(Object.getPrototypeOf(value) as object);
  if (registration !== undefined) return remember(registration.load(copy(registration.save(value))));
  if (Array.isArray(value)) {
    const twin = remember([] as unknown[]);
    for (const item of value) twin.push(copy(item, copies));
    return twin;
  }
  if (value instanceof Map) {
    const twin = remember(new Map());
    for (const [key, item] of value) twin.set(copy(key, copies), copy(item, copies));
    return twin;
  }
  if (value instanceof Set) {
    const twin = remember(new Set());
    for (const item of value) twin.add(copy(item, copies));
    return twin;
  }
  if (
    value instanceof Date ||
    value instanceof RegExp ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer
  ) {
    return remember(structuredClone(value));
  }
  if (value instanceof Promise || value instanceof Error || value instanceof EventTarget) return value;
  const twin = remember(Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>);
  for (const [key, item] of Object.entries(value)) twin[key] = copy(item, copies);
  return twin;
}
