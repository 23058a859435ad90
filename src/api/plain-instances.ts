/**
 * Instances of classes with private members under `run --plain`: what is behind `#` can be read and made only inside the class, so the loader writes a
 * word of each such class into it (src/cli/plain-privates.ts), and `know` is told it.
 *
 * An instance is made again without a constructor or an initialiser of the program: `blankInstance` runs each class's constructor with `copying.now`, which makes
 * its private members and nothing else. What a derived class's `super()` calls is exchanged meanwhile for one that answers the instance made so far.
 */

// biome-ignore lint/suspicious/noExplicitAny: any class
type AnyClass = abstract new (...args: any[]) => object;

interface Level {
  readonly type: AnyClass;
  readonly derived: boolean;
  readonly has: (instance: object) => boolean;
  readonly take: (instance: object) => unknown[];
  readonly give: (instance: object, values: unknown[]) => void;
}

const byPrototype = new Map<object, Level>();

/** What the text of a class asks, and what it tells. */
export const copying = {
  now: false,
  know(type: AnyClass, derived: boolean, has: Level["has"], take: Level["take"], give: Level["give"]): void {
    byPrototype.set(type.prototype as object, { type, derived, has, take, give });
  },
};

/** What constructors are given: every part of it that a parameter takes is there, so that no default is evaluated. */
const anything: object = new Proxy(Object.freeze({}), {
  get: (_, key) => (key === Symbol.iterator ? () => Array(partsMax).fill(anything).values() : anything),
});
const partsMax = 64;

/** Runs the constructor of one class of the line: on a new object, or on what its `super()` is made to answer. */
function construct({ type }: Level, prototype: object, made?: object): object {
  function above(): object {
    return made!;
  }
  function newTarget(): void {}
  newTarget.prototype = prototype;
  const parent = Object.getPrototypeOf(type) as object | null;
  copying.now = true;
  try {
    if (made !== undefined) Object.setPrototypeOf(type, above);
    return Reflect.construct(type, Array(partsMax).fill(anything), newTarget) as object;
  } finally {
    copying.now = false;
    if (made !== undefined) Object.setPrototypeOf(type, parent);
  }
}

/** The classes with private members in the line of a prototype, the first of the line first. */
function levelsOf(prototype: object | null): Level[] {
  const levels: Level[] = [];
  if (byPrototype.size === 0) return levels;
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const known = byPrototype.get(at);
    if (known !== undefined) levels.unshift(known);
  }
  return levels;
}

/** What an instance has behind `#`, for each class of its line; undefined if it is none of such classes. */
export function privatesOf(value: object): unknown[][] | undefined {
  const levels = levelsOf(Object.getPrototypeOf(value) as object | null);
  if (levels.length === 0 || !levels.every((level) => level.has(value))) return undefined;
  return levels.map((level) => level.take(value));
}

/** An instance without own properties; `begin` makes what instances of the class that is first in the line are. */
export function blankInstance(prototype: object, begin: (prototype: object) => object): object {
  const [first, ...others] = levelsOf(prototype);
  let twin = first!.derived ? construct(first!, prototype, begin(prototype)) : construct(first!, prototype);
  for (const level of others) twin = construct(level, prototype, twin);
  for (const key of Reflect.ownKeys(twin)) Reflect.deleteProperty(twin, key);
  return twin;
}

/** Gives a twin what `privatesOf` said of the instance. */
export function fillPrivates(twin: object, values: readonly unknown[][]): void {
  const levels = levelsOf(Object.getPrototypeOf(twin) as object | null);
  for (const [index, level] of levels.entries()) level.give(twin, values[index]!);
}
