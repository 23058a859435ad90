/**
 * `console` of compiled code: each call is a `log` effect, so that a line is printed once, with the commit that made it. The
 * text is made by the formatter that the host hands in, or by the plain one below.
 */
import { limits } from "../base/limits.ts";
import type { TaskKernel } from "./kernel.ts";

export function createConsole(kernel: TaskKernel): object {
  let indent = "";
  const counts = new Map<string, number>();
  const print = (stream: "out" | "err", args: readonly unknown[]): void => {
    const text = kernel.format(args);
    const lines = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
    const said = cut(lines);
    const id = kernel.effects.ask({ kind: "log", stream, text: said });
    kernel.host.said?.(id, stream, said);
  };
  const out = (...args: unknown[]): void => print("out", args);
  const err = (...args: unknown[]): void => print("err", args);
  const group = (...args: unknown[]): void => {
    if (args.length > 0) out(...args);
    indent += "  ";
  };
  return Object.freeze({
    log: out,
    info: out,
    debug: out,
    dir: (value: unknown): void => out(value),
    table: out,
    error: err,
    warn: err,
    trace: (...args: unknown[]): void => err("Trace:", ...args),
    assert: (condition?: unknown, ...args: unknown[]): void => {
      if (!condition) err("Assertion failed", ...args);
    },
    group,
    groupCollapsed: group,
    groupEnd: (): void => {
      indent = indent.slice(2);
    },
    count: (label: unknown = "default"): void => {
      const name = String(label);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      out(`${name}: ${count}`);
    },
    countReset: (label: unknown = "default"): void => {
      counts.delete(String(label));
    },
  });
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
