/** `uvu/assert`. */
import { strict } from "./assert.ts";
import { type Body, CheckError, NotAdapted } from "./suite.ts";

function check(holds: unknown, what: string): void {
  if (!holds) throw new CheckError(what);
}

const matches = (value: string, wanted: string | RegExp): boolean =>
  typeof wanted === "string" ? value.includes(wanted) : wanted.test(value);

export const ok = (value: unknown): void => check(value, "it is not truthy");
export const is = Object.assign(
  (value: unknown, expected: unknown): void =>
    check(value === expected, `${String(value)} is not ${String(expected)}`),
  {
    not: (value: unknown, expected: unknown): void => check(value !== expected, `it is ${String(expected)}`),
  },
);
export const equal = (value: unknown, expected: unknown): void => void strict.deepEqual(value, expected);
export const type = (value: unknown, expected: string): void => is(typeof value, expected);
export const instance = (value: unknown, kind: Body): void =>
  check(value instanceof (kind as never), `no ${kind.name}`);
export const match = (value: string, wanted: string | RegExp): void =>
  check(matches(value, wanted), `${value} does not match ${String(wanted)}`);
export const unreachable = (message = "this place is not to be reached"): void => check(false, message);
export const snapshot = (): never => {
  throw new NotAdapted("snapshot");
};
export const fixture = snapshot;

export function throws(body: Body, expected?: string | RegExp | Body): void {
  try {
    body();
  } catch (error) {
    if (typeof expected === "function") check(expected(error), "another error");
    else if (expected !== undefined) match((error as Error).message, expected);
    return;
  }
  throw new CheckError("the function was expected to throw");
}

export const not = Object.assign((value: unknown): void => check(!value, "it is truthy"), {
  ok: (value: unknown): void => check(!value, "it is truthy"),
  equal: (value: unknown, expected: unknown): void => void strict.notDeepEqual(value, expected),
  type: (value: unknown, wrong: string): void => check(typeof value !== wrong, `it is a ${wrong}`),
  instance: (value: unknown, kind: Body): void =>
    check(!(value instanceof (kind as never)), `a ${kind.name}`),
  match: (value: string, wanted: string | RegExp): void =>
    check(!matches(value, wanted), `it matches ${String(wanted)}`),
  throws: (body: Body): void => void body(),
});
