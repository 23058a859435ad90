/** Suspensions in every part of classes and generators that may have one, with what they see from there. */
type Log = (...values: unknown[]) => void;

const later = async <T>(value: T): Promise<T> => {
  await null;
  return value;
};

export default async function main(log: Log): Promise<unknown> {
  class Base {
    static made: unknown[] = [];
    static get title() {
      return `title of ${this.name}`;
    }
    #value = 1;
    get value() {
      return this.#value;
    }
    set value(next: number) {
      log("set", next);
      this.#value = next;
    }
    async add(by: number) {
      this.value = this.value + (await later(by));
      return this.value;
    }
    *steps(): Generator<number, string, number> {
      let got = yield this.#value;
      while (got > 0) got = yield got * this.#value;
      return "steps done";
    }
    async *waits(): AsyncGenerator<number, string, unknown> {
      try {
        for (const n of [1, 2]) yield (await later(n)) + this.#value;
        return await later("waits done");
      } finally {
        log("waits closed", await later(this.#value));
      }
    }
    static async create<T extends Base>(this: new () => T): Promise<T> {
      const made = new this();
      Base.made.push(await later(made.constructor.name));
      return made;
    }
  }
  class Derived extends Base {
    static override get title() {
      return `${super.title}!`;
    }
    static async titled() {
      return `${super.title}${await later("?")}`;
    }
    readonly arrow = async () => [super.value, await later(this.extra), super.value];
    extra = "extra";
    readonly nested = { async deep(this: { outer: Derived }) { return (await later(this.outer)).extra; }, outer: this };
    override get value() {
      return super.value * 10;
    }
    override set value(next: number) {
      super.value = next / 10;
    }
    override async add(by: number) {
      const before = super.value;
      const added = await super.add(await later(by * 10));
      super.value += await later(1);
      super["value"] = (await later(super.value)) + 1;
      return [before, added, super.value, this.value];
    }
    override *steps(): Generator<number, string, number> {
      const inner = yield* super.steps();
      yield inner.length;
      return `${inner} twice`;
    }
    override async *waits(): AsyncGenerator<number, string, unknown> {
      const inner = yield* super.waits();
      for await (const n of (() => super.waits())()) {
        if (n === (await later(this.value / 10 + 1))) break;
      }
      return `${inner} and ${await later(this.extra)}`;
    }
  }
  log(Base.title, Derived.title, await Derived.titled());
  const one = await Derived.create();
  log(await one.arrow(), await one.nested.deep(), Base.made);
  log(await one.add(2), Object.keys(one));

  const steps = one.steps();
  const got: unknown[] = [];
  for (let next = steps.next(), give = 3; !next.done; next = steps.next(give--)) {
    got.push(next.value);
    await null;
  }
  log(got, steps.next());
  const waits = one.waits();
  const seen: unknown[] = [];
  for (let next = await waits.next(); ; next = await waits.next()) {
    seen.push(next.value);
    if (next.done) break;
  }
  log(seen);

  // Closures of initialisers and static blocks share what they capture.
  let counter = 0;
  const Counting = class Inner {
    static readonly all: Inner[] = [];
    static #secret = 7;
    id = ++counter;
    static {
      const doubled = () => Inner.#secret * 2;
      Object.assign(Inner, { doubled });
    }
    constructor(readonly wait = later(this.id)) {
      Inner.all.push(this);
    }
    static async sum() {
      let sum = 0;
      for (const { wait } of Inner.all) sum += await wait;
      return [sum, Inner.#secret++, Inner.#secret, (Inner as unknown as { doubled(): number }).doubled()];
    }
    get [Symbol.toStringTag]() {
      return `Inner ${this.id}`;
    }
  };
  new Counting();
  new Counting(later(40));
  await null;
  log(await Counting.sum(), String(Counting.all[1]), Counting.name, counter);

  // Mixins over what is waited for, each with its own environment.
  type Type = new (...args: any[]) => object;
  const mixin = async <T extends Type>(Of: T, name: string) => {
    const from = await later(name);
    return class extends Of {
      #own = from;
      async names(): Promise<string[]> {
        const above: (() => Promise<string[]>) | undefined = (super["names" as never] as never) ?? undefined;
        return [...((await above?.call(this)) ?? []), await later(this.#own)];
      }
    };
  };
  const Mixed = await mixin(await mixin(class {}, "first"), "second");
  const mixed = new Mixed();
  await null;
  log(await mixed.names(), Mixed.name);

  // Getters and setters of literals, with super and closures over a loop's variable.
  const accessors = [];
  for (let i = await later(0); i < 3; i++) {
    const proto = { get label() { return `proto ${i}`; }, async late() { return later(i); } };
    accessors.push({ __proto__: proto, get label() { return `${super.label}/${i}`; }, async late() { return [await super.late(), await later(i * 2)]; } });
  }
  await null;
  for (const each of accessors) log(each.label, await each.late());

  // An error on the way leaves what was evaluated before as it was.
  const order: unknown[] = [];
  const fails = async () => {
    order.push("called");
    await null;
    throw new TypeError("no");
  };
  const object: Record<string, unknown> = { get got() { order.push("got"); return 1; } };
  try {
    object[`${order.push("key")}`] = [object["got"], await fails(), order.push("never")];
  } catch (error) {
    order.push((error as Error).message, Object.keys(object).length);
  } finally {
    order.push(await later("finally"));
  }
  log(order);
  return one.value;
}
