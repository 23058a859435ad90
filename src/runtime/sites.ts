/**
 * Sites of the runtime's own closures. Their ids begin with `%`, which no module's path does; they have no source text,
 * so their hash is the number of their format.
 */
import type { Body, Label, Site } from "../protocol/abi.ts";
import type { AnyFunction } from "./stamp.ts";

/** Rises when what one of these functions keeps is another thing than before. */
const format = "runtime-1";
const registry = new Map<string, Site>();

function add(site: Site): Site {
  registry.set(site.id, site);
  return site;
}

/** A site of the runtime: `make` returns the function over an environment. */
export function runtimeSite<E extends object>(name: string, make: (env: E) => AnyFunction): Site {
  return add({
    id: `%${name}`,
    name: `(${name})`,
    kind: "function",
    position: { line: 0, column: 0 },
    hash: format,
    make: (env) => make(env as E),
  });
}

/** An async function of the runtime, written by hand as the compiler would write it. Label 0 is its beginning. */
export function runtimeBody(name: string, labels: readonly (readonly string[])[], body: Body): Site {
  return add({
    id: `%${name}`,
    name: `(${name})`,
    kind: "async",
    position: { line: 0, column: 0 },
    hash: format,
    make: () => {
      throw new TypeError(`${name} is not a value`);
    },
    body,
    labels: labels.map((slots): Label => ({ slots, line: 0, column: 0 })),
  });
}

/** The runtime's site with this id. */
export function findRuntimeSite(id: string): Site | undefined {
  return registry.get(id);
}
