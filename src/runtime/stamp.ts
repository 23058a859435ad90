/**
 * Stamps: how a function value says from which site and over which environment it was made.
 *
 * A stamp is a pair of private fields put on the function by a class whose constructor returns its argument. So it
 * costs about two nanoseconds a creation and nothing a call, is invisible to reflection, works on frozen functions, and
 * cannot be forged by a program.
 *
 * S1. Every function value that compiled code or the runtime makes for a program is made by `closure`, or stamped by `stamp`.
 * S2. Methods of a class, as its site makes them, are found through their class (`memberOf`), stamped or not.
 */
import type { Environment, HiddenGroup, HiddenMembers, Site } from "../protocol/abi.ts";
import { noteKnown } from "./known.ts";

// biome-ignore lint/complexity/noBannedTypes: any function at all
export type AnyFunction = Function;

/** Returns its argument as the object under construction: what lets a subclass put private fields on it. */
// biome-ignore lint/complexity/useArrowFunction: it is called with new
export const Override = function (target: object): object {
  return target;
} as unknown as new (
  target: object,
) => object;

class Stamp extends Override {
  readonly #site: Site;
  readonly #env: Environment;

  constructor(target: object, site: Site, env: Environment) {
    super(target);
    this.#site = site;
    this.#env = env;
  }

  static siteOf(target: object): Site | undefined {
    return #site in target ? target.#site : undefined;
  }

  static envOf(target: object): Environment {
    return (target as Stamp).#env;
  }
}

/** Site of a stamped function, `undefined` of any other. */
export const siteOf: (target: AnyFunction) => Site | undefined = Stamp.siteOf;
/** Environment of a stamped function; to be asked only where `siteOf` answered. */
export const envOf: (target: AnyFunction) => Environment = Stamp.envOf;

/** Superclasses, as they were when the class was made: `extra` of a class's site. */
const superclasses = new WeakMap<AnyFunction, unknown>();

export interface Member {
  readonly owner: AnyFunction;
  readonly fixed: boolean;
  readonly key: PropertyKey;
  /** `hidden`: a private method, by its name without `#`. */
  readonly role: "value" | "get" | "set" | "hidden";
  /** Its properties of these names, as the class was made. */
  readonly length: unknown;
  readonly name: unknown;
}
const members = new WeakMap<AnyFunction, Member>();
const madeKeys = new WeakMap<object, readonly PropertyKey[]>();
const classes = new WeakMap<object, AnyFunction>();
const classLengths = new WeakMap<Site, unknown>();

const hiddenMembers = new WeakMap<object, HiddenMembers>();
const hiddenOfInstances = new WeakMap<object, AnyFunction>();

/** Notes how the private members of a class are reached; called by its site's `make`. */
export function hidden(cls: AnyFunction, parts: HiddenMembers): void {
  hiddenMembers.set(cls, parts);
  if (parts.instance.length > 0) hiddenOfInstances.set(cls.prototype as object, cls);
  for (const key of Object.keys(parts.methods)) {
    const method = parts.methods[key] as AnyFunction;
    const { length, name } = method;
    members.set(method, { owner: cls, fixed: false, key, role: "hidden", length, name });
  }
}

/** The private members of a class, if it has any. */
export function hiddenOf(cls: AnyFunction): HiddenMembers | undefined {
  return hiddenMembers.get(cls);
}

/** A group of private members that an object has: the number-th of the class's instances, or of the class itself (`fixed`). */
export interface HiddenState {
  readonly owner: AnyFunction;
  readonly fixed: boolean;
  readonly number: number;
  readonly group: HiddenGroup;
}

/** Private members of a class itself. */
export function hiddenOfClass(owner: AnyFunction): HiddenState[] | undefined {
  const parts = hiddenMembers.get(owner);
  return parts === undefined ? undefined : groupsOn(owner, owner, parts.fixed, true);
}

/** Private members of an object, if `prototype`, on its chain, is that of a class whose instances have some. */
export function hiddenBy(prototype: object, object: object): HiddenState[] | undefined {
  const owner = hiddenOfInstances.get(prototype);
  return owner && groupsOn(object, owner, hiddenMembers.get(owner)!.instance, false);
}

/** Whether instances below this prototype may have private members. */
export function hidesMembers(prototype: object): boolean {
  return hiddenOfInstances.has(prototype);
}

const strangers = new WeakMap<object, AnyFunction[]>();
let strangersExist = false;
const leadsTo = Object.prototype.isPrototypeOf;

