// Optional chains on what foreign code provides end early as a whole; so do those with iterators, `bind` and private members in them.
import { EventEmitter } from "node:events";
import * as path from "node:path";

type Log = (...values: unknown[]) => void;
// biome-ignore lint/suspicious/noExplicitAny: what is not there has no type
type Any = any;

const emitter: Any = new EventEmitter();
const any: Any = path;

class Box {
  #inner = { list: [1, 2] };
  next: Box | undefined;
  peek(): unknown[] {
    return [this.next?.#inner.list.length, this.next?.#sum(3), (this.next as Any)?.next.next?.#sum(1)];
  }
  async peekLater(): Promise<unknown[]> {
    await null;
    const none = this.next?.next as Box | undefined;
    return [none?.#inner.list, none?.#sum(await one()), this.next?.#inner.list, this.next?.#sum(2)];
  }
  #sum(more: number): number {
    return this.#inner.list.reduce((sum, each) => sum + each, more);
  }
}

async function one(): Promise<number> {
  await null;
  return 1;
}

async function calls(log: Log): Promise<void> {
  log(emitter.nothing?.deep.f(1), any.nothing?.deep.f(1).g.h(2), any.nothing?.[fail()].f(fail()));
  await null;
  log(emitter.nothing?.f(1), emitter.nothing?.(1), any.nothing?.f?.(1).g);
  log(any.posix?.join("a", "b"), any.posix?.join("a", "b").toUpperCase().length, any.posix?.join?.("c"));
  log(any?.posix.join.call(null, "d", "e"), any.posix.nothing?.("f"));
  log(await emitter.nothing?.deep.f(await one()), await any.nothing?.deep.f());
  const held = emitter?.listeners("x");
  log(held.length, emitter?.on?.("x", () => log("heard")) === emitter, emitter?.emit("x"));
  log(delete any.nothing?.deep.f, typeof any.nothing?.deep.f(1));
  try {
    log(any.posix?.nothing("g"));
  } catch (error) {
    log((error as Error).name);
  }
  try {
    log(any.posix?.nothing.deep("g"));
  } catch (error) {
    log((error as Error).name);
  }
}

function fail(): never {
  throw new Error("evaluated");
}

async function others(log: Log): Promise<void> {
  const none = undefined as Any;
  const some: Any = { list: ["a", "b"], of: { map: new Map([[1, 2]]) }, f: (...args: number[]) => args.length };
  log(none?.list.entries(), none?.f.bind(null, 1), none?.list[Symbol.iterator]());
  const entries = some?.list.entries();
  log(entries.next());
  await null;
  log(entries.next(), [...some?.of.map.keys()]);
  const bound = some?.f.bind(null, 1);
  await null;
  log(bound(2, 3), some.g?.bind(null)());
  const box = new Box();
  log(box.peek(), await box.peekLater());
  box.next = new Box();
  await null;
  try {
    log(box.peek());
  } catch (error) {
    log((error as Error).name);
  }
  log(await box.peekLater());
}

export default async function main(log: Log): Promise<void> {
  await calls(log);
  await others(log);
}
