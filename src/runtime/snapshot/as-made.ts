/**
 * What of functions, classes and their prototypes is as it was made, and what the program has changed of it since (`Object.setPrototypeOf`,
 * `Sub.prototype = Object.create(Base.prototype)`, properties of functions and of methods), which a snapshot then writes down.
 *
 * P1. "As made" is what the reader's making gives again, so that nothing has to be written for it.
 * P2. A class is made again over its superclass before anything is filled. Only of a class or what has a name is it sure that it is there by
 *     then, with its `prototype`: over any other superclass both links are written.
 */
import {
  asyncGeneratorPrototype,
  functionOfPrototype,
  generatorIntrinsics,
  generatorPrototype,
} from "../generators.ts";
import { partsOfProxy, proxies } from "../proxies.ts";
import {
  type AnyFunction,
  classOfPrototype,
  envOf,
  keysAsMade,
  lengthAsMade,
  memberOf,
  siteOf,
  superclassOf,
} from "../stamp.ts";
import type { Encoder } from "./encoder.ts";

const ofFunctions = Function.prototype;
const ofAsyncFunctions = Object.getPrototypeOf(async () => {}) as object;
/** What functions that are written with `async` or `*` inherit from: their syntax gives it to them again. */
const bySyntax = new Set<unknown>([
  ofFunctions,
  ofAsyncFunctions,
  generatorIntrinsics["GeneratorFunction.prototype"],
  generatorIntrinsics["AsyncGeneratorFunction.prototype"],
]);
export const boundSite = "%bound";

/** What is written as that from which a function or class inherits; `undefined` if its making gives that again. */
export function parentOf(out: Encoder, value: AnyFunction): object | null | undefined {
  return isFirm(out, superclassOf(value))
    ? otherParent(value)
    : (Object.getPrototypeOf(value) as object | null);
}

function otherParent(value: AnyFunction): object | null | undefined {
  const parent = Object.getPrototypeOf(value) as object | null;
  if (parent === ofFunctions && siteOf(value)?.kind !== "class") return undefined;
  return parent === madeParent(value) ? undefined : parent;
}

function madeParent(value: AnyFunction): object | null {
  const site = siteOf(value);
  if (site?.kind === "class") return (superclassOf(value) as object | null | undefined) ?? ofFunctions;
  if (site?.id === boundSite) return madeParentOfBound(value);
  const parent = Object.getPrototypeOf(value) as object | null;
  return bySyntax.has(parent) ? parent : ofFunctions;
}

/** A bound function inherits from what its target does. */
function madeParentOfBound(value: AnyFunction): object | null {
  let target = value;
  while (siteOf(target)?.id === boundSite) target = envOf(target)["target"] as AnyFunction;
  const isOwn = siteOf(target) !== undefined || memberOf(target) !== undefined;
  return isOwn ? madeParent(target) : (Object.getPrototypeOf(target) as object | null);
}

/** What the program has made the `prototype` of a function inherit from; `undefined` if that is as it was made. */
export function parentOfPrototype(
  out: Encoder,
  type: AnyFunction,
  prototype: object,
): object | null | undefined {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  const superclass = superclassOf(type);
  return parent === madeParentOfPrototype(type, superclass) && isFirm(out, superclass) ? undefined : parent;
}

function madeParentOfPrototype(type: AnyFunction, superclass: unknown): object | null {
  const kind = siteOf(type)?.kind;
  if (kind === "generator") return generatorPrototype;
  if (kind === "asyncGenerator") return asyncGeneratorPrototype;
  if (superclass === undefined) return Object.prototype;
  return superclass === null ? null : ((superclass as AnyFunction).prototype as object | null);
}

/** P2. */
function isFirm(out: Encoder, superclass: unknown): boolean {
  if (superclass === undefined || superclass === null) return true;
  const site = siteOf(superclass as AnyFunction);
  return site === undefined ? out.constantOf(superclass as object) === undefined : site.kind === "class";
}

/** A plain function whose `prototype` the program has replaced, or derived from something (`Object.setPrototypeOf(F.prototype, …)`). */
export function hasOtherPrototype(value: AnyFunction): boolean {
  if (siteOf(value)?.kind !== "function") return false;
  const property = Object.getOwnPropertyDescriptor(value, "prototype");
  if (property === undefined) return false;
  const prototype: unknown = property.value;
  if (typeof prototype !== "function" && (typeof prototype !== "object" || prototype === null)) return true;
  return (
    Object.getOwnPropertyDescriptor(prototype, "constructor")?.value !== value ||
    Object.getPrototypeOf(prototype) !== Object.prototype
  );
}

/**
 * Whether `prototype` of this function is as the function was made with it, or as the contents of its closure can say. What the program has put in the
 * place of a generator function's, and `undefined` in that of any other, is a property like others.
 */
function isMadePrototype(value: AnyFunction): boolean {
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, "prototype")!.value;
  const kind = siteOf(value)?.kind;
  // Of methods, only generators have one.
  const isGenerator = kind === "generator" || kind === "asyncGenerator" || memberOf(value) !== undefined;
  if (!isGenerator) return prototype !== undefined;
  return typeof prototype === "object" && prototype !== null && functionOfPrototype(prototype) === value;
}

// ---- properties -----------------------------------------------------------------------------------------------------

