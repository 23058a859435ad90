/**
 * `share`: a value that never changes, stored once, and passed on by a handle.
 *
 * H1. What is shared is data, all of which can be kept from changing: primitives, plain objects, arrays, Maps, Sets, Dates, buffers and views of them, handles.
 *     Anything else is refused at the call, with the path to it.
 * H2. The name is the hash of the bytes: the same value shared twice is one.
 * H3. Under `run --plain` the value is copied and frozen likewise; what cannot be frozen is not watched there.
 */
import { createHash } from "node:crypto";
import { UserError } from "../base/errors.ts";
import type { SharedId } from "../base/ids.ts";
import { closure, currentKernel, registerClass, runtimeSite, saveableOf } from "../runtime/index.ts";
import { keepPlainly } from "./plain.ts";
import { inTask } from "./task.ts";

/** A handle of a value that was shared: can be kept, passed to other tasks, and saved, and weighs next to nothing. */
export class Shared<T = unknown> {
  readonly #id: SharedId;

  constructor(id: SharedId) {
    this.#id = id;
    keepPlainly(this);
  }

  static idOf(shared: Shared): SharedId {
    return shared.#id;
  }

  /**
   * The value, frozen: the same object each time. It is fetched and decoded by the first who asks on a worker. What a task holds of it across
   * its waits is saved as the place in the value.
   */
  get(): Promise<T> {
    return inTask(
      "Shared.get()",
      (kernel) => kernel.foreign.call(closure(getSite, { shared: this }) as () => Promise<unknown>),
      (host) => host.shared(this.#id),
    ) as Promise<T>;
  }
}

const getSite = runtimeSite(
  "shared.get",
  (env: { readonly shared: Shared }) => () => currentKernel()!.shared.load(Shared.idOf(env.shared)),
);

registerClass("continua.Shared", Shared, {
  save: (shared) => Shared.idOf(shared),
  load: (id) => new Shared(id),
  leadsTo: (shared) => Shared.idOf(shared),
});

/**
 * Stores a value that nobody will change, once for all tasks of the run, and answers a handle of it. The value is copied now; later changes of the
 * original are not seen. It is stored with the next commit, and goes when no task, item, argument or result leads to its handle any more.
 *
 *     const table = share(await loadTable());
 *     await mapTasks(chunks, work.bind(null, table));      // each: const rows = (await table.get()).rows
 *
 * @throws {UserError} for what could be changed out of sight: functions, instances of classes, promises; with the path to it.
 */
export function share<T>(value: T): Shared<T> {
  checkData(value);
  return inTask(
    "share()",
    (kernel) => {
      const bytes = kernel.codec.encode(kernel, value, "the value of share()");
      const id = createHash("sha256").update(bytes).digest("base64url") as SharedId;
      kernel.effects.ask({ kind: "share", shared: id, bytes });
      return new Shared<T>(id);
    },
    (host) => new Shared<T>(host.share(value) as SharedId),
  );
}

/** H1. @throws {UserError} */
function checkData(root: unknown): void {
  const open: { readonly value: unknown; readonly path: string }[] = [{ value: root, path: "" }];
  const seen = new Set<unknown>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (typeof value === "symbol" || typeof value === "function") throw refusal(value, path);
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [key, held] of dataIn(value, path)) open.push({ value: held, path: `${path}${key}` });
  }
}

function dataIn(value: object, path: string): (readonly [string, unknown])[] {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Map.prototype) {
    const entries = [...(value as Map<unknown, unknown>)];
    return entries.flatMap(([key, held]) => [
      ["[key]", key] as const,
      [typeof key === "object" ? "[value]" : `[${String(key)}]`, held] as const,
    ]);
  }
  if (prototype === Set.prototype) return [...(value as Set<unknown>)].map((held) => ["[element]", held]);
  if (prototype === Date.prototype) return [];
  if (prototype !== null && saveableOf(prototype) !== undefined) return [];
  if (ArrayBuffer.isView(value)) return [["[buffer]", value.buffer]];
  if (prototype === ArrayBuffer.prototype && (value as { resizable?: boolean }).resizable !== true) return [];
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null)
    throw refusal(value, path);
  const isList = Array.isArray(value);
  return Reflect.ownKeys(value).flatMap((key) => {
    if (isList && key === "length") return [];
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (typeof key === "symbol" || !property.enumerable || !("value" in property)) throw refusal(value, path);
    return [[isList ? `[${key}]` : `.${key}`, property.value as unknown] as const];
  });
}

function refusal(value: unknown, path: string): UserError {
  const kind =
    typeof value === "object" && value !== null
      ? ((Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ??
        "object")
      : typeof value;
  return new UserError(
    `share(value): value${path} (${kind}) could be changed out of sight, and what is shared never changes; share data: plain objects, arrays, Maps, Sets, Dates, buffers, primitives and handles`,
  );
}
