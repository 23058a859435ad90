/**
 * Maps and sets of what comes and goes.
 *
 * The engine makes a table anew when there is no room in it, or too much, and chains the old one to the one that takes its place. Once the first of such
 * a chain is in the old generation, nothing of it goes before the next full collection: each collection of the young generation copies all the
 * tables since, with what was in them (docs/internals/measurements.md, "The engine"). Where entries come and go for a long time, that is most of
 * what a server of short tasks has to collect. So here the whole map is made anew, which chains nothing, after about as many deletions as it has entries.
 *
 * P1. The order is that of a Map. What is added while somebody goes through it may not be met.
 */
const leastGone = 8;

export class PassingMap<K, V> implements ReadonlyMap<K, V> {
  #map = new Map<K, V>();
  #gone = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    if (this.#gone >= leastGone && this.#gone >= this.#map.size) {
      this.#map = new Map(this.#map);
      this.#gone = 0;
    }
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false;
    this.#gone++;
    return true;
  }

  clear(): void {
    this.#map = new Map();
    this.#gone = 0;
  }

  keys(): MapIterator<K> {
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    return this.#map.values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map[Symbol.iterator]();
  }

  forEach(act: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#map) act(value, key, this);
  }
}

export class PassingSet<T> implements Iterable<T> {
  #set = new Set<T>();
  #gone = 0;

  get size(): number {
    return this.#set.size;
  }

  has(item: T): boolean {
    return this.#set.has(item);
  }

  add(item: T): void {
    if (this.#gone >= leastGone && this.#gone >= this.#set.size) {
      this.#set = new Set(this.#set);
      this.#gone = 0;
    }
    this.#set.add(item);
  }

  delete(item: T): boolean {
    if (!this.#set.delete(item)) return false;
    this.#gone++;
    return true;
  }

  clear(): void {
    this.#set = new Set();
    this.#gone = 0;
  }

  [Symbol.iterator](): SetIterator<T> {
    return this.#set[Symbol.iterator]();
  }
}
