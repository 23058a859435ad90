/** What a program has put in the place of a function's `prototype` is there after it has been saved, `undefined` too. */
type Made = { prototype: unknown; (): object };

class Box {
  *items(): Generator<number> {
    yield 1;
  }
}

export default async function main(log: (line: string) => void): Promise<void> {
  const own = { tag: "own" };
  const sync = function* (): Generator<number> {
    yield 1;
  } as unknown as Made;
  const other = async function* (): AsyncGenerator<number> {
    yield 1;
  } as unknown as Made;
  const plain = function (): void {} as unknown as Made;
  const items = Box.prototype.items as unknown as Made;
  const bases = [sync, other].map((each) => Object.getPrototypeOf(each.prototype));
  const tell = (): void => {
    const [base, otherBase] = bases;
    const made = [Object.getPrototypeOf(sync()) === base, Object.getPrototypeOf(other()) === otherBase];
    const prototypes = [sync, other, plain, items].map((each) =>
      each.prototype === own ? "own" : String(each.prototype),
    );
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(sync, "prototype")!;
    log([...made, ...prototypes, writable, enumerable, configurable].join(" "));
  };
  const values: [unknown, unknown, unknown, unknown][] = [
    [undefined, null, undefined, own],
    [own, own, null, undefined],
    [1, undefined, own, null],
  ];
  for (const value of values) {
    [sync, other, plain, items].forEach((each, index) => {
      each.prototype = value[index];
    });
    await null;
    tell();
    await null;
    tell();
  }
}
