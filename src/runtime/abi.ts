/** `$rt`: the one object through which compiled modules of this process reach the runtime without a task. */
import { type Abi, abiVersion, returning, type Site, suspended, uninitialized } from "../protocol/abi.ts";
import { bindMethod } from "./bound.ts";
import { iteratorCall } from "./collection-iterators.ts";
import { Disposals } from "./disposal.ts";
import { begin, delegate, generator, generatorFunction } from "./generators.ts";
import { iterate, keys } from "./iterators.ts";
import { signal } from "./signal.ts";
import { closure } from "./stamp.ts";

export const abi: Abi = Object.freeze({
  version: abiVersion,
  suspended,
  uninitialized,
  returning,
  signal,
  define(module: string, sites: readonly Site[]): readonly Site[] {
    return sites.map((site) => ({ ...site, id: `${module}#${site.id}` }));
  },
  closure,
  deadZone(name: string): never {
    throw new ReferenceError(`Cannot access '${name}' before initialization`);
  },
  constant(name: string): never {
    throw new TypeError(`Assignment to constant variable '${name}'`);
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
