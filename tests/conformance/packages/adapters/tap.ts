/** tape and tap: `test(title, (t) => ...)`, ended by `t.end()`, by a plan, or by the promise that it returns. */
import { loose, strict } from "./assert.ts";
import { FakeClock } from "./fake-clock.ts";
import { add, type Body, CheckError, hook, NotAdapted } from "./suite.ts";

/** `t.clock`: time that stands still until the test moves it. */
class TapClock {
  readonly #clock = new FakeClock();

  constructor() {
    Object.assign(this, this.#clock.made());
  }
  enter(): Body {
    this.#clock.install({ now: this.#clock.now });
    return () => this.exit();
  }
  exit(): void {
    this.#clock.uninstall();
  }
  now(): number {
    return this.#clock.now;
  }
  advance(ms = 1): number {
    return this.#clock.tick(ms);
  }
  travel(time: number): number {
    return this.#clock.tick(time - this.#clock.now);
  }
}

class Tap {
  readonly name: string;
  context: unknown = {};
  #planned: number | undefined;
  #count = 0;
  #finish: Body | undefined;
  #ended = false;
  #clock: TapClock | undefined;
  readonly #behind: Body[] = [];
  readonly #inner: Promise<void>[] = [];
  #failure: unknown;

  constructor(name: string) {
    this.name = name;
  }

