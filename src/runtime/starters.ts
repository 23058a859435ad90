/**
 * The public functions of async functions that a module makes once: each starts its site's body as a fiber and answers a promise. What
 * tells one from another is its name and how many parameters it has, so that the compiler leaves them to the runtime.
 *
 * P1. They are like the engine's own: no constructors, with their name and length, and with the prototype of async functions.
 */
import type { Environment, ModuleRecord, Site } from "../protocol/abi.ts";
import type { AnyFunction } from "./stamp.ts";

const asyncPrototype = Object.getPrototypeOf(async () => {}) as object;

type Make = (name: string, site: Site, env: Environment) => Record<string, AnyFunction>;

/** By the number of parameters. */
const makers: readonly Make[] = [
  (name, site, env) => ({
    [name]() {
      return kernelOf(env).start(site, env, this, []);
    },
  }),
  (name, site, env) => ({
    [name](a: unknown) {
      return kernelOf(env).start(site, env, this, [a]);
    },
  }),
  (name, site, env) => ({
    [name](a: unknown, b: unknown) {
      return kernelOf(env).start(site, env, this, [a, b]);
    },
  }),
  (name, site, env) => ({
    [name](a: unknown, b: unknown, c: unknown) {
      return kernelOf(env).start(site, env, this, [a, b, c]);
    },
  }),
  (name, site, env) => ({
    [name](a: unknown, b: unknown, c: unknown, d: unknown) {
      return kernelOf(env).start(site, env, this, [a, b, c, d]);
    },
  }),
];

function kernelOf(env: Environment): ModuleRecord["$k"] {
  return (env as ModuleRecord).$k;
}

/** A factory over the record of a module. */
export function starter(parameters: number, name: string): Site["make"] {
  const make = makers[parameters]!;
  return (env, site) => Object.setPrototypeOf(make(name, site, env)[name], asyncPrototype) as AnyFunction;
}
