/** vitest, as a module: bodies get the context of the test, and no callback. */
import { expect, vi } from "./expect.ts";
import * as mocha from "./mocha.ts";
import { type Body, Skipped } from "./suite.ts";

const behind: Body[] = [];
const context = {
  expect,
  vi,
  task: {},
  signal: undefined,
  onTestFinished: (body: Body): void => void behind.push(body),
  onTestFailed: (): void => {},
  skip: (): never => {
    throw new Skipped();
  },
};

async function run(body: Body): Promise<void> {
  try {
    await body(context);
  } finally {
    while (behind.length > 0) await behind.pop()!();
  }
}

const wrapped = (args: readonly unknown[]): unknown[] =>
  args.map((each) => (typeof each === "function" ? () => run(each as Body) : each));
const withContext =
  (define: Body): Body =>
  (...args: unknown[]) =>
    define(...wrapped(args));
const when = (condition: unknown): Body => (condition ? define : mocha.it.skip);
const define = withContext(mocha.it);
export const it = Object.assign(define, {
  skip: mocha.it.skip,
  todo: mocha.it.skip,
  only: define,
  concurrent: define,
  sequential: define,
  fails: withContext(mocha.it.fails),
  each: mocha.it.each,
  for: mocha.it.each,
  skipIf: (condition: unknown): Body => when(!condition),
  runIf: when,
});
export const test = it;
const hooked =
  (hook: Body): Body =>
  (body: Body) =>
    hook(() => body(context));
export const beforeAll = hooked(mocha.beforeAll);
export const afterAll = hooked(mocha.afterAll);
export const beforeEach = hooked(mocha.beforeEach);
export const afterEach = hooked(mocha.afterEach);
export const onTestFinished = context.onTestFinished;
export { assertType, expect, expectTypeOf, vi } from "./expect.ts";
export { describe, suite } from "./mocha.ts";
export const bench = (): void => {};
