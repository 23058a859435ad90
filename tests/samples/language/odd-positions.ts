/** Awaits where one seldom writes them. */
type Log = (...values: unknown[]) => void;

const later = async <T>(value: T): Promise<T> => {
  await null;
  return value;
};

export default async function main(log: Log): Promise<unknown> {
  // Computed names of classes and objects, in order.
  class Named {
    static [await later("made")] = "static";
    [(log("key"), await later("field"))] = (() => "value")();
    async [`m${await later(1)}`](by = later(2)) {
      return (await by) + 1;
    }
    get [await later("got")]() {
      return "getter";
    }
    static {
      log("static block", (this as unknown as Record<string, string>)["made"]);
    }
  }
  const named = new Named() as unknown as Record<string, unknown> & { m1(by?: Promise<number>): Promise<number> };
  log((Named as unknown as Record<string, unknown>)["made"], named["field"], named["got"], await named.m1(), await named.m1(later(5)));

  // Heritage that waits.
  const bases = { A: class { who = "A"; hello() { return `hello ${this.who}`; } } };
  class Derived extends (await later(bases)).A {
    override hello() {
      return `${super.hello()}!`;
    }
  }
  log(new Derived().hello());

  // Parts of a literal before and after.
  const object = { a: log("a"), [await later("b")]: await later(2), get c() { return 3; }, ...(await later({ d: 4 })), async e() { return this.c + (await later(1)); } };
  log(Object.keys(object), object.c, await object.e());

  // Tagged templates keep their strings, the tag is read first.
  const tag = (strings: TemplateStringsArray, ...values: unknown[]): string => strings.raw.join("|") + values.join(",");
  const tags = { tag, name: "tags", own(strings: TemplateStringsArray, ...values: unknown[]) { return this.name + strings.length + values.length; } };
  log(tag`a${await later(1)}\n${await later(2)}c`, tags.own`x${await later(3)}`, (await later(tags)).own`${1}${await later(2)}`);

  // Chains that end early do not evaluate what comes after.
  const none = null as null | { f(x: number): number; x?: { y: number[] } };
  const some = { f: (x: number) => x * 2, x: { y: [1, 2] } } as typeof none;
  log(none?.f(await later(1)), some?.f(await later(4)), some?.x?.y[await later(1)], none?.x?.y[(log("never"), await later(0))]);
  log(await (some?.f)?.(await later(3)), delete (await later({ y: 1 } as { y?: number })).y, delete some?.x?.y[await later(0)]);

  // Assignments: the place first, then the value; logical ones only if they are needed.
  class Hidden {
    #n: number | null = 1;
    #list: number[] = [1, 2, 3];
    static #count = 0;
    async work() {
      this.#n! += await later(4);
      this.#n! **= await later(2);
      this.#list[await later(1)]! *= await later(10);
      this.#n ??= (log("not needed"), await later(9));
      this.#n &&= await later(0);
      this.#n ||= await later(7);
      [this.#n, ...this.#list] = [await later(8), ...(await later([4, 5]))];
      ({ a: this.#n = await later(3), [await later("b")]: Hidden.#count } = { b: 6 } as { a?: number; b: number });
      Hidden.#count++;
      return [this.#n, this.#list, Hidden.#count, #n in this, this.#n++, --this.#n!];
    }
    static async *[Symbol.asyncIterator]() {
      for (; Hidden.#count > 5; Hidden.#count--) yield await later(Hidden.#count);
    }
  }
  log(await new Hidden().work());
  for await (const each of Hidden) log(each);

  // Patterns with holes, defaults and keys that wait.
  const [, one = await later(1), , [two, ...rest] = await later([2, 3, 4]), { [await later("k")]: three = await later(30), ...others } = { k: undefined, l: 5, m: 6 } as Record<string, number | undefined>] = [0, undefined, 9];
  log(one, two, rest, three, others);
  for (const { x = await later("none"), y: [z] = await later(["deep"]) } of [{ x: "given", y: ["own"] }, {}] as { x?: string; y?: string[] }[]) log(x, z);
  for (const key in await later({ p: 1, q: 2 })) log(key, await later(key.length));

  // Jumps out of finally inside for await.
  const source = async function* () { try { yield 1; yield 2; yield 3; } finally { log("closed", await later("late")); } };
  outer: for (const round of [1, 2, 3]) {
    for await (const n of source()) {
      try {
        if (n === round) continue outer;
        log(round, n);
      } finally {
        await later(0);
        if (round === 3) break outer;
      }
    }
  }

  // A switch is one scope; its closures see what was written before.
  const closures: (() => unknown)[] = [];
  for (const which of [await later(1), 2, 3]) {
    switch (which) {
      case await later(2):
        let inner = "two";
        closures.push(() => inner);
        inner += await later("!");
        break;
      case 1:
        closures.push(() => { try { return inner; } catch (error) { return (error as Error).name; } });
      default:
        log("default", which);
    }
  }
  log(closures.map((each) => each()));

  // new.target, spread and new with what is waited for.
  function Old(this: { args: unknown[]; target: boolean }, ...args: unknown[]) {
    this.args = args;
    this.target = new.target === Old;
  }
  const made = new (await later(Old as unknown as new (...args: unknown[]) => { args: unknown[]; target: boolean }))(...(await later([1, 2])), await later(3));
  log(made.args, made.target);

  // Sequences, conditions, unary operators, throw and comma.
  log((await later(1), await later(2)), (await later(0)) ? "yes" : await later("no"), typeof (await later("x")), void (await later(1)), -(await later(3)), !(await later(false)));
  log(await later(1) < await later(2) === await later(true), `${await later(1)}${await later(`${await later(2)}`)}`, await await later(later(3)));
  try {
    throw Object.assign(new Error(await later("thrown")), { code: await later(3) });
  } catch ({ message, code = await later("none"), extra = await later("extra") }: any) {
    log(message, code, extra);
  }
  // Arrow functions as parameters' defaults that see earlier ones.
  const defaults = async (a: number, b = async () => a + (await later(1)), { c = b() } = {}, ...[d = 4]: number[]) => [a, await b(), await c, d];
  log(await defaults(1), await defaults(5, undefined, {}, 6));
  return named["field"];
}
