/** Generator methods with private and computed names, static ones, and what they reach of their class. */
const word = "made";
const key = () => `${word}Up`;

class Tree {
  #left: Tree | undefined;
  #right: Tree | undefined;
  readonly value: number;
  constructor(value: number, left?: Tree, right?: Tree) {
    this.value = value;
    this.#left = left;
    this.#right = right;
  }
  *#walk(): Generator<number> {
    if (this.#left) yield* this.#left.#walk();
    yield this.value;
    if (this.#right) yield* this.#right.#walk();
  }
  async *#slowly(): AsyncGenerator<number> {
    for (const value of this.#walk()) {
      await null;
      yield value * 10;
    }
  }
  *[Symbol.iterator]() {
    yield* this.#walk();
  }
  async *[Symbol.asyncIterator]() {
    yield* this.#slowly();
  }
  *[key()](times: number) {
    for (let n = 0; n < times; n++) yield `${word}${n}`;
  }
  static *#secret() {
    yield "s1";
    yield "s2";
  }
  static *both() {
    yield* Tree.#secret();
  }
}

class Reversed extends Tree {
  *[Symbol.iterator]() {
    yield* [...super[Symbol.iterator]()].reverse();
  }
}

export default async function main() {
  const log: unknown[] = [];
  const tree = new Tree(2, new Tree(1), new Tree(3));
  for (const value of tree) {
    await null;
    log.push(value);
  }
  for await (const value of tree) log.push(value);
  const held = (tree as unknown as Record<string, (n: number) => Generator<string>>).madeUp!(3);
  log.push(held.next().value);
  await null;
  log.push(...held);
  for (const secret of Tree.both()) {
    await null;
    log.push(secret);
  }
  const reversed = new Reversed(2, new Tree(1), new Tree(3));
  for (const value of reversed) {
    await null;
    log.push(value);
  }
  return log;
}
