// `globalThis`: the task's own globals through it, and what comes to be there in ways that the compiler does not see.
type Log = (...values: unknown[]) => void;

// A name that the compiler follows no further.
function rootOf(): Record<string, unknown> & { shelf?: Map<string, () => number> } {
  return globalThis as never;
}
const root = rootOf();
let made = 0;
// Singletons are kept there.
const shared = (root.shelf ??= new Map([["first", () => ++made]]));

async function timers(log: Log): Promise<void> {
  const order: unknown[] = [];
  const { setTimeout: later, Promise: Kind } = globalThis;
  log(later === setTimeout, Kind === Promise, globalThis.globalThis === globalThis, global === globalThis);
  await new globalThis.Promise<void>((resolve) => {
    const name = "queueMicrotask";
    globalThis[name](() => order.push("micro"));
    (globalThis as { setTimeout: typeof setTimeout })["setTimeout"](() => {
      order.push("first");
      resolve();
    }, 1);
    const cleared = globalThis.setTimeout(() => order.push("never"), 1);
    globalThis.clearTimeout(cleared);
  });
  log(order, globalThis.Promise.resolve(1) instanceof Promise, typeof globalThis.setInterval);
}

async function added(log: Log): Promise<void> {
  await null;
  log(shared.get("first")!(), made, root.shelf === shared, root.shelf?.size, "shelf" in globalThis);
  root["other"] = { deep: shared };
  await null;
  log((root["other"] as { deep: unknown }).deep === shared, Object.keys(globalThis).includes("other"));
  log(Object.getOwnPropertyDescriptor(globalThis, "other")?.writable, Object.hasOwn(globalThis, "shelf"));
  log(delete root["other"], "other" in globalThis, root["other"]);
  Object.defineProperty(root, "counted", { get: () => made * 10, configurable: true });
  await null;
  log(root["counted"], Reflect.ownKeys(globalThis).includes("counted"));
}

async function replaced(log: Log): Promise<void> {
  const original = setTimeout;
  const asked: unknown[] = [];
  root["setTimeout"] = (callback: () => void, ms: number) => {
    asked.push(ms);
    return original(callback, 1);
  };
  try {
    await new Promise<void>((resolve) => setTimeout(resolve, 5000));
    await null;
    await new Promise<void>((resolve) => globalThis.setTimeout(resolve, 6000));
  } finally {
    root["setTimeout"] = original;
  }
  log(asked, globalThis.setTimeout === original, setTimeout === original);
}

export default async function main(log: Log): Promise<void> {
  await timers(log);
  await added(log);
  await replaced(log);
  delete root.shelf;
  delete root["counted"];
  log(globalThis.Math.max(1, 2), typeof globalThis.process, globalThis.crypto === crypto, Reflect.get(globalThis, "Array") === Array);
}
