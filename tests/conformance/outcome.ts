/** What a run of a test, compiled or not, comes to. */
import type { Test } from "./collect.ts";
import { createRealm, loadHarness, type Realm } from "./realm.ts";

// biome-ignore lint/suspicious/noExplicitAny: values of another realm have no type here
type Any = any;

export interface Thrown {
  readonly error: unknown;
}

export function harnessOf(test: Test): string[] {
  const handles = test.flags.includes("async") ? ["doneprintHandle.js"] : [];
  return test.flags.includes("raw") ? [] : ["assert.js", "sta.js", ...handles, ...test.includes];
}

export function prepareRealm(test262: string, test: Test): Realm {
  const realm = createRealm();
  loadHarness(realm, test262, harnessOf(test));
  return realm;
}

/** Whether an asynchronous test has said that it is over, or the main text that awaits were put into has ended. */
export function hasEnded(test: Test, realm: Pick<Realm, "printed" | "ended">): boolean {
  if (test.flags.includes("async")) return realm.printed.some((line) => line.startsWith("Test262:Async"));
  return realm.ended !== undefined;
}

/** Why the test failed; `undefined` if it passed. `inject`: it has to end of itself. */
export function failureOf(
  test: Test,
  realm: Pick<Realm, "printed" | "ended">,
  thrown: Thrown | undefined,
  inject = false,
): string | undefined {
  const error = thrown ?? realm.ended?.thrown;
  if (test.negative !== null) {
    if (error === undefined) return `did not throw ${test.negative.type}`;
    const { name } = (error.error as Any)?.constructor ?? {};
    return name === test.negative.type ? undefined : `threw ${shown(error.error)} for ${test.negative.type}`;
  }
  if (error !== undefined) return `threw ${shown(error.error)}`;
  if (inject && realm.ended === undefined) return "never ended";
  if (!test.flags.includes("async")) return undefined;
  const line = realm.printed.find((each) => each.startsWith("Test262:Async"));
  if (line === undefined) return "never ended";
  return line.startsWith("Test262:AsyncTestComplete")
    ? undefined
    : line.replace("Test262:AsyncTestFailure:", "");
}

function shown(error: Any): string {
  try {
    if (error !== null && typeof error === "object" && "message" in error)
      return `${error.constructor?.name}: ${String(error.message)}`;
    return String(error);
  } catch {
    return "a value that cannot be shown";
  }
}
