/**
 * Iterators of `for-of` and keys of `for-in`, in a form that can be saved. Lists and strings are an index; Maps and Sets keep
 * their native iterator, whose place is found when it has to be written down (see the codec: the entries that remain are the
 * last ones of the collection, whatever was deleted or added meanwhile); all others are driven by their protocol.
 */
import type { SavedIterator } from "../protocol/abi.ts";

const arrayValues = Array.prototype[Symbol.iterator];
const arrayIteratorPrototype = Object.getPrototypeOf([][Symbol.iterator]()) as { next: unknown };
const arrayNext = arrayIteratorPrototype.next;
const mapEntries = Map.prototype.entries;
const mapIteratorPrototype = Object.getPrototypeOf(new Map().entries()) as { next: unknown };
const mapNext = mapIteratorPrototype.next;
const setValues = Set.prototype.values;
const setIteratorPrototype = Object.getPrototypeOf(new Set().values()) as { next: unknown };
const setNext = setIteratorPrototype.next;
const stringIterator = String.prototype[Symbol.iterator];

export class ListIterator implements SavedIterator {
  value: unknown = undefined;
  list: ArrayLike<unknown> | undefined;
  index: number;

  constructor(list: ArrayLike<unknown> | undefined, index: number) {
    this.list = list;
    this.index = index;
  }

  step(): boolean {
    if (this.list !== undefined && this.index < this.list.length) {
      this.value = this.list[this.index++];
      return true;
    }
    this.list = undefined;
    this.value = undefined;
    return false;
  }

  close(): void {}
}

export class TextIterator implements SavedIterator {
  value: unknown = undefined;
  text: string;
  index: number;

  constructor(text: string, index: number) {
    this.text = text;
    this.index = index;
  }

  step(): boolean {
    const code = this.text.codePointAt(this.index);
    if (code === undefined) {
      this.value = undefined;
      return false;
    }
    const character = String.fromCodePoint(code);
    this.index += character.length;
    this.value = character;
    return true;
  }

  close(): void {}
}

type Collection = Map<unknown, unknown> | Set<unknown>;

export class CollectionIterator implements SavedIterator {
  value: unknown = undefined;
  collection: Collection;
  #iterator: Iterator<unknown> | undefined;

  constructor(collection: Collection, iterator: Iterator<unknown> | undefined) {
    this.collection = collection;
    this.#iterator = iterator;
  }

  static over(collection: Collection): CollectionIterator {
    return new CollectionIterator(collection, begin(collection));
  }

  /** Puts it where `remaining` entries are to come; `undefined`: at its end, where it stays whatever is added. */
  place(remaining: unknown): void {
    if (remaining === undefined) return;
    if (typeof remaining !== "number" || !(remaining >= 0))
      throw new TypeError("a bad place in a collection");
    this.#iterator = beginAt(this.collection, remaining);
  }

  /** How many entries are to come, of those there are now; `undefined` at the end. */
  remaining(): number | undefined {
    if (this.#iterator === undefined) return undefined;
    let count = 0;
    while (this.#iterator.next().done !== true) count++;
    this.#iterator = beginAt(this.collection, count);
    return count;
  }

  step(): boolean {
    const next = this.#iterator?.next();
    if (next === undefined || next.done === true) {
      this.#iterator = undefined;
      this.value = undefined;
      return false;
    }
    this.value = next.value;
    return true;
  }

  close(): void {
    this.#iterator = undefined;
  }
}

function begin(collection: Collection): Iterator<unknown> {
  return collection instanceof Map ? mapEntries.call(collection) : setValues.call(collection);
}

function beginAt(collection: Collection, remaining: number): Iterator<unknown> {
  const iterator = begin(collection);
  for (let skipped = collection.size - remaining; skipped > 0; skipped--) iterator.next();
  return iterator;
}

/** Any other iterable, by its protocol. */
export class ProtocolIterator implements SavedIterator {
  value: unknown = undefined;
  iterator: object;
  next: unknown;

  constructor(iterator: object, next: unknown) {
    this.iterator = iterator;
    this.next = next;
  }

  step(): boolean {
    const result: unknown = Reflect.apply(this.next as () => unknown, this.iterator, []);
    if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    if ((result as IteratorResult<unknown>).done) {
      this.value = undefined;
      return false;
    }
    this.value = (result as IteratorResult<unknown>).value;
    return true;
  }

  close(failed: boolean): void {
    let result: unknown;
    try {
      const { return: finish } = this.iterator as { return?: unknown };
      if (finish === undefined || finish === null) return;
      if (typeof finish !== "function") throw new TypeError(`${String(finish)} is not a function`);
      result = Reflect.apply(finish, this.iterator, []);
    } catch (error) {
      if (failed) return;
      throw error;
    }
    if (!failed && !isObject(result)) throw new TypeError(`${String(result)} is not an object`);
  }
}

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const typedValues = typedArrayPrototype[Symbol.iterator];

/** `$rt.iterate`. */
export function iterate(iterable: unknown): SavedIterator {
  if (typeof iterable === "string") {
    if (String.prototype[Symbol.iterator] === stringIterator) return new TextIterator(iterable, 0);
  }
  const method = (iterable as Iterable<unknown> | null | undefined)?.[Symbol.iterator] as unknown;
  if (method === arrayValues && Array.isArray(iterable) && arrayIteratorPrototype.next === arrayNext) {
    return new ListIterator(iterable, 0);
  }
  if (method === typedValues && ArrayBuffer.isView(iterable) && arrayIteratorPrototype.next === arrayNext) {
    return new ListIterator(iterable as Uint8Array, 0);
  }
  if (method === mapEntries && mapIteratorPrototype.next === mapNext) {
    return CollectionIterator.over(iterable as Map<unknown, unknown>);
  }
  if (method === setValues && setIteratorPrototype.next === setNext) {
    return CollectionIterator.over(iterable as Set<unknown>);
  }
  if (typeof method !== "function") throw new TypeError(`${shown(iterable)} is not iterable`);
  const iterator: unknown = Reflect.apply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeError(`Result of the Symbol.iterator method is not an object`);
  return new ProtocolIterator(iterator, (iterator as Iterator<unknown>).next);
}

/** What remains of a native iterator of an array, Map, Set or string; `undefined` of anything else. Uses it up. */
export function drain(iterator: object, next: unknown): unknown[] | undefined {
  if (next !== arrayNext && next !== mapNext && next !== setNext) return undefined;
  const rest: unknown[] = [];
  try {
    for (;;) {
      const result = Reflect.apply(
        next as () => IteratorResult<unknown>,
        iterator,
        [],
      ) as IteratorResult<unknown>;
      if (result.done === true) return rest;
      rest.push(result.value);
    }
  } catch {
    return undefined;
  }
}

/** `$rt.keys`: what `for (const key in object)` visits. */
export function keys(object: unknown): string[] {
  const found: string[] = [];
  if (object === null || object === undefined) return found;
  for (const key in Object(object) as object) found.push(key);
  return found;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function shown(value: unknown): string {
  if (typeof value === "function") return value.name || "function";
  return typeof value === "object" && value !== null ? "object" : String(value);
}
