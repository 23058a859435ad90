/**
 * `globalThis` of compiled code: the realm's, seen through what belongs to the task.
 *
 * O1. The globals of the task (`setTimeout`, `Promise`, …) are those that their bare names mean.
 * O2. What the program adds, or puts in the place of one of those or of `Date`, is the task's own: saved with it, and seen by no other.
 * O3. Everything else is the realm's, and a change of it changes the process.
 */
import { type DurableGlobal, durableGlobals } from "../protocol/abi.ts";

type Globals = Readonly<Record<DurableGlobal, unknown>>;
type OwnGlobals = Record<PropertyKey, unknown>;

export class GlobalObject {
  /** Its prototype is the realm's, so that what it lacks is there. */
  #own = Object.create(globalThis) as OwnGlobals;
  readonly #globals: Globals;
  /** What the program gets. */
  readonly view: object;

  constructor(globals: Globals) {
    this.#globals = globals;
    this.view = new Proxy(this.#own, {
      get: (own, key) => {
        if (this.owns(key)) return own[key];
        return isDurable(key) ? this.#globals[key] : Reflect.get(globalThis, key);
      },
      set: (own, key, value) => {
        if (this.owns(key)) return Reflect.set(own, key, value);
        if (isDurable(key) || key === clock || !Reflect.has(globalThis, key))
          return this.#define(key, ordinary(value));
        return Reflect.set(globalThis, key, value);
      },
      getOwnPropertyDescriptor: (own, key) => {
        const found = Reflect.getOwnPropertyDescriptor(this.owns(key) ? own : globalThis, key);
        if (found === undefined || this.owns(key)) return found;
        if (!isDurable(key)) return { ...found, configurable: true };
        const { enumerable = false } = found;
        return { value: this.#globals[key], writable: true, enumerable, configurable: true };
      },
      defineProperty: (_own, key, descriptor) =>
        this.owns(key) || isDurable(key) || key === clock || !Object.hasOwn(globalThis, key)
          ? this.#define(key, descriptor)
          : Reflect.defineProperty(globalThis, key, descriptor),
      deleteProperty: (own, key) => {
        if (!this.owns(key)) return Reflect.deleteProperty(globalThis, key);
        if (isDurable(key)) delete (this.#globals as unknown as OwnGlobals)[key];
        return Reflect.deleteProperty(own, key);
      },
      ownKeys: (own) => [...new Set([...Reflect.ownKeys(globalThis), ...Reflect.ownKeys(own)])],
      getPrototypeOf: () => Reflect.getPrototypeOf(globalThis),
    });
  }

  owns(key: PropertyKey): boolean {
    return Object.hasOwn(this.#own, key);
  }

  #define(key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    if (!Reflect.defineProperty(this.#own, key, descriptor)) return false;
    // Bare names mean it, too.
    if (isDurable(key))
      Object.defineProperty(this.#globals, key, { configurable: true, get: () => this.#own[key] });
    return true;
  }

  /** For a snapshot; undefined if there is nothing. */
  saved(): object | undefined {
    if (Reflect.ownKeys(this.#own).length === 0) return undefined;
    return Object.defineProperties({}, Object.getOwnPropertyDescriptors(this.#own));
  }

  restore(saved: object): void {
    for (const key of Reflect.ownKeys(saved)) this.#define(key, Object.getOwnPropertyDescriptor(saved, key)!);
  }
}

/** Tests put one of their own in its place, which is to go where they go. */
const clock = "Date";
const durableNames: ReadonlySet<PropertyKey> = new Set(durableGlobals);

function isDurable(name: PropertyKey): name is DurableGlobal {
  return durableNames.has(name);
}

const ordinary = (value: unknown): PropertyDescriptor => ({
  value,
  writable: true,
  enumerable: true,
  configurable: true,
});
