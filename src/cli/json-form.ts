/**
 * The JSON form of a result, as `run` prints it: keys in order, so that equal results are equal texts.
 *
 *   Map with string keys → object; any other Map → list of [key, value]      Set → list
 *   Date → ISO 8601 text      BigInt → decimal text      typed array, ArrayBuffer → list of numbers
 *   Error → { name, message } and its own fields      an object with `toJSON` → what that returns
 *   class instance → its own enumerable fields      `undefined` → left out in objects, null elsewhere
 *
 * A value that would be lost or changed (function, symbol, NaN, Infinity, a cycle) has no JSON form.
 */
import { UserError } from "../base/errors.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Enough for any sane result, and far from the native stack's end. */
const depthMax = 500;

/** @throws {UserError} (exit code 1) naming the path of what has no JSON form. */
export function toJsonForm(value: unknown): Json {
  return convert(value, "result", []);
}

/** Text of {@link toJsonForm}, indented by two. */
export function printJson(value: unknown): string {
  return JSON.stringify(toJsonForm(value), undefined, 2);
}

function convert(value: unknown, path: string, parents: readonly object[]): Json {
  switch (typeof value) {
    case "undefined":
      return null;
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : refuse(path, `the number ${value}`, "null or a string");
    case "bigint":
      return value.toString();
    case "function":
      return refuse(path, `the function ${value.name || "(anonymous)"}`, "data");
    case "symbol":
      return refuse(path, String(value), "a string");
    case "object":
      if (value === null) return null;
      if (parents.includes(value))
        return refuse(path, "a reference back to an object that contains it", "a tree");
      if (parents.length > depthMax)
        return refuse(path, `an object nested more than ${depthMax} deep`, "a flatter value");
      return convertObject(value, path, [...parents, value]);
  }
}

function convertObject(value: object, path: string, parents: readonly object[]): Json {
  const list = (items: Iterable<unknown>): Json[] =>
    [...items].map((item, index) => convert(item, `${path}[${index}]`, parents));
  if (Array.isArray(value)) return list(value);
  if (value instanceof Map) {
    const keys = [...value.keys()];
    return keys.every((key) => typeof key === "string")
      ? fields([...value] as [string, unknown][], path, parents)
      : list(value);
  }
  if (value instanceof Set) return list(value);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime())
      ? refuse(path, "an invalid Date", "null or a string")
      : value.toISOString();
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return list(value as unknown as Iterable<number | bigint>);
  if (value instanceof ArrayBuffer) return list(new Uint8Array(value));
  if (value instanceof Error)
    return fields(
      [...Object.entries(value), ["name", value.name], ["message", value.message]],
      path,
      parents,
    );
  if ("toJSON" in value && typeof value.toJSON === "function") return convert(value.toJSON(), path, parents);
  if (value instanceof Promise) return refuse(path, "a promise", "its value: await it before it is returned");
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return convert(value.valueOf(), path, parents);
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    return refuse(path, `a ${value.constructor.name}`, "data");
  }
  return fields(Object.entries(value), path, parents);
}

function fields(
  entries: readonly (readonly [string, unknown])[],
  path: string,
  parents: readonly object[],
): Json {
  // A null prototype, so that a key `__proto__` is a key.
  const object: { [key: string]: Json } = Object.create(null);
  for (const [key, value] of [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    if (value !== undefined) object[key] = convert(value, `${path}.${key}`, parents);
  }
  return object;
}

function refuse(path: string, what: string, instead: string): never {
  throw new UserError(`the result has no JSON form: ${path} is ${what}; return ${instead} there`, {
    exitCode: 1,
  });
}
