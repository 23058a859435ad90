/** tape and tap: `test(title, (t) => ...)`, ended by `t.end()`, by a plan, or by the promise that it returns. */
import { loose, strict } from "./assert.ts";
import { add, type Body, CheckError, hook, NotAdapted } from "./suite.ts";

class Tap {
  readonly name: string;
  readonly context = {};
  #planned: number | undefined;
  #count = 0;
  #finish: Body | undefined;
  #ended = false;
  readonly #behind: Body[] = [];
  readonly #inner: Promise<void>[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Runs a test to its end. */
  static async run(name: string, body: Body): Promise<void> {
    const t = new Tap(name);
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
      if (t.#planned !== undefined && t.#planned !== t.#count)
        throw new CheckError(`planned ${t.#planned} assertions, and made ${t.#count}`);
    } finally {
      while (t.#behind.length > 0) await t.#behind.pop()!();
    }
  }

  #done(): void {
    this.#count += 1;
    if (this.#planned === this.#count) this.#finish!();
  }
  #check(compare: () => void): boolean {
    compare();
    this.#done();
    return true;
  }

  plan(count: number): void {
    this.#planned = count;
    if (count === 0) this.end();
  }
  end(): void {
    this.#ended = true;
    this.#finish!();
  }
  teardown(body: Body): void {
    this.#behind.push(body);
  }
  comment(): void {}
  test(...args: unknown[]): Promise<void> {
    const body = args.find((each) => typeof each === "function") as Body | undefined;
    // One after another, as they are written.
    const before = this.#inner.at(-1) ?? Promise.resolve();
    const running = body === undefined ? before : before.then(() => Tap.run(String(args[0]), body));
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
  deepEqual(value: unknown, expected: unknown): boolean {
    return this.strictSame(value, expected);
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
  matchSnapshot(): never {
    throw new NotAdapted("matchSnapshot");
  }
  mockImport(): never {
    throw new NotAdapted("mockImport");
  }
}

function matches(value: unknown, wanted: unknown): boolean {
  if (wanted instanceof RegExp) return wanted.test(String(value));
  if (typeof wanted !== "object" || wanted === null) return Object.is(value, wanted);
  return Object.entries(wanted).every(([key, each]) =>
    matches((value as Record<string, unknown>)[key], each),
  );
}

function define(args: readonly unknown[], skip?: string): Promise<void> {
  const body = args.find((each) => typeof each === "function") as Body | undefined;
  const title = typeof args[0] === "string" ? args[0] : body?.name || "(untitled)";
  const missing = body === undefined ? "the package skips it" : undefined;
  add(title, () => Tap.run(title, body!), { skip: skip ?? missing });
  return Promise.resolve();
}

/** The file itself is a test as well: what it asserts at its top level counts for nothing but its errors. */
const top = new Tap("(file)");
top.plan(Number.MAX_SAFE_INTEGER);
const test = (...args: unknown[]): Promise<void> => define(args);
const skip = (...args: unknown[]): Promise<void> => define(args, "the package skips it");
for (const name of Object.getOwnPropertyNames(Tap.prototype)) {
  const method = (Tap.prototype as unknown as Record<string, Body>)[name]!;
  if (name !== "constructor")
    Object.assign(test, { [name]: (...args: unknown[]) => method.apply(top, args) });
}
const hooks = {
  beforeEach: (body: Body) => hook("beforeEach", () => body(top)),
  afterEach: (body: Body) => hook("afterEach", () => body(top)),
  before: (body: Body) => hook("before", () => body(top)),
  teardown: (body: Body) => hook("after", () => body(top)),
};
Object.assign(test, hooks, { test, skip, only: test, onFinish: () => {} });

export { test, test as default };
