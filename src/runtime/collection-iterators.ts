/**
 * Iterators of arrays, Maps, Sets, strings and matches that a program holds in its hands: what `xs.entries()` answers in compiled code. The engine's
 * own do not tell where they stand; these do, and behave alike otherwise.
 *
 * I1. Where an iterator stands is the business of iterators.ts; here it gets the face of a JavaScript object.
 * I2. Only calls of the native methods are replaced; what a program has overridden is called.
 */
import type { SavedIterator } from "../protocol/abi.ts";
import { CollectionIterator, ListIterator, TextIterator } from "./iterators.ts";
import { matchesOf } from "./matches.ts";
import { type AnyFunction, Override } from "./stamp.ts";

const families = ["Array", "Map", "Set", "String", "RegExp String"] as const;
type Family = (typeof families)[number];
const picks = ["values", "keys", "entries"] as const;
type Pick = (typeof picks)[number];

const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

export class IteratorObject extends Override {
  #family: Family;
  #pick: Pick;
  #place: SavedIterator;

  constructor(target: object, family: Family, pick: Pick, place: SavedIterator) {
    super(target);
    this.#family = family;
    this.#pick = pick;
    this.#place = place;
  }

  static is(value: unknown): value is IteratorObject {
    return typeof value === "object" && value !== null && #place in value;
  }

