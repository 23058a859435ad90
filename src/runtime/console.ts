/**
 * `console` of compiled code: each call is a `log` effect, so that a line is printed once, with the commit that made it. The
 * text is made by the formatter that the host hands in, or by the plain one below.
 *
 * C1. It is the task's own, down to what the program puts in the place of its methods: saved with the task, seen by no other.
 */
import { limits } from "../base/limits.ts";
import type { TaskKernel } from "./kernel.ts";

/** For a snapshot: how it differs from a fresh one. */
export interface ConsoleState {
  readonly indent: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly times: ReadonlyMap<string, number>;
  /** Properties that the program has added or changed. */
  readonly own: object;
  readonly deleted: readonly PropertyKey[];
}

export function isConsoleState(value: unknown): value is ConsoleState {
  const { indent, counts, times, own, deleted } = (value ?? {}) as Partial<ConsoleState>;
  const areMaps = counts instanceof Map && times instanceof Map;
  return areMaps && typeof indent === "string" && typeof own === "object" && Array.isArray(deleted);
}

type Method = (...args: unknown[]) => void;

export class TaskConsole {
  readonly #kernel: TaskKernel;
  /** As the program finds them. */
  readonly methods: Readonly<Record<string, Method>>;
  /** What the program gets. */
  readonly object: object;
  #indent = "";
  readonly #counts = new Map<string, number>();
  readonly #times = new Map<string, number>();

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
    this.methods = { ...this.#printing(), ...this.#counting(), ...this.#timing() };
    this.object = { ...this.methods };
    Object.defineProperty(this.object, Symbol.toStringTag, { value: "console", configurable: true });
  }

  saved(): ConsoleState | undefined {
    const own: object = {};
    for (const key of Reflect.ownKeys(this.object)) {
      const property = Object.getOwnPropertyDescriptor(this.object, key)!;
      const isFresh = key === Symbol.toStringTag || (key in this.methods && isPlain(property));
      if (!isFresh || (typeof key === "string" && property.value !== this.methods[key]))
        Object.defineProperty(own, key, property);
    }
    const deleted = Object.keys(this.methods).filter((key) => !Object.hasOwn(this.object, key));
    const isFresh = Reflect.ownKeys(own).length + deleted.length + this.#counts.size + this.#times.size === 0;
    if (isFresh && this.#indent === "") return undefined;
    return { indent: this.#indent, counts: this.#counts, times: this.#times, own, deleted };
  }

  restore({ indent, counts, times, own, deleted }: ConsoleState): void {
    this.#indent = indent;
    for (const [label, count] of counts) this.#counts.set(label, count);
    for (const [label, since] of times) this.#times.set(label, since);
    Object.defineProperties(this.object, Object.getOwnPropertyDescriptors(own));
    for (const key of deleted) Reflect.deleteProperty(this.object, key);
  }

  #print(stream: "out" | "err", args: readonly unknown[]): void {
    const text = this.#kernel.format(args);
    const lines = this.#indent === "" ? text : this.#indent + text.replaceAll("\n", `\n${this.#indent}`);
    const said = cut(lines);
    const id = this.#kernel.effects.ask({ kind: "log", stream, text: said });
    this.#kernel.host.said?.(id, stream, said);
  }

  #printing(): Record<string, Method> {
    // Functions under their names, as people and spies look for them; without spreading, since a program may have replaced what lists are iterated by.
    const group = (args: unknown[]): void => {
      if (args.length > 0) this.#print("out", args);
      this.#indent += "  ";
    };
    return {
      log: (...args) => this.#print("out", args),
      info: (...args) => this.#print("out", args),
      debug: (...args) => this.#print("out", args),
      dir: (value) => this.#print("out", typeof value === "string" ? ["%O", value] : [value]),
      dirxml: (...args) => this.#print("out", args),
      table: (...args) => this.#print("out", args),
      error: (...args) => this.#print("err", args),
      warn: (...args) => this.#print("err", args),
      trace: (...args) => this.#print("err", ["Trace:"].concat(args as string[])),
      assert: (condition, ...args) => {
        if (condition) return;
        const isText = typeof args[0] === "string";
        const first = isText ? `Assertion failed: ${args[0]}` : "Assertion failed";
        this.#print("err", [first].concat((isText ? args.slice(1) : args) as string[]));
      },
      group: (...args) => group(args),
      groupCollapsed: (...args) => group(args),
      groupEnd: () => {
        this.#indent = this.#indent.slice(2);
      },
    };
  }

  #counting(): Record<string, Method> {
    return {
      count: (label = "default") => {
        const name = String(label);
        const count = (this.#counts.get(name) ?? 0) + 1;
        this.#counts.set(name, count);
        this.#print("out", [`${name}: ${count}`]);
      },
      countReset: (label = "default") => void this.#counts.delete(String(label)),
    };
  }

  /** By the clock of the task, so that what passes between processes counts. */
  #timing(): Record<string, Method> {
    const tell = (label: unknown, args: readonly unknown[]): void => {
      const since = this.#times.get(String(label));
      if (since === undefined) return;
      const ms = this.#kernel.clock.time - since;
      const passed = ms < 1000 ? `${Number(ms.toFixed(3))}ms` : `${(ms / 1000).toFixed(3)}s`;
      this.#print("out", ["%s: %s", String(label), passed].concat(args as string[]));
    };
    return {
      time: (label = "default") => {
        if (!this.#times.has(String(label))) this.#times.set(String(label), this.#kernel.clock.time);
      },
      timeLog: (label = "default", ...args) => tell(label, args),
      timeEnd: (label = "default") => {
        tell(label, []);
        this.#times.delete(String(label));
      },
    };
  }
}

function isPlain({ writable, enumerable, configurable }: PropertyDescriptor): boolean {
  return writable === true && enumerable === true && configurable === true;
}

function cut(text: string): string {
  const over = text.length - limits.logCharsMax;
  if (over <= 0) return text;
  return `${text.slice(0, limits.logCharsMax)}... (${over} more characters; a line has ${limits.logCharsMax} at most)`;
}

/** What `console.log` prints when the host hands in no formatter: short, one line, never throwing. */
export function formatPlainly(args: readonly unknown[]): string {
  return args.map((value) => (typeof value === "string" ? value : show(value, 0))).join(" ");
}

function show(value: unknown, depth: number): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "\\'")}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[Function: ${value.name || "(anonymous)"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (depth > 2) return Array.isArray(value) ? "[Array]" : "[Object]";
  const inner = (item: unknown): string => show(item, depth + 1);
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[ ${value.map(inner).join(", ")} ]`;
  if (value instanceof Map) {
    return `Map(${value.size}) { ${[...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`).join(", ")} }`;
  }
  if (value instanceof Set) return `Set(${value.size}) { ${[...value].map(inner).join(", ")} }`;
  const name = (value.constructor as { name?: string } | undefined)?.name ?? "[Object: null prototype]";
  const fields = Object.keys(value).map((key) => `${key}: ${inner((value as Record<string, unknown>)[key])}`);
  const body = fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  return name === "Object" ? body : `${name} ${body}`;
}
