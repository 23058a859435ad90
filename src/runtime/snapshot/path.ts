/**
 * Where in a task an object was found, for people: `conn (Socket) in main at src/app.ts:12:9, held across the await at
 * src/app.ts:15:3`. Built only when something cannot be saved.
 */
import type { Site, SourcePosition } from "../../protocol/abi.ts";
import { Frame } from "../frame.ts";
import { FrameReaction } from "../jobs.ts";
import { DurablePromise } from "../promise.ts";
import { siteOf } from "../stamp.ts";
import { recordPrototype } from "./context.ts";

/** One step from a holder to what it holds. */
export interface Step {
  readonly holder: object;
  readonly key: unknown;
}

export function kindName(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "function" : `function ${value.name}`;
  if (typeof value !== "object" || value === null) return typeof value;
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (type !== Object && typeof type === "function" && type.name !== "") return type.name;
    const tag: unknown = Object.getOwnPropertyDescriptor(at, Symbol.toStringTag)?.value;
    if (typeof tag === "string") return tag;
  }
  return "Object";
}

/** `steps` go from the outermost holder to the object itself. */
export function describePath(
  steps: readonly Step[],
  value: unknown,
  moduleOf: (record: object) => string | undefined,
): string {
  // The variable is the step that leaves the innermost frame, environment or record; or it is part of a call in flight.
  let start = steps.length - 1;
  while (start > 0 && !isScope(steps[start]!) && !isOfCall(steps[start]!)) start--;
  const first = steps[start];
  if (first === undefined) return kindName(value);
  if (isOfCall(first)) return describeCall(first, steps.slice(start + 1), value);
  let path = "";
  for (let at = start; at < steps.length; at++) path += segment(steps[at]!.key, path === "");
  const place = describePlace(first, steps.slice(0, start), moduleOf);
  return `${path || "(value)"} (${kindName(value)})${place === "" ? "" : ` ${place}`}`;
}

function isScope({ holder, key }: Step): boolean {
  if (holder instanceof Frame) return typeof key === "string";
  return Object.getPrototypeOf(holder) === recordPrototype || (Object.hasOwn(holder, "$up") && key !== "$up");
}

/** Of a promise: a part of the foreign call that made it, and is made again after a thaw. */
function isOfCall({ holder, key }: Step): boolean {
  return DurablePromise.is(holder) && (key === "[call]" || key === "[this]" || key === "[arguments]");
}

/** `argument 1 (Socket) of the call of once, awaited in main at src/app.ts:12:9` */
function describeCall({ holder, key }: Step, [index, ...more]: readonly Step[], value: unknown): string {
  const { source, reactions } = DurablePromise.partsOf(holder as DurablePromise);
  const called = kindName(source?.callee).replace(/^function /, "");
  const isArgument = key === "[arguments]" && index !== undefined;
  const part = isArgument
    ? `argument ${Number(index.key) + 1}`
    : key === "[this]"
      ? "the receiver"
      : "the function";
  const path = (isArgument || index === undefined ? more : [index, ...more]).map((step) =>
    segment(step.key, false),
  );
  const waiting = reactions.find((each) => each instanceof FrameReaction)?.frame;
  const label = waiting?.site.labels?.[waiting.label];
  const place =
    waiting === undefined || !label
      ? ""
      : `, awaited in ${waiting.site.name} at ${position(waiting.site, label)},`;
  return `${part}${path.join("")} (${kindName(value)}) of the call of ${called}${place}`;
}

function segment(key: unknown, first: boolean): string {
  if (typeof key === "number") return `[${key}]`;
  if (typeof key === "symbol") return `[${String(key)}]`;
  const text = String(key);
  if (text.startsWith("[")) return text;
  return first ? text.replace(/^\$this$/, "this") : `.${text}`;
}

function describePlace(
  { holder }: Step,
  outer: readonly Step[],
  moduleOf: (record: object) => string | undefined,
): string {
  if (holder instanceof Frame) {
    const label = holder.site.labels?.[holder.label];
    const held = label ? `, held across the await at ${position(holder.site, label)}` : "";
    return `in ${holder.site.name} at ${position(holder.site, holder.site.position)}${held}`;
  }
  const module = moduleOf(holder);
  if (module !== undefined) return `in module ${module}`;
  for (let at = outer.length - 1; at >= 0; at--) {
    const by: object = outer[at]!.holder;
    if (by instanceof Frame) return describePlace({ holder: by, key: "" }, [], moduleOf);
    const site = typeof by === "function" ? siteOf(by) : undefined;
    if (site !== undefined) return `captured by ${site.name} at ${position(site, site.position)}`;
  }
  return "";
}

export function position(site: Site, at: SourcePosition): string {
  const hash = site.id.indexOf("#");
  return `${hash < 0 ? site.id : site.id.slice(0, hash)}:${at.line}:${at.column + 1}`;
}