  static partsOf(iterator: IteratorObject): { family: number; pick: number; place: SavedIterator } {
    const { indexOf } = Array.prototype;
    return {
      family: indexOf.call(families, iterator.#family),
      pick: indexOf.call(picks, iterator.#pick),
      place: iterator.#place,
    };
  }

  static restore(iterator: IteratorObject, place: SavedIterator): void {
    iterator.#place = place;
  }

  static next(iterator: unknown, family: Family): IteratorResult<unknown> {
    if (!IteratorObject.is(iterator) || iterator.#family !== family) {
      throw new TypeError(`Method ${family} Iterator.prototype.next called on incompatible receiver`);
    }
    const place = iterator.#place;
    if (place instanceof ListIterator) {
      if (iterator.#pick === "keys") {
        if (place.list !== undefined && place.index < place.list.length)
          return { value: place.index++, done: false };
        place.list = undefined;
        return { value: undefined, done: true };
      }
      if (!place.step()) return { value: undefined, done: true };
      const { value } = place;
      place.value = undefined;
      return { value: iterator.#pick === "entries" ? [place.index - 1, value] : value, done: false };
    }
    if (!place.step()) return { value: undefined, done: true };
    const { value } = place;
    place.value = undefined;
    return { value: picked(value, family, iterator.#pick), done: false };
  }
}

/** The places of Maps give entries, those of Sets elements. */
function picked(value: unknown, family: Family, pick: Pick): unknown {
  if (family === "Map") {
    const entry = value as [unknown, unknown];
    return pick === "entries" ? entry : entry[pick === "keys" ? 0 : 1];
  }
  return family === "Set" && pick === "entries" ? [value, value] : value;
}

function prototypeOf(family: Family): object {
  const methods = {
    next(this: unknown): IteratorResult<unknown> {
      return IteratorObject.next(this, family);
    },
  };
  const prototype = Object.create(iteratorPrototype) as object;
  Object.defineProperty(prototype, "next", {
    value: methods.next,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `${family} Iterator`, configurable: true });
  return prototype;
}

const prototypes: Readonly<Record<Family, object>> = {
  Array: prototypeOf("Array"),
  Map: prototypeOf("Map"),
  Set: prototypeOf("Set"),
  String: prototypeOf("String"),
  "RegExp String": prototypeOf("RegExp String"),
};

/** Prototypes by the names under which snapshots know them. */
export const iteratorIntrinsics: Readonly<Record<string, object>> = Object.fromEntries(
  families.map((family) => [`${family.replace(" ", "")}Iterator.prototype`, prototypes[family]]),
);

function make(family: Family, pick: Pick, place: SavedIterator): IteratorObject {
  return new IteratorObject(Object.create(prototypes[family]) as object, family, pick, place);
}

/** An iterator that is placed later: for the codec. */
export function emptyIterator(family: number, pick: number): IteratorObject | undefined {
  const kind = families[family];
  const picked = picks[pick];
  if (kind === undefined || picked === undefined) return undefined;
  return make(kind, picked, new ListIterator(undefined, 0));
}

const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!;
const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;

type Maker = (receiver: unknown, operands: readonly unknown[]) => IteratorObject | undefined;

function overList(pick: Pick, typed: boolean): Maker {
  return (receiver) => {
    if (typeof receiver !== "object" || receiver === null) return undefined;
    if (typed && (!ArrayBuffer.isView(receiver) || (receiver as Uint8Array).length === 0)) return undefined;
    return make("Array", pick, new ListIterator(receiver as ArrayLike<unknown>, 0));
  };
}

/** A receiver that is not of the kind is left to the native method, which says so. */
function overCollection(family: "Map" | "Set", pick: Pick): Maker {
  const size = family === "Map" ? mapSize : setSize;
  return (receiver) => {
    try {
      size.call(receiver);
    } catch {
      return undefined;
    }
    const collection = receiver as Map<unknown, unknown> | Set<unknown>;
    return make(family, pick, CollectionIterator.over(collection));
  };
}

const makers = new Map<unknown, Maker>();
for (const pick of picks) {
  makers.set(Array.prototype[pick], overList(pick, false));
  makers.set((typedArrayPrototype as unknown[])[pick], overList(pick, true));
  makers.set(Map.prototype[pick], overCollection("Map", pick));
}
makers.set(Set.prototype.values, overCollection("Set", "values"));
makers.set(Set.prototype.entries, overCollection("Set", "entries"));
makers.set(String.prototype[Symbol.iterator], (receiver) =>
  typeof receiver === "string" ? make("String", "values", new TextIterator(receiver, 0)) : undefined,
);

makers.set(String.prototype.matchAll, (receiver, [pattern]) => {
  if (typeof receiver !== "string") return undefined;
  const matches = matchesOf(receiver, pattern);
  return matches && make("RegExp String", "values", matches);
});

function call(receiver: unknown, method: unknown, name: string, operands: readonly unknown[] = []): unknown {
  const made = makers.get(method)?.(receiver, operands);
  if (made !== undefined) return made;
  if (typeof method !== "function") throw new TypeError(`${name} is not a function`);
  return Reflect.apply(method as AnyFunction, receiver, operands);
}

/** `receiver.entries()`, and its kind; `name` is how the source writes the callee. */
export function iteratorCall(receiver: unknown, key: PropertyKey, name: string, takes?: true): unknown {
  if (receiver === undefined || receiver === null) {
    throw new TypeError(`Cannot read properties of ${String(receiver)} (reading '${String(key)}')`);
  }
  const method = (receiver as Record<PropertyKey, unknown>)[key];
  return takes ? (operand: unknown) => call(receiver, method, name, [operand]) : call(receiver, method, name);
}

/** GetIterator: one that can be saved where the iterable is a built-in collection. `method`: what its `Symbol.iterator` is, if that has been looked up. */
export function iteratorOf(
  iterable: unknown,
  method: unknown = (iterable as Iterable<unknown> | null | undefined)?.[Symbol.iterator],
): object {
  if (typeof method !== "function") throw new TypeError(`${shown(iterable)} is not iterable`);
  const iterator = call(iterable, method, "");
  if ((typeof iterator === "object" && iterator !== null) || typeof iterator === "function") return iterator;
  throw new TypeError("Result of the Symbol.iterator method is not an object");
}

function shown(value: unknown): string {
  if (typeof value === "function") return value.name || "function";
  return typeof value === "object" && value !== null ? "object" : String(value);
}