/** Notes that `object` has private members of `owner`, if its prototypes do not say so. */
export function stranger(owner: AnyFunction, object: object): void {
  if (leadsTo.call(owner.prototype as object, object)) return;
  const known = strangers.get(object);
  if (known === undefined) strangers.set(object, [owner]);
  else if (!known.includes(owner)) known.push(owner);
  strangersExist = true;
}

/** Private members of an object that only `stranger` tells about. */
export function hiddenOfStranger(object: object): HiddenState[] | undefined {
  if (!strangersExist) return undefined;
  return strangers
    .get(object)
    ?.flatMap((owner) => groupsOn(object, owner, hiddenMembers.get(owner)!.instance, false) ?? []);
}

function groupsOn(
  object: object,
  owner: AnyFunction,
  groups: readonly HiddenGroup[],
  fixed: boolean,
): HiddenState[] | undefined {
  const found: HiddenState[] = [];
  for (let number = 0; number < groups.length; number++) {
    const group = groups[number]!;
    if (group.has(object)) found.push({ owner, fixed, number, group });
  }
  return found.length === 0 ? undefined : found;
}

/** Makes and stamps a function value. `extra`: see `Site.make`. */
export function closure(site: Site, env: Environment, extra?: unknown): AnyFunction {
  if (site.kind === "class") return stampClass(site, env, extra, extra);
  const made = site.make(env, site, extra) as AnyFunction;
  new Stamp(made, site, env);
  return made;
}

/** Stamps a function that was made by its site's factory, or by other means, such as `bind`. */
export function stamp<F extends AnyFunction>(target: F, site: Site, env: Environment): F {
  new Stamp(target, site, env);
  return target;
}

/** Makes a class again that was made over `superclass`; now it is over `forNow`, from which it will be taken away. */
export function classOver(site: Site, env: Environment, superclass: unknown, forNow: unknown): AnyFunction {
  return stampClass(site, env, superclass, forNow);
}

function stampClass(site: Site, env: Environment, superclass: unknown, forNow: unknown): AnyFunction {
  const made = site.make(env, site, forNow) as AnyFunction;
  new Stamp(made, site, env);
  if (superclass !== undefined) superclasses.set(made, superclass);
  if (!classLengths.has(site)) classLengths.set(site, Object.getOwnPropertyDescriptor(made, "length")?.value);
  const prototype = made.prototype as object;
  classes.set(prototype, made);
  noteKnown(prototype);
  registerMembers(made, made, true);
  registerMembers(made, prototype, false);
  return made;
}

/** The class that was made with this prototype, whatever its `constructor` is now. */
export function classOfPrototype(prototype: object): AnyFunction | undefined {
  return classes.get(prototype);
}

/** What a class, or the prototype of one, had when it was made. */
export function keysAsMade(holder: object): readonly PropertyKey[] | undefined {
  return madeKeys.get(holder);
}

const functionLengths = new WeakMap<Site, unknown>();

/** The `length` that a stamped function was made with. */
export function lengthAsMade(value: AnyFunction): unknown {
  const site = siteOf(value)!;
  if (site.kind === "class") return classLengths.get(site);
  if (functionLengths.has(site)) return functionLengths.get(site);
  // It has the same of whatever it is made over, so one more is made to look at.
  const { length } = site.make(envOf(value), site) as AnyFunction;
  functionLengths.set(site, length);
  return length;
}

/** The superclass that a class was made with; `undefined` if it has none. */
export function superclassOf(target: AnyFunction): unknown {
  return superclasses.get(target);
}

/** Notes the superclass of a class that was made over another one for now. */
export function setSuperclass(target: AnyFunction, superclass: unknown): void {
  superclasses.set(target, superclass);
}

/** Where a method or accessor written inside a class's text is found. */
export function memberOf(target: AnyFunction): Member | undefined {
  return members.get(target);
}

const roles = ["value", "get", "set"] as const;

function registerMembers(owner: AnyFunction, holder: object, fixed: boolean): void {
  const keys = Reflect.ownKeys(holder);
  madeKeys.set(holder, keys);
  // Classes are made while the program runs, which may have replaced what lists are iterated by; `forEach` iterates by index.
  keys.forEach((key) => {
    if (fixed ? key === "prototype" : key === "constructor") return;
    const property = Object.getOwnPropertyDescriptor(holder, key)!;
    roles.forEach((role) => {
      const part: unknown = property[role];
      if (typeof part !== "function" || members.has(part)) return;
      const { length, name } = part;
      members.set(part, { owner, fixed, key, role, length, name });
    });
  });
}
