/** `$rt`: the one object through which compiled modules of this process reach the runtime without a task. */
import {
  type Abi,
  abiVersion,
  type ModuleParts,
  returning,
  type Site,
  type SiteFunctions,
  suspended,
  uninitialized,
} from "../protocol/abi.ts";
import { readModule, readSites } from "../protocol/tables.ts";
import { bindMethod } from "./bound.ts";
import { iteratorCall } from "./collection-iterators.ts";
import { Disposals } from "./disposal.ts";
import { begin, delegate, generator, generatorFunction } from "./generators.ts";
import { iterate, keys } from "./iterators.ts";
import { signal } from "./signal.ts";
import { closure, hidden, stamp, stranger } from "./stamp.ts";
import { starter } from "./starters.ts";

export const abi: Abi = Object.freeze({
  version: abiVersion,
  suspended,
  uninitialized,
  returning,
  signal,
  define: (module: string, sites: readonly Site[]) =>
    named(sites.map((site) => ({ ...site, id: `${module}#${site.id}` }))),
  sites: (module: string, table: string, functions: SiteFunctions) =>
    named(readSites(module, table, functions, starter)),
  module: (id: string, sites: readonly Site[], parts: ModuleParts) => readModule(id, sites, parts, closure),
  closure,
  stamp,
  hidden,
  stranger,
  deadZone(name: string): never {
    throw new ReferenceError(`Cannot access '${name}' before initialization`);
  },
  constant(): never {
    throw new TypeError("Assignment to constant variable.");
  },
  iterate,
  keys,
  bind: bindMethod,
  iterator: iteratorCall,
  disposals: () => new Disposals(),
  generatorFunction,
  generator,
  begin,
  delegate,
});

/** Bodies are named by numbers; stacks show people the function's own name. */
function named(sites: readonly Site[]): readonly Site[] {
  for (const { body, shown, name } of sites) {
    if (body !== undefined) Object.defineProperty(body, "name", { value: shown ?? name, configurable: true });
  }
  return sites;
}
