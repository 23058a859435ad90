/** `node:test`: tests get a `t` with subtests, which are part of them, and mock functions. */

import { strict } from "./assert.ts";
import { expect, type Mock, vi } from "./expect.ts";
import * as mocha from "./mocha.ts";
import { type Body, NotAdapted, Skipped } from "./suite.ts";

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

/** `mock.calls` of node:test are records, which vitest's lists are as well. */
function counted(made: Mock): Mock & { callCount(): number } {
  Object.assign(made.mock, { callCount: () => made.mock.calls.length });
  return Object.assign(made, { callCount: () => made.mock.calls.length });
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
    enable(): never {
      throw new NotAdapted("mock.timers");
    },
    reset(): void {},
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
  before: mocha.before,
  after: mocha.after,
  beforeEach: mocha.beforeEach,
  afterEach: mocha.afterEach,
  mock,
});
export const it: typeof test = test;
export const { describe, suite, before, after, beforeEach, afterEach } = mocha;
export { expect, mock, test as default };