  /** Runs a test to its end. */
  static async run(name: string, body: Body, parent: Tap): Promise<void> {
    const t = new Tap(name);
    t.context = parent.context;
    try {
      const done = new Promise<void>((resolve) => {
        t.#finish = resolve;
      });
      const result: unknown = body(t);
      const isPromise = typeof (result as { then?: unknown } | undefined)?.then === "function";
      await result;
      if (!t.#ended && !isPromise && t.#inner.length === 0 && (t.#planned ?? 0) > t.#count) await done;
      else if (!t.#ended && !isPromise && t.#planned === undefined && t.#inner.length === 0) await done;
      await Promise.all(t.#inner);
      if (t.#failure !== undefined) throw t.#failure;
      if (t.#planned !== undefined && t.#planned !== t.#count)
        throw new CheckError(`planned ${t.#planned} assertions, and made ${t.#count}`);
    } finally {
      while (t.#behind.length > 0) await t.#behind.pop()!();
    }
  }

  #done(): void {
    this.#count += 1;
    if (this.#planned === this.#count) this.#finish?.();
  }
  /** What does not hold is told at the end: the test goes on. */
  #check(compare: () => void): boolean {
    let holds = true;
    try {
      compare();
    } catch (error) {
      this.#failure ??= error;
      holds = false;
    }
    this.#done();
    return holds;
  }

  plan(count: number): void {
    this.#planned = count;
    if (count === 0) this.end();
  }
  end(): void {
    this.#ended = true;
    this.#finish?.();
  }
  teardown(body: Body): void {
    this.#behind.push(body);
  }
  get clock(): TapClock {
    if (this.#clock === undefined) {
      this.#clock = new TapClock();
      this.teardown(() => this.#clock!.exit());
    }
    return this.#clock;
  }
  comment(): void {}
  before(body: Body): unknown {
    return body(this);
  }
  test(...args: unknown[]): Promise<void> {
    const body = args.find((each) => typeof each === "function") as Body | undefined;
    // One after another, as they are written.
    const before = this.#inner.at(-1) ?? Promise.resolve();
    const running = body === undefined ? before : before.then(() => Tap.run(String(args[0]), body, this));
    this.#inner.push(running);
    this.#done();
    return running;
  }
  pass(): boolean {
    return this.#check(() => {});
  }
  fail(message = "failed"): boolean {
    return this.#check(() => {
      throw new CheckError(message);
    });
  }
  ok(value: unknown): boolean {
    return this.#check(() => strict.ok(value));
  }
  notOk(value: unknown): boolean {
    return this.#check(() => strict.ok(!value));
  }
  equal(value: unknown, expected: unknown): boolean {
    return this.#check(() => strict.equal(value, expected));
  }
  not(value: unknown, expected: unknown): boolean {
    return this.#check(() => strict.notEqual(value, expected));
  }
  same(value: unknown, expected: unknown): boolean {
    return this.#check(() => loose.deepEqual(value, expected));
  }
  notSame(value: unknown, expected: unknown): boolean {
    return this.#check(() => loose.notDeepEqual(value, expected));
  }
  strictSame(value: unknown, expected: unknown): boolean {
    return this.#check(() => strict.deepEqual(value, expected));
  }
  type(value: unknown, type: unknown): boolean {
    return this.#check(() =>
      strict.ok(
        typeof type === "string" ? typeof value === type : (value as object) instanceof (type as never),
      ),
    );
  }
  match(value: unknown, wanted: unknown): boolean {
    return this.#check(() => strict.ok(matches(value, wanted)));
  }
  throws(body: Body, ...expected: unknown[]): boolean {
    return this.#check(() => strict.throws(body, ...expected.slice(0, 1)));
  }
  doesNotThrow(body: Body): boolean {
    return this.#check(() => strict.doesNotThrow(body));
  }
  async rejects(promise: unknown, ...expected: unknown[]): Promise<boolean> {
    await strict.rejects(promise, ...expected.slice(0, 1));
    return this.#check(() => {});
  }
  async resolves(promise: unknown): Promise<boolean> {
    await strict.doesNotReject(promise);
    return this.#check(() => {});
  }
  notMatch(value: unknown, wanted: unknown): boolean {
    return this.#check(() => strict.ok(!matches(value, wanted)));
  }
  looseEqual(value: unknown, expected: unknown): boolean {
    return this.#check(() => loose.equal(value, expected));
  }
  notDeepEqual(value: unknown, expected: unknown): boolean {
    return this.#check(() => strict.notDeepEqual(value, expected));
  }
  error(value: unknown): boolean {
    return this.#check(() => strict.ok(!value));
  }
  hasProp(value: object, name: PropertyKey): boolean {
    return this.#check(() => strict.ok(name in value));
  }
  hasProps(value: object, names: readonly PropertyKey[]): boolean {
    return this.#check(() => strict.ok(names.every((name) => name in value)));
  }
  async resolveMatch(promise: unknown, wanted: unknown): Promise<boolean> {
    const value: unknown = await (typeof promise === "function" ? (promise as Body)() : promise);
    return this.match(value, wanted);
  }
  skip(...args: unknown[]): unknown {
    return args.some((each) => typeof each === "function") ? Promise.resolve() : this.pass();
  }
  todo(): Promise<void> {
    return Promise.resolve();
  }
  setTimeout(): void {}
  timeoutAfter(): void {}
}

/** The names that the editions of tap and tape have for the same. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  ok: ["true", "assert"],
  notOk: ["false", "notok"],
  equal: ["equals", "is", "isEqual", "strictEqual", "strictEquals"],
  not: ["isNot", "isNotEqual", "notEqual", "notEquals", "notStrictEqual", "isNotStrictEqual"],
  same: ["isEquivalent", "looseEquals", "deepEquals", "deepLooseEqual", "isLoose", "looseIs"],
  strictSame: ["deepEqual", "isDeeply", "strictDeepEqual"],
  notDeepEqual: ["notStrictSame", "strictNotSame", "notDeeply", "isNotDeeply"],
  notSame: ["inequivalent", "notDeepLooseEqual"],
  match: ["has", "hasFields", "matches", "similar", "like"],
  notMatch: ["notHas", "doesNotMatch", "dissimilar"],
  type: ["isa", "isA"],
  throws: ["throw", "expectException"],
  doesNotThrow: ["notThrow"],
  error: ["ifError", "ifErr", "iferror"],
  teardown: ["tearDown"],
};
for (const [name, others] of Object.entries(aliases))
  for (const other of others)
    Object.defineProperty(Tap.prototype, other, {
      value: (Tap.prototype as unknown as Record<string, Body>)[name],
      configurable: true,
    });

const missing = [
  "matchSnapshot",
  "mockImport",
  "mockRequire",
  "mock",
  "mockAll",
  "intercept",
  "capture",
  "captureFn",
  "testdir",
  "fixture",
];
for (const name of [
  ...missing,
  "createMock",
  "emits",
  "matchOnlyStrict",
  "matchOnly",
  "hasOwnProps",
  "resolveMatchSnapshot",
  "throwsMatchSnapshot",
  "spawn",
  "stdin",
])
  Object.defineProperty(Tap.prototype, name, {
    configurable: true,
    get() {
      throw new NotAdapted(name);
    },
  });

/** A pattern may have parts of texts, and types in the place of values. */
function matches(value: unknown, wanted: unknown): boolean {
  if (wanted instanceof RegExp) return wanted.test(String(value));
  if (typeof wanted === "string" && typeof value === "string") return value.includes(wanted);
  if (typeof wanted === "function") return Object.is(value, wanted) || isOf(value, wanted as typeof Object);
  if (typeof wanted !== "object" || wanted === null) return Object.is(value, wanted);
  if (wanted instanceof Map || wanted instanceof Set || wanted instanceof Date) return alike(value, wanted);
  return Object.entries(wanted).every(([key, each]) =>
    matches((value as Record<string, unknown> | null | undefined)?.[key], each),
  );
}

const primitives: readonly unknown[] = [Number, String, Boolean, Symbol, BigInt];

function isOf(value: unknown, type: typeof Object): boolean {
  if (primitives.includes(type)) return typeof value === type.name.toLowerCase();
  return typeof type.prototype === "object" && value instanceof type;
}

function alike(value: unknown, wanted: unknown): boolean {
  try {
    loose.deepEqual(value, wanted);
    return true;
  } catch {
    return false;
  }
}

function define(args: readonly unknown[], skip?: string): Promise<void> {
  const body = args.find((each) => typeof each === "function") as Body | undefined;
  const title = typeof args[0] === "string" ? args[0] : body?.name || "(untitled)";
  const missing = body === undefined ? "the package skips it" : undefined;
  add(title, () => Tap.run(title, body!, top), { skip: skip ?? missing });
  return Promise.resolve();
}

/** The file itself is a test as well: what it asserts at its top level counts for nothing but its errors. */
const top = new Tap("(file)");
top.plan(Number.MAX_SAFE_INTEGER);
const test = (...args: unknown[]): Promise<void> => define(args);
const skip = (...args: unknown[]): Promise<void> => define(args, "the package skips it");
for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(Tap.prototype)) as [
  string,
  { value?: Body },
][]) {
  if (method === undefined)
    Object.defineProperty(test, name, {
      get: () => (top as unknown as Readonly<Record<string, unknown>>)[name],
      configurable: true,
    });
  else if (name !== "constructor")
    Object.assign(test, { [name]: (...args: unknown[]) => method.apply(top, args) });
}
const hooks = {
  beforeEach: (body: Body) => hook("beforeEach", () => body(top)),
  afterEach: (body: Body) => hook("afterEach", () => body(top)),
  before: (body: Body) => hook("before", () => body(top)),
  teardown: (body: Body) => hook("after", () => body(top)),
};
Object.defineProperties(
  test,
  Object.getOwnPropertyDescriptors({
    ...hooks,
    test,
    t: test,
    skip,
    todo: skip,
    only: test,
    onFinish: () => {},
    jobs: 1,
  }),
);
const { before, beforeEach, afterEach, teardown } = hooks;
const t = test as unknown as Tap;

export { afterEach, before, beforeEach, skip, t, teardown, test, test as default };