/** Whether a function has no more properties than those of which its site knows: asked of each, since most have not. */
export function isAsMade(value: AnyFunction): boolean {
  const keys = Reflect.ownKeys(value);
  return (
    keys.length === 2 &&
    keys[0] === "length" &&
    keys[1] === "name" &&
    isNamedBySite(value) &&
    isReserved(value, "length", lengthAsMade(value)) &&
    Object.isExtensible(value)
  );
}

/** Whether a property has the attributes and the value that functions are made with. */
function isReserved(value: object, key: PropertyKey, made: unknown): boolean {
  const property = Object.getOwnPropertyDescriptor(value, key)!;
  return (
    !property.writable && !property.enumerable && property.configurable === true && property.value === made
  );
}

/** The function whose `prototype` an object is, or seems to be. A proxy is nobody's, and its traps are not run to ask. */
export function functionOf(prototype: object): unknown {
  if (proxies.any && partsOfProxy(prototype) !== undefined) return undefined;
  return (
    functionOfPrototype(prototype) ??
    classOfPrototype(prototype) ??
    (Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown)
  );
}

const keysOfFunctions: readonly PropertyKey[] = ["length", "name"];
const keysOfPrototypes: readonly PropertyKey[] = ["constructor"];

/** What a function, a class or the prototype of one was made with, and has no more. */
export function lostOf(value: object): readonly PropertyKey[] {
  const made =
    keysAsMade(value) ??
    (typeof value === "function"
      ? keysOfFunctions
      : functionOfPrototype(value) === undefined
        ? keysOfPrototypes
        : []);
  return made.filter((key) => !Object.hasOwn(value, key));
}

/** Whether a property of a bound function is what binding gives it. */
export function isOfBound(value: object, key: PropertyKey): boolean {
  if (key !== "length" && key !== "name") return false;
  const { target, operands } = envOf(value as AnyFunction) as { target: AnyFunction; operands: unknown[] };
  const of: unknown = Object.getOwnPropertyDescriptor(target, key)?.value;
  if (key === "name") return isReserved(value, key, `bound ${typeof of === "string" ? of : ""}`);
  return isReserved(value, key, typeof of === "number" ? Math.max(0, of - operands.length) : 0);
}

/** Whether a property of a method is what its class gives it. */
export function isOfMember(value: AnyFunction, key: PropertyKey): boolean {
  if (key === "prototype") return isMadePrototype(value);
  return (key === "length" || key === "name") && isReserved(value, key, memberOf(value)![key]);
}

/** Whether a property of a function has nothing to be written of it. */
export function ownsOfFunction(value: object, key: PropertyKey): boolean {
  if (key === "name") return isNamedBySite(value as AnyFunction) || isMember(value, key);
  if (key === "prototype")
    return isMadePrototype(value as AnyFunction) && isWritableAsMade(value as AnyFunction);
  return (
    (key === "length" && isReserved(value, key, lengthAsMade(value as AnyFunction))) || isMember(value, key)
  );
}

/** The `prototype` of a class cannot be written, that of a function can. */
function isWritableAsMade(value: AnyFunction): boolean {
  const { writable } = Object.getOwnPropertyDescriptor(value, "prototype")!;
  return writable === (siteOf(value)?.kind !== "class");
}

/** Whether a property of the `prototype` of a function or class has nothing to be written of it. */
export function ownsOfPrototype(value: object, key: PropertyKey): boolean {
  if (key !== "constructor" || functionOfPrototype(value) !== undefined) return isMember(value, key);
  const property = Object.getOwnPropertyDescriptor(value, key)!;
  return isPlaced(property) && property.value === functionOf(value);
}

/** Whether a function has the name that its site gives it, and not one from a computed key or from the program. */
function isNamedBySite(value: AnyFunction): boolean {
  const site = siteOf(value)!;
  if (site.id[0] === "%") return true;
  const property = Object.getOwnPropertyDescriptor(value, "name")!;
  if (property.writable || property.enumerable || !property.configurable) return false;
  return property.value === site.name || (property.value === "" && site.name === "(anonymous)");
}

/** True of a method that the class's site made, if it is where and as it was made. */
function isMember(holder: object, key: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(holder, key)!;
  if (!isPlaced(property)) return false;
  if ("value" in property) return isMadeMember(property.value, holder, key);
  const { get, set } = property;
  return (
    (get === undefined || isMadeMember(get, holder, key)) &&
    (set === undefined || isMadeMember(set, holder, key))
  );
}

/** Whether a property has the attributes of those that the text of a class makes. */
function isPlaced({ writable, enumerable, configurable }: PropertyDescriptor): boolean {
  return writable !== false && enumerable === false && configurable === true;
}

function isMadeMember(part: unknown, holder: object, key: PropertyKey): boolean {
  const member = typeof part === "function" ? memberOf(part as AnyFunction) : undefined;
  if (member === undefined || member.role === "hidden" || member.key !== key) return false;
  if ((member.fixed ? member.owner : member.owner.prototype) !== holder) return false;
  return isMethodAsMade(part as AnyFunction);
}

function isMethodAsMade(value: AnyFunction): boolean {
  const keys = Reflect.ownKeys(value);
  const isGenerator = keys.length === 3 && keys[2] === "prototype" && isMadePrototype(value);
  return (
    (keys.length === 2 || isGenerator) &&
    isOfMember(value, keys[0]!) &&
    isOfMember(value, keys[1]!) &&
    Object.isExtensible(value) &&
    otherParent(value) === undefined
  );
}
