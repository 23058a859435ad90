/** Whether two graphs are the same but for the identity of their parts: kind by kind, property by property, and shared alike. */

/** Where two graphs differ; `undefined` if nowhere. */
export function difference(one: unknown, other: unknown): string | undefined {
  const pairs = new Map<unknown, unknown>();
  const taken = new Set<unknown>();
  const queue: [unknown, unknown, string][] = [[one, other, "root"]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [a, b, path] = next;
    if (typeof a !== typeof b) return `${path}: ${typeof a} and ${typeof b}`;
    if (typeof a === "symbol") {
      if (String(a) !== String(b)) return `${path}: ${String(a)} and ${String(b)}`;
    } else if (!isObject(a)) {
      if (!Object.is(a, b)) return `${path}: ${String(a)} and ${String(b)}`;
      continue;
    }
    if (pairs.has(a)) {
      if (pairs.get(a) !== b) return `${path}: shared otherwise`;
      continue;
    }
    if (taken.has(b)) return `${path}: shared otherwise`;
    pairs.set(a, b);
    taken.add(b);
    if (!isObject(a) || a === b) continue;
    const found = compare(a, b as object, (part, same, step) => queue.push([part, same, `${path}${step}`]));
    if (found !== undefined) return `${path}: ${found}`;
  }
  return undefined;
}

/** Tells what is private. */
interface Peek {
  peek(): unknown;
}

type Visit = (one: unknown, other: unknown, step: string) => void;

function compare(a: object, b: object, visit: Visit): string | undefined {
  if (tag(a) !== tag(b)) return `${tag(a)} and ${tag(b)}`;
  if (Object.isExtensible(a) !== Object.isExtensible(b)) return "extensible or not";
  if (a instanceof Date && a.getTime() !== (b as Date).getTime()) return "dates";
  if (a instanceof RegExp && String(a) !== String(b)) return "expressions";
  if (a instanceof ArrayBuffer)
    return Buffer.compare(Buffer.from(a), Buffer.from(b as ArrayBuffer)) === 0 ? undefined : "bytes";
  if (ArrayBuffer.isView(a)) {
    visit(a.buffer, (b as DataView).buffer, ".buffer");
    return a.byteOffset === (b as DataView).byteOffset && a.byteLength === (b as DataView).byteLength
      ? undefined
      : "places in a buffer";
  }
  if (a instanceof URL) visit(a.searchParams, (b as URL).searchParams, ".searchParams");
  if (a instanceof URL && a.href !== (b as URL).href) return "URLs";
  if (a instanceof URLSearchParams && String(a) !== String(b)) return "parameters";
  if (a instanceof Headers && JSON.stringify([...a]) !== JSON.stringify([...(b as Headers)]))
    return "headers";
  if (a instanceof Response) {
    visit(a.headers, (b as Response).headers, ".headers");
    if (a.status !== (b as Response).status) return "states of responses";
  }
  if (a instanceof Intl.NumberFormat && a.format(1 / 3) !== (b as Intl.NumberFormat).format(1 / 3))
    return "formats";
  if (a instanceof WeakRef) visit(a.deref(), (b as WeakRef<object>).deref(), ".deref()");
  if (a instanceof Map || a instanceof Set) {
    const [entries, others] = [[...a], [...(b as Set<unknown>)]];
    if (entries.length !== others.length) return "sizes";
    entries.forEach((entry, index) => {
      if (a instanceof Set) visit(entry, others[index], `{${index}}`);
      else
        for (const at of [0, 1])
          visit((entry as unknown[])[at], (others[index] as unknown[])[at], `{${index}}[${at}]`);
    });
  }
  if (typeof (a as { peek?: unknown }).peek === "function")
    visit((a as Peek).peek(), (b as Peek).peek(), ".#");
  if (typeof a === "function")
    return a.name === (b as { name?: string }).name && a.length === (b as unknown[]).length
      ? undefined
      : "functions";
  visit(Object.getPrototypeOf(a), Object.getPrototypeOf(b), ".[prototype]");
  return compareProperties(a, b, visit);
}

function compareProperties(a: object, b: object, visit: Visit): string | undefined {
  const [keys, others] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
  if (keys.map(String).join() !== others.map(String).join())
    return `keys ${keys.map(String)} and ${others.map(String)}`;
  for (const [index, key] of keys.entries()) {
    const one = Object.getOwnPropertyDescriptor(a, key)!;
    const other = Object.getOwnPropertyDescriptor(b, others[index]!)!;
    // From Node 24 on the engine keeps the stack behind an accessor until it is asked for; what has been thawed is text.
    if (key === "stack" && one.get !== undefined && a instanceof Error) {
      visit((a as Error).stack, (b as Error).stack, ".stack");
      continue;
    }
    for (const flag of ["writable", "enumerable", "configurable"] as const)
      if (one[flag] !== other[flag]) return `${String(key)}: ${flag}`;
    visit(key, others[index], `.[key ${String(key)}]`);
    visit(one.value, other.value, `.${String(key)}`);
    visit(one.get, other.get, `.get ${String(key)}`);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function tag(value: object): string {
  return Object.prototype.toString.call(value);
}
