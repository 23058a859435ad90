/**
 * `process` of compiled code: the realm's, but for `nextTick`, whose callbacks are the task's and saved with it.
 *
 * I1. All but `nextTick` is the realm's, and a change of it changes the process.
 * I2. Callbacks run when the jobs that are queued have run; behind a timer or an immediate, before them, as in Node (loop.ts).
 */
export type NextTick = (callback: unknown, ...args: readonly unknown[]) => void;

/** What the realm calls `process`; undefined where there is none. */
const realm = (globalThis as { readonly process?: object }).process;
const name = "nextTick";

function refuse(): never {
  throw new TypeError(
    "process.nextTick belongs to the task, and cannot be replaced: give what is to be replaced a name of its own",
  );
}

export function processView(nextTick: NextTick): object | undefined {
  if (realm === undefined) return undefined;
  return new Proxy(realm, {
    get: (target, key) => (key === name ? nextTick : (Reflect.get(target, key) as unknown)),
    set: (target, key, value) => (key === name ? refuse() : Reflect.set(target, key, value)),
    getOwnPropertyDescriptor: (target, key) => {
      const found = Reflect.getOwnPropertyDescriptor(target, key);
      // The proxy's target holds it, too, and it may be changed there: so another value may be told.
      return key === name && found !== undefined ? { ...found, value: nextTick } : found;
    },
    defineProperty: (target, key, descriptor) =>
      key === name ? refuse() : Reflect.defineProperty(target, key, descriptor),
    deleteProperty: (target, key) => (key === name ? refuse() : Reflect.deleteProperty(target, key)),
  });
}

/** What `node:process` exports. */
export function processExports(view: object): object {
  return Object.create(view, { default: { value: view, enumerable: true } }) as object;
}
