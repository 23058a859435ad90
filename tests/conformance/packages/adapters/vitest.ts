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
const withRow = (each: unknown): unknown =>
  typeof each === "function" ? (row: unknown) => run((made: object) => (each as Body)(row, made)) : each;
const rowsWithContext =
  (...table: unknown[]) =>
  (title: unknown, ...more: unknown[]): unknown =>
    (mocha.it.for(...table) as Body)(title, ...more.map(withRow));

/** `test.extend`: what each name stands for is made before a test and let go of behind it. */
const extended = (fixtures: Readonly<Record<string, unknown>>): Body => {
  const runWith = (body: Body): Promise<void> =>
    run(async (outer: object) => {
      const made: Record<string, unknown> = { ...outer };
      const releases: Body[] = [];
      for (const [name, fixture] of Object.entries(fixtures)) {
        const make: unknown = Array.isArray(fixture) ? fixture[0] : fixture;
        if (typeof make !== "function") made[name] = make;
        else
          await new Promise<void>((resolve, reject) => {
            const use = async (value: unknown): Promise<void> => {
              made[name] = value;
              resolve();
              await new Promise<void>((release) => releases.push(release));
            };
            Promise.resolve(make(made, use)).then(() => resolve(), reject);
          });
      }
      try {
        await body(made);
      } finally {
        while (releases.length > 0) releases.pop()!();
      }
    });
  const defineWith = (...args: unknown[]): unknown =>
    mocha.it(...args.map((each) => (typeof each === "function" ? () => runWith(each as Body) : each)));
  return Object.assign(defineWith, {
    skip: mocha.it.skip,
    only: defineWith,
    extend: (more: Readonly<Record<string, unknown>>) => extended({ ...fixtures, ...more }),
  });
};
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
  for: rowsWithContext,
  extend: extended,
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
export { assertType, expect, expectTypeOf, vi, vi as vitest } from "./expect.ts";
export { describe, suite } from "./mocha.ts";
export const bench = (): void => {};
