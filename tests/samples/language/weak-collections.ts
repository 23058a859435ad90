/** What WeakMaps and WeakSets hold is there after a thaw, for all keys that the program can still reach. */
import { readFileSync } from "node:fs";

const hidden = new WeakMap<object, { count: number; next?: object }>();
const seen = new WeakSet<object>();
const chains = new WeakMap<object, object>();

class Counter {
  constructor() {
    hidden.set(this, { count: 0 });
  }
  up(): number {
    return ++hidden.get(this)!.count;
  }
}

class Registry extends WeakMap<object, string> {
  size = 0;
  override set(key: object, value: string): this {
    this.size += 1;
    return super.set(key, value);
  }
}

function declared(): string {
  return "declared";
}

export default async function main(log: (...values: unknown[]) => void): Promise<void> {
  const counter = new Counter();
  counter.up();
  const first = { name: "first" };
  // Each link is reached through the one before only.
  const links = Array.from({ length: 5 }, (_, index) => ({ index }));
  for (let at = 0; at + 1 < links.length; at++) chains.set(links[at]!, links[at + 1]!);
  const [head] = links.splice(0);
  seen.add(counter).add(declared).add(Counter.prototype);
  const names = new Registry([[first, "first"]]);
  names.set(Counter, "class").set(Counter.prototype.up, "method").set(readFileSync, "foreign").set(Math.max, "built-in");
  const symbol = Symbol("own");
  const bound = declared.bind(null);
  const others = new WeakMap<WeakKey, unknown>([
    [symbol, 1],
    [bound, first],
    [hidden, seen],
  ]);
  others.set(others, others);
  await null;
  log(counter.up(), hidden.has(first), hidden.get(counter));
  await null;
  log(seen.has(counter), seen.has(declared), seen.has(Counter.prototype), seen.has({}));
  log([first, Counter, counter.up, readFileSync, Math.max].map((key) => names.get(key)));
  log(names.size, names instanceof Registry, names instanceof WeakMap, names.get({}));
  log(others.get(symbol), others.get(bound) === first, others.get(hidden) === seen, others.get(others) === others);
  const found: unknown[] = [];
  for (let at: object | undefined = head; at !== undefined; at = chains.get(at)) found.push((at as { index: number }).index);
  log(found);
  others.delete(bound);
  await null;
  log(others.has(bound), bound(), counter.up());
}
