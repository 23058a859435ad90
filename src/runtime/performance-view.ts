/**
 * `performance` of compiled code: the realm's, but for `now` and `timeOrigin`, which are the task's (clock.ts), and what `node:perf_hooks` exports.
 *
 * I1. All else is the realm's, and a change of it changes the process.
 * I2. What the program puts in the place of `now` is the task's: saved with it, seen by no other. What foreign code puts there is seen as well.
 * I3. Its marks and measures are the process's, as long as they are given no time.
 */
import type { TaskClock } from "./clock.ts";

interface Performance {
  now(): number;
  toJSON(): object;
}

/** What the realm calls `performance`; undefined where there is none. */
const realm = (globalThis as { readonly performance?: Performance }).performance;
const realNow = realm?.now;
const node = (globalThis as { readonly process?: { getBuiltinModule?(name: string): object | undefined } })
  .process;

/** `now`: what `performance.now` is to be. `own`: has what the program has put in its place. */
export function performanceView(clock: TaskClock, now: () => number, own: object): object | undefined {
  if (realm === undefined) return undefined;
  const toJSON = (): object => ({ ...realm.toJSON(), timeOrigin: clock.origin });
  return new Proxy(realm, {
    get: (target, key) => {
      switch (key) {
        case "now":
          if (Object.hasOwn(own, key)) return Reflect.get(own, key) as unknown;
          return target.now === realNow ? now : target.now;
        case "timeOrigin":
          return clock.origin;
        case "toJSON":
          return toJSON;
      }
      return Reflect.get(target, key) as unknown;
    },
    set: (target, key, value) => Reflect.set(key === "now" ? own : target, key, value),
    defineProperty: (target, key, descriptor) =>
      key === "now"
        ? Reflect.defineProperty(own, key, { ...descriptor, configurable: true })
        : Reflect.defineProperty(target, key, descriptor),
    deleteProperty: (target, key) => Reflect.deleteProperty(key === "now" ? own : target, key),
    getOwnPropertyDescriptor: (target, key) =>
      Reflect.getOwnPropertyDescriptor(key === "now" && Object.hasOwn(own, key) ? own : target, key),
  });
}

/** What `node:perf_hooks` exports. */
export function performanceExports(performance: object | undefined): object {
  const exports = node?.getBuiltinModule?.("node:perf_hooks") ?? {};
  const value = { value: performance, enumerable: true };
  const whole = Object.create(exports, { performance: value }) as object;
  return Object.create(exports, {
    performance: value,
    default: { value: whole, enumerable: true },
  }) as object;
}
