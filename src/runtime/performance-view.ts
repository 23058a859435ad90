/**
 * `performance` of compiled code: the realm's, but for `now` and `timeOrigin`, which are the task's (clock.ts), and what `node:perf_hooks` exports.
 *
 * I1. All else is the realm's, and a change of it changes the process: so what a program puts in the place of `now` is what it gets.
 * I2. Its marks and measures are the process's, as long as they are given no time.
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

/** `now`: what `performance.now` is to be. */
export function performanceView(clock: TaskClock, now: () => number): object | undefined {
  if (realm === undefined) return undefined;
  const toJSON = (): object => ({ ...realm.toJSON(), timeOrigin: clock.origin });
  return new Proxy(realm, {
    get: (target, key) => {
      switch (key) {
        case "now":
          return target.now === realNow ? now : target.now;
        case "timeOrigin":
          return clock.origin;
        case "toJSON":
          return toJSON;
      }
      return Reflect.get(target, key) as unknown;
    },
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
