/** `node:test`: tests get a `t` with subtests, which are part of them, and mock functions. */

import { strict } from "./assert.ts";
import { expect, type Mock, vi } from "./expect.ts";
import { clock } from "./fake-clock.ts";
import * as mocha from "./mocha.ts";
import { type Body, Skipped } from "./suite.ts";

class TestContext {
  readonly name: string;
  readonly signal: undefined;
  readonly #behind: Body[] = [];
  readonly mock: typeof mock = mock;
  readonly assert: typeof strict = strict;

  constructor(name: string) {
    this.name = name;
  }
  async test(...args: unknown[]): Promise<void> {
    const body = args.find((each) => typeof each === "function") as Body | undefined;
    if (body !== undefined) await run(String(args[0]), body);
  }
  after(body: Body): void {
    this.#behind.push(body);
  }
  before(body: Body): void {
    void body();
  }
  skip(): never {
    throw new Skipped();
  }
  todo(): void {}
  runOnly(): void {}
  diagnostic(): void {}
  plan(): void {}
  async finish(): Promise<void> {
    for (const body of this.#behind) await body();
  }
}

/** `mock.calls` of node:test are records. */
function counted(made: Mock): Mock & { callCount(): number } {
  const { mock: state } = made;
  const records = () =>
    state.calls.map((args, at) => {
      const { type, value } = state.results[at]!;
      const error = type === "throw" ? value : undefined;
      const result = type === "return" ? value : undefined;
      return { arguments: args, this: state.instances[at], result, error, target: undefined };
    });
  const shown = {
    get calls() {
      return records();
    },
    callCount: () => state.calls.length,
    resetCalls: () => void (made as unknown as { mockClear(): void }).mockClear(),
    restore: () => void (made as unknown as { mockRestore(): void }).mockRestore(),
    mockImplementation: (body: Body) =>
      void (made as unknown as { mockImplementation(body: Body): void }).mockImplementation(body),
    mockImplementationOnce: (body: Body) =>
      void (made as unknown as { mockImplementationOnce(body: Body): void }).mockImplementationOnce(body),
  };
  const fn = function (this: unknown, ...args: unknown[]): unknown {
    return new.target === undefined ? made.apply(this, args) : Reflect.construct(made, args);
  };
  return Object.assign(fn, { mock: shown, callCount: shown.callCount }) as never;
}

const mock = {
  fn: (implementation?: Body): Mock & { callCount(): number } => {
    const made = vi.fn(implementation);
    return counted(made);
  },
  method: (holder: object, name: PropertyKey, implementation?: Body): Mock => {
    const spy = vi.spyOn(holder, name);
    return counted(
      implementation === undefined
        ? spy
        : (spy as unknown as { mockImplementation(body: Body): Mock }).mockImplementation(implementation),
    );
  },
  reset: (): void => {},
  restoreAll: (): void => void vi.restoreAllMocks(),
  timers: {
    enable(options: { now?: unknown; apis?: readonly string[] } = {}): void {
      const named = options.apis ?? ["setTimeout", "setInterval", "setImmediate", "Date"];
      const apis = named.flatMap((name) => [name, name.replace(/^set/, "clear")]);
      clock.install({ now: options.now ?? 0, toFake: apis });
    },
    tick: (ms = 1) => void clock.tick(ms),
    runAll: () => void clock.runAll(),
    setTime: (now: number) => clock.setSystemTime(now),
    reset: () => clock.uninstall(),
    [Symbol.dispose]: () => clock.uninstall(),
  },
};

async function run(name: string, body: Body): Promise<void> {
  const t = new TestContext(name);
  try {
    await body(t);
  } finally {
    await t.finish();
  }
}

const withContext =
  (define: Body) =>
  (...args: unknown[]): unknown =>
    define(
      ...args.map((each) => (typeof each === "function" ? () => run(String(args[0]), each as Body) : each)),
    );
const skip = mocha.it.skip;
export const test = Object.assign(withContext(mocha.it), {
  skip,
  todo: skip,
  only: withContext(mocha.it),
  describe: mocha.describe,
  it: mocha.it,
  mock,
});
export const it: typeof test = test;
export const { describe, suite } = mocha;
const hooked =
  (hook: Body) =>
  (...args: unknown[]): unknown =>
    hook(() => run("hook", args.find((each) => typeof each === "function") as Body));
export const before = hooked(mocha.before);
export const after = hooked(mocha.after);
export const beforeEach = hooked(mocha.beforeEach);
export const afterEach = hooked(mocha.afterEach);
export { expect, mock, test as default };
