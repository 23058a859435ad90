import type { Body, Environment, Site } from "../protocol/abi.ts";

/**
 * Starts a body. Called bare, so that it stands in stacks under its name alone; and without spreading, since a program may have
 * replaced what lists are iterated by.
 */
export function runBody({ body }: Site, env: Environment, self: unknown, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return body!(null, env, self);
    case 1:
      return body!(null, env, self, args[0]);
    case 2:
      return body!(null, env, self, args[0], args[1]);
    default:
      return runWithMany(body!, env, self, args);
  }
}

/** By itself, so that the rest is small enough to stand in each caller's code. */
function runWithMany(body: Body, env: Environment, self: unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(body, undefined, [null, env, self].concat(args as unknown[] as never[]));
}

/** Makes a list of what was measured, indexed and spread until one is needed after all. */
export function listOf(...list: unknown[]): unknown[] {
  return list;
}
