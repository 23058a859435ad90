/** `node:assert`, strict or not: what compares is Node's own; what awaits is written here, since a foreign function that awaits a promise of the task holds it. */
import * as node from "node:assert";
import { type Body, CheckError } from "./suite.ts";

type Expected = unknown;

/** Whether what was thrown is what was expected: a class, a pattern, an object of fields, a check. */
function matches(error: unknown, expected: Expected): boolean {
  if (expected === undefined || typeof expected === "string") return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === "function") {
    if ((expected as Body).prototype !== undefined && error instanceof (expected as never)) return true;
    if (Object.prototype.isPrototypeOf.call(Error, expected)) return false;
    return (expected as Body)(error) === true;
  }
  return Object.entries(expected as object).every(([key, wanted]) => {
    const found = (error as Record<string, unknown>)[key];
    if (wanted instanceof RegExp && typeof found === "string") return wanted.test(found);
    return same(() => node.deepStrictEqual(found, wanted));
  });
}

function same(compare: () => void): boolean {
  try {
    compare();
    return true;
  } catch {
    return false;
  }
}

function check(error: unknown, expected: Expected): void {
  if (!matches(error, expected))
    throw new CheckError(`threw ${String(error)}, which is not what was expected`);
}

async function rejects(promise: unknown, expected?: Expected): Promise<void> {
  try {
    await (typeof promise === "function" ? (promise as Body)() : promise);
  } catch (error) {
    return check(error, expected);
  }
  throw new CheckError("the promise was expected to be rejected");
}

async function doesNotReject(promise: unknown): Promise<void> {
  await (typeof promise === "function" ? (promise as Body)() : promise);
}

function throws(body: Body, expected?: Expected): void {
  try {
    body();
  } catch (error) {
    return check(error, expected);
  }
  throw new CheckError("the function was expected to throw");
}

const doesNotThrow = (body: Body): void => void body();

/** Comparisons of Node, whose errors cannot be held across a suspension. */
function plainly(compare: Body): Body {
  return (...args: unknown[]) => {
    try {
      compare(...args);
    } catch (error) {
      throw new CheckError((error as Error).message);
    }
  };
}

const shared = {
  ok: plainly(node.ok),
  fail: plainly(node.fail),
  ifError: plainly(node.ifError),
  match: plainly(node.match),
  doesNotMatch: plainly(node.doesNotMatch),
  strictEqual: plainly(node.strictEqual),
  notStrictEqual: plainly(node.notStrictEqual),
  deepStrictEqual: plainly(node.deepStrictEqual),
  notDeepStrictEqual: plainly(node.notDeepStrictEqual),
  rejects,
  doesNotReject,
  throws,
  doesNotThrow,
  AssertionError: CheckError,
};

export const strict = Object.assign(plainly(node.ok), {
  ...shared,
  equal: shared.strictEqual,
  notEqual: shared.notStrictEqual,
  deepEqual: shared.deepStrictEqual,
  notDeepEqual: shared.notDeepStrictEqual,
});
export const loose = Object.assign(plainly(node.ok), {
  ...shared,
  equal: plainly(node.equal),
  notEqual: plainly(node.notEqual),
  deepEqual: plainly(node.deepEqual),
  notDeepEqual: plainly(node.notDeepEqual),
  strict,
});
