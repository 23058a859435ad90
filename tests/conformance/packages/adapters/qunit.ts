/** QUnit, in the forms that its own `QUnit.module` and `QUnit.test` have. */
import { loose, strict } from "./assert.ts";
import { add, type Body, CheckError, group, hook } from "./suite.ts";

interface Steps {
  readonly list: string[];
  expected: number | undefined;
  count: number;
}

function assertFor(pending: Promise<void>[], steps: Steps): Record<string, unknown> {
  const counted =
    (check: Body): Body =>
    (...args) => {
      steps.count += 1;
      return check(...args);
    };
  const holds = (wanted: boolean, text: string) => (value: unknown, message?: string) => {
    if (wanted !== Boolean(value)) throw new CheckError(message ?? `${String(value)} is not ${text}`);
  };
  const checks: Record<string, Body> = {
    ok: holds(true, "truthy"),
    notOk: holds(false, "falsy"),
    true: (value) => strict.equal(value, true),
    false: (value) => strict.equal(value, false),
    equal: (value, expected) => loose.equal(value, expected),
    notEqual: (value, expected) => loose.notEqual(value, expected),
    strictEqual: strict.equal,
    notStrictEqual: strict.notEqual,
    deepEqual: strict.deepEqual,
    notDeepEqual: strict.notDeepEqual,
    propEqual: (value, expected) => strict.deepEqual({ ...value }, { ...expected }),
    throws: strict.throws,
    raises: strict.throws,
    rejects: strict.rejects,
    step: (name) => void steps.list.push(name),
    verifySteps: (expected) => strict.deepEqual(steps.list.splice(0), expected),
  };
  const made: Record<string, unknown> = {
    expect: (count: number) => {
      steps.expected = count;
    },
    async: () => {
      let finish: Body = () => {};
      pending.push(
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      );
      return finish;
    },
    timeout: () => {},
  };
  for (const [name, check] of Object.entries(checks)) made[name] = counted(check);
  return made;
}

async function run(body: Body, context: unknown): Promise<void> {
  const pending: Promise<void>[] = [];
  const steps: Steps = { list: [], expected: undefined, count: 0 };
  await body.call(context, assertFor(pending, steps));
  await Promise.all(pending);
  if (steps.expected !== undefined && steps.expected !== steps.count)
    throw new CheckError(`expected ${steps.expected} assertions, and made ${steps.count}`);
}

const define = (title: string, body: Body): void =>
  add(title, function (this: unknown) {
    return run(body, this);
  });
const skip = (title: string): void => add(title, () => {}, { skip: "the package skips it" });
const test = Object.assign(define, {
  skip,
  todo: skip,
  only: define,
  if: (title: string, condition: unknown, body: Body) => (condition ? define(title, body) : skip(title)),
  each: (title: string, rows: readonly unknown[] | object, body: Body) => {
    for (const [name, row] of Object.entries(rows))
      define(`${title} [${name}]`, function (this: unknown, assert: unknown) {
        return body.call(this, assert, row);
      });
  },
});

const kinds = ["before", "after", "beforeEach", "afterEach"] as const;
const hooked = (kind: (typeof kinds)[number], body: Body): void =>
  hook(kind, function (this: unknown) {
    return run(body, this);
  });
const hooks = Object.fromEntries(kinds.map((kind) => [kind, (body: Body) => hooked(kind, body)]));

function module(title: string, ...more: unknown[]): void {
  const body = more.find((each) => typeof each === "function") as Body | undefined;
  const options = more.find((each) => typeof each === "object") as Record<string, Body> | undefined;
  group(title, () => {
    for (const kind of kinds) if (typeof options?.[kind] === "function") hooked(kind, options[kind]);
    body?.(hooks);
  });
}

export const QUnit = {
  module: Object.assign(module, { skip: () => {}, only: module, todo: () => {} }),
  test,
  skip,
  todo: skip,
  only: test,
  hooks,
  config: {},
  dump: { parse: String },
};
