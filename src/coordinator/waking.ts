/** A table of which some rows are asleep: to ask for one by its key wakes what it belongs to, to go through all of them wakes all. */
export interface Waker<K> {
  /** Whether something was asleep under this key, and is not any more. */
  wake(key: K): boolean;
  wakeAll(): void;
}

export function waking<K, V>(awake: ReadonlyMap<K, V>, waker: Waker<K>): ReadonlyMap<K, V> {
  return new Waking(awake, waker);
}

class Waking<K, V> implements ReadonlyMap<K, V> {
  readonly #awake: ReadonlyMap<K, V>;
  readonly #waker: Waker<K>;

  constructor(awake: ReadonlyMap<K, V>, waker: Waker<K>) {
    this.#awake = awake;
    this.#waker = waker;
  }

  get(key: K): V | undefined {
    const found = this.#awake.get(key);
    return found === undefined && this.#waker.wake(key) ? this.#awake.get(key) : found;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.#all().size;
  }

  keys(): MapIterator<K> {
    return this.#all().keys();
  }

  values(): MapIterator<V> {
    return this.#all().values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#all().entries();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#all()[Symbol.iterator]();
  }

  forEach(act: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) act(value, key, this);
  }

  #all(): ReadonlyMap<K, V> {
    this.#waker.wakeAll();
    return this.#awake;
  }
}
