/**
 * The public functions of async functions that a module makes once: each starts its site's body as a fiber and answers a promise. What
 * tells one from another is its name and how many parameters it has, so that the compiler leaves them to the runtime.
 *
 * P1. They are like the engine's own: no constructors, with their name and length, and with the prototype of async functions.
 */
import type { Environment, ModuleRecord, Site } from "../protocol/abi.ts";
import type { Starter } from "../protocol/tables.ts";
import type { AnyFunction } from "./stamp.ts";

const asyncPrototype = Object.getPrototypeOf(async () => {}) as object;

// biome-ignore lint/suspicious/noExplicitAny: what a program passes has no type here
type Any = any;
type Make = (name: string, env: ModuleRecord, site: Site) => Record<string, AnyFunction>;

/** By the number of parameters. */
const fixed: readonly Make[] = [
  (name, env, site) => ({
    [name]() {
      return env.$k.start(site, env, this, []);
    },
  }),
  (name, env, site) => ({
    [name](a: Any) {
      return env.$k.start(site, env, this, [a]);
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any) {
      return env.$k.start(site, env, this, [a, b]);
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any, c: Any) {
      return env.$k.start(site, env, this, [a, b, c]);
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any, c: Any, d: Any) {
      return env.$k.start(site, env, this, [a, b, c, d]);
    },
  }),
];

// Put together without spreading, since a program may have replaced what lists are iterated by.
const withRest: readonly Make[] = [
  (name, env, site) => ({
    [name](...rest: Any[]) {
      return env.$k.start(site, env, this, rest);
    },
  }),
  (name, env, site) => ({
    [name](a: Any, ...rest: Any[]) {
      return env.$k.start(site, env, this, [a].concat(rest));
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any, ...rest: Any[]) {
      return env.$k.start(site, env, this, [a, b].concat(rest));
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any, c: Any, ...rest: Any[]) {
      return env.$k.start(site, env, this, [a, b, c].concat(rest));
    },
  }),
  (name, env, site) => ({
    [name](a: Any, b: Any, c: Any, d: Any, ...rest: Any[]) {
      return env.$k.start(site, env, this, [a, b, c, d].concat(rest));
    },
  }),
];

/** A factory over the record of a module. */
export function starter({ parameters, rest }: Starter, name: string): Site["make"] {
  const make = (rest ? withRest : fixed)[parameters]!;
  return (env: Environment, site: Site) =>
    Object.setPrototypeOf(make(name, env as ModuleRecord, site)[name], asyncPrototype) as AnyFunction;
}
