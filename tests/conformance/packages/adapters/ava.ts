/** ava: `test(title, async (t) => ...)`. */
import { strict } from "./assert.ts";
import { add, type Body, CheckError, hook } from "./suite.ts";

interface Expectation {
  readonly instanceOf?: Body;
  readonly is?: unknown;
  readonly message?: string | RegExp | ((message: string) => boolean);
  readonly name?: string;
  readonly code?: unknown;
  readonly any?: boolean;
}

function checkError(error: unknown, expected: Expectation | undefined): unknown {
  const { instanceOf, is, message, name, code } = expected ?? {};
  const found = error as Error & { code?: unknown };
  const fail = (what: string): never => {
    throw new CheckError(`${what}: ${String(error)}`);
  };
  if (expected?.any !== true && !(error instanceof Error)) fail("what was thrown is no error");
  if (instanceOf !== undefined && !(error instanceof (instanceOf as never))) fail(`no ${instanceOf.name}`);
  if (expected !== undefined && "is" in expected && !Object.is(error, is)) fail("another error");
  if (name !== undefined && found.name !== name) fail(`not named ${name}`);
  if (code !== undefined && found.code !== code) fail(`not of code ${String(code)}`);
  if (typeof message === "string" && found.message !== message) fail(`its message is not ${message}`);
  if (message instanceof RegExp && !message.test(found.message))
    fail(`its message does not match ${message}`);
  if (typeof message === "function" && !message(found.message)) fail("its message is another");
  return error;
}

class Assertions {
  context: Record<string, unknown>;
  readonly title: string;
  #plan: number | undefined;
  #count = 0;
  readonly teardowns: Body[] = [];

  constructor(title: string, context: Record<string, unknown>) {
    this.title = title;
    this.context = context;
  }

  #check(holds: boolean, what: () => string): boolean {
    this.#count += 1;
    if (!holds) throw new CheckError(what());
    return true;
  }

  #compare(compare: () => void): boolean {
    this.#count += 1;
    compare();
    return true;
  }

  plan(count: number): void {
    this.#plan = count;
  }
  finish(): void {
    if (this.#plan !== undefined && this.#plan !== this.#count)
      throw new CheckError(`planned ${this.#plan} assertions, and made ${this.#count}`);
  }
  teardown(body: Body): void {
    this.teardowns.push(body);
  }
  timeout(): void {}
  log(): void {}

  pass(): boolean {
    return this.#check(true, () => "");
  }
  fail(message = "failed"): boolean {
    return this.#check(false, () => message);
  }
  assert(value: unknown): boolean {
    return this.truthy(value);
  }
  truthy(value: unknown): boolean {
    return this.#check(Boolean(value), () => `${String(value)} is not truthy`);
  }
  falsy(value: unknown): boolean {
    return this.#check(!value, () => `${String(value)} is not falsy`);
  }
  true(value: unknown): boolean {
    return this.#check(value === true, () => `${String(value)} is not true`);
  }
  false(value: unknown): boolean {
    return this.#check(value === false, () => `${String(value)} is not false`);
  }
  is(value: unknown, expected: unknown): boolean {
    return this.#check(Object.is(value, expected), () => `${String(value)} is not ${String(expected)}`);
  }
  not(value: unknown, expected: unknown): boolean {
    return this.#check(!Object.is(value, expected), () => `is ${String(expected)}`);
  }
  deepEqual(value: unknown, expected: unknown): boolean {
    return this.#compare(() => strict.deepEqual(value, expected));
  }
  notDeepEqual(value: unknown, expected: unknown): boolean {
    return this.#compare(() => strict.notDeepEqual(value, expected));
  }
  like(value: unknown, part: object): boolean {
    for (const [key, expected] of Object.entries(part)) {
      const found = (value as Record<string, unknown>)[key];
      if (typeof expected === "object" && expected !== null) this.like(found, expected);
      else this.is(found, expected);
    }
    return this.#check(true, () => "");
  }
  regex(value: string, pattern: RegExp): boolean {
    return this.#check(pattern.test(value), () => `${value} does not match ${pattern}`);
  }
  notRegex(value: string, pattern: RegExp): boolean {
    return this.#check(!pattern.test(value), () => `${value} matches ${pattern}`);
  }
  throws(body: Body, expected?: Expectation): unknown {
    this.#count += 1;
    let error: unknown;
    try {
      body();
    } catch (thrown) {
      return checkError(thrown, expected);
    }
    throw new CheckError(`the function was expected to throw${error === undefined ? "" : " something else"}`);
  }
  notThrows(body: Body): boolean {
    return this.#compare(body as () => void);
  }
  async throwsAsync(promise: unknown, expected?: Expectation): Promise<unknown> {
    this.#count += 1;
    try {
      await (typeof promise === "function" ? (promise as Body)() : promise);
    } catch (error) {
      return checkError(error, expected);
    }
    throw new CheckError("the promise was expected to be rejected");
  }
  async notThrowsAsync(promise: unknown): Promise<boolean> {
    this.#count += 1;
    await (typeof promise === "function" ? (promise as Body)() : promise);
    return true;
  }
}

/** What `beforeEach` puts on `t.context` is there in the test and behind it. */
let shared: Record<string, unknown> = {};

function define(args: readonly unknown[], options: { skip?: string; fails?: boolean }): void {
  const [title, body, ...more] = (typeof args[0] === "string" ? args : ["(untitled)", ...args]) as [
    string,
    Body,
    ...unknown[],
  ];
  const skip = options.skip ?? (typeof body === "function" ? undefined : "the package skips it");
  const run = async (): Promise<void> => {
    const t = new Assertions(title, shared);
    try {
      await (typeof body === "function" ? body : (body as { exec: Body }).exec)(t, ...more);
      t.finish();
    } finally {
      while (t.teardowns.length > 0) await t.teardowns.pop()!();
    }
  };
  add(title, run, { ...options, skip });
}

const hooked =
  (kind: "before" | "after" | "beforeEach" | "afterEach") =>
  (...args: unknown[]): void => {
    const body = args.find((each) => typeof each === "function") as Body;
    hook(kind, async () => {
      if (kind === "beforeEach") shared = {};
      await body(new Assertions(kind, shared));
    });
  };

const skip = (...args: unknown[]): void => define(args, { skip: "the package skips it" });
const failing = (...args: unknown[]): void => define(args, { fails: true });
const plain = (...args: unknown[]): void => define(args, {});
const modes = { skip, todo: skip, failing, only: plain, macro: (body: unknown) => body };
const after = Object.assign(hooked("after"), { always: hooked("after") });
const afterEach = Object.assign(hooked("afterEach"), { always: hooked("afterEach") });
const hooks = { before: hooked("before"), beforeEach: hooked("beforeEach"), after, afterEach };
const serial = Object.assign((...args: unknown[]): void => define(args, {}), modes, hooks);
const test = Object.assign(plain, modes, hooks, { serial });

export { test, test as default };
