/**
 * Functions that give nothing of what they are handed to foreign code, which might call it later: the words of `continua`, the globals and classes of a task, and
 * the methods of the language's collections and texts. What a program hands to them stays with its task.
 */
const words = new WeakSet<object>();

export function markWord<T extends object>(word: T): T {
  words.add(word);
  return word;
}

export function isWord(fn: object): boolean {
  return words.has(fn);
}

/** The methods that an object has itself. */
export function markMethods(...holders: readonly object[]): void {
  for (const holder of holders) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(holder)))
      if (typeof value === "function") markWord(value as object);
  }
}

const TypedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;
markMethods(Array, Object, JSON);
for (const { prototype } of [Array, TypedArray, Map, Set, String, RegExp]) markMethods(prototype);
