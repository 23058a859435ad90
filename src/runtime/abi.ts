/** `$rt`: the one object through which compiled modules of this process reach the runtime without a task. */
import { type Abi, abiVersion, returning, type Site, suspended, uninitialized } from "../protocol/abi.ts";
import { bindMethod } from "./bound.ts";
import { iteratorCall } from "./collection-iterators.ts";
import { Disposals } from "./disposal.ts";
import { begin, delegate, generator, generatorFunction } from "./generators.ts";
import { iterate, keys } from "./iterators.ts";
import { signal } from "./signal.ts";
import { closure, hidden, stamp, stranger } from "./stamp.ts";

export const abi: Abi = Object.freeze({
  version: abiVersion,
  suspended,
  uninitialized,
  returning,
  signal,
  define(module: string, sites: readonly Site[]): readonly Site[] {
    return sites.map((site) => {
      // Bodies are named by numbers; stacks show people the function's own name.
      if (site.body !== undefined)
        Object.defineProperty(site.body, "name", { value: site.shown ?? site.name, configurable: true });
      return { ...site, id: `${module}#${site.id}` };
    });
  },
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
