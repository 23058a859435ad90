/**
 * The words without tasks: `run --plain` executes the same source in one ordinary process, as the reference. Values are
 * copied where a task would copy them, so that a program which relies on sharing shows it here as well.
 */

import type { Gate } from "../protocol/effect.ts";

export interface PlainHost {
  /** Runs the function on copies of its arguments and answers a copy of its result. */
  call(fn: (...args: never[]) => unknown, args: readonly unknown[]): Promise<unknown>;
  sleep(ms: number): Promise<void>;
  /** What tasks meet at under this id; one without a name is always new. */
  gate<T>(gate: Gate, make: () => T): T;
}

/** Handles: the same for everybody, as a task's copy of one is. */
const kept = new WeakSet<object>();

export function keepPlainly(handle: object): void {
  if (installed !== undefined) kept.add(handle);
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
    async call(fn, args) {
      const copies = args.map((arg) => copy(arg));
      await undefined; // a task begins after the code that asked for it
      return copy(await fn(...(copies as never[])));
    },
    gate(gate, make) {
      if (gate.id === "plain") return make();
      const known = gates.get(gate.id) ?? make();
      gates.set(gate.id, known);
      return known as ReturnType<typeof make>;
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
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
  if (value instanceof Promise || value instanceof Error) return value;
  const twin = remember(Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>);
  for (const [key, item] of Object.entries(value)) twin[key] = copy(item, copies);
  return twin;
}
