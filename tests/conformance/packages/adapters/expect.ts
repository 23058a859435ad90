/** The matchers of `expect` that jest and vitest share, and their mock functions. */
import { strict } from "./assert.ts";
import { type Body, CheckError } from "./suite.ts";

export interface Mock extends Body {
  mock: { calls: unknown[][]; results: { type: string; value: unknown }[] };
}

function same(value: unknown, expected: unknown): boolean {
  if (isPattern(expected)) return expected.matches(value);
  try {
    strict.deepEqual(value, expected);
    return true;
  } catch {
    return false;
  }
}

interface Pattern {
  readonly isPattern: true;
  matches(value: unknown): boolean;
}
const isPattern = (value: unknown): value is Pattern =>
  typeof value === "object" && value !== null && "isPattern" in value;
const pattern = (matches: (value: unknown) => boolean): Pattern => ({ isPattern: true, matches });

/** Loose: fields that are undefined do not count, nor do classes. */
function alike(value: unknown, expected: unknown): boolean {
  if (isPattern(expected)) return expected.matches(value);
  if (typeof expected !== "object" || expected === null || typeof value !== "object" || value === null)
    return Object.is(value, expected);
  if (Array.isArray(expected))
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((each, index) => alike(value[index], each))
    );
  if (
    expected instanceof Map ||
    expected instanceof Set ||
    expected instanceof Date ||
    expected instanceof RegExp ||
    ArrayBuffer.isView(expected)
  )
    return same(value, expected);
  if (expected instanceof Error) return value instanceof Error && value.message === expected.message;
  const keys = new Set([...Object.keys(value), ...Object.keys(expected)]);
  return [...keys].every((key) =>
    alike((value as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key]),
  );
}

function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null || isPattern(part)) return alike(value, part);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(part).every(([key, expected]) =>
    contains((value as Record<string, unknown>)[key], expected),
  );
}

function thrown(error: unknown, expected: unknown): boolean {
  if (expected === undefined) return true;
  const message = error instanceof Error ? error.message : String(error);
  if (typeof expected === "string") return message.includes(expected);
  if (expected instanceof RegExp) return expected.test(message);
  if (typeof expected === "function") return error instanceof (expected as never);
  return message === (expected as Error).message;
}

function at(value: unknown, path: string | readonly string[]): { has: boolean; value: unknown } {
  let found = value;
  for (const key of typeof path === "string" ? path.split(".") : path) {
    if (found === null || found === undefined || !(key in Object(found)))
      return { has: false, value: undefined };
    found = (found as Record<string, unknown>)[key];
  }
  return { has: true, value: found };
}

const calls = (value: unknown): unknown[][] => (value as Mock).mock.calls;

const matchers: Record<string, (value: unknown, ...expected: never[]) => boolean> = {
  toBe: (value, expected) => Object.is(value, expected),
  toEqual: alike,
  toStrictEqual: same,
  toMatchObject: contains,
  toBeUndefined: (value) => value === undefined,
  toBeDefined: (value) => value !== undefined,
  toBeNull: (value) => value === null,
  toBeTruthy: (value) => Boolean(value),
  toBeFalsy: (value) => !value,
  toBeNaN: (value) => Number.isNaN(value),
  toBeTypeOf: (value, type) => typeof value === type,
  toBeInstanceOf: (value, type) => (value as object) instanceof type,
  toBeGreaterThan: (value, than) => (value as number) > than,
  toBeGreaterThanOrEqual: (value, than) => (value as number) >= than,
  toBeLessThan: (value, than) => (value as number) < than,
  toBeLessThanOrEqual: (value, than) => (value as number) <= than,
  toBeCloseTo: (value, near, digits: number = 2 as never) =>
    Math.abs((value as number) - near) < 10 ** -digits / 2,
  toHaveLength: (value, length) => (value as unknown[]).length === length,
  toContain: (value, item) =>
    typeof value === "string" ? value.includes(item) : [...(value as Iterable<unknown>)].includes(item),
  toContainEqual: (value, item) => [...(value as Iterable<unknown>)].some((each) => alike(each, item)),
  toMatch: (value, wanted: string | RegExp) =>
    typeof wanted === "string" ? (value as string).includes(wanted) : wanted.test(value as string),
  toHaveProperty: (value, path: string, ...expected: unknown[]) => {
    const found = at(value, path);
    return found.has && (expected.length === 0 || alike(found.value, expected[0]));
  },
  toHaveBeenCalled: (value) => calls(value).length > 0,
  toHaveBeenCalledTimes: (value, times) => calls(value).length === times,
  toHaveBeenCalledOnce: (value) => calls(value).length === 1,
  toHaveBeenCalledWith: (value, ...args: unknown[]) => calls(value).some((each) => alike(each, args)),
  toHaveBeenLastCalledWith: (value, ...args: unknown[]) => alike(calls(value).at(-1), args),
  toHaveBeenNthCalledWith: (value, nth: number, ...args: unknown[]) => alike(calls(value)[nth - 1], args),
};
matchers["toBeCalled"] = matchers["toHaveBeenCalled"]!;
matchers["toBeCalledTimes"] = matchers["toHaveBeenCalledTimes"]!;
matchers["toBeCalledWith"] = matchers["toHaveBeenCalledWith"]!;

function settle(name: string, not: boolean, holds: boolean, value: unknown): void {
  if (holds === not) throw new CheckError(`${not ? "not." : ""}${name} does not hold for ${String(value)}`);
}

type Matchers = Record<string, unknown>;

function expectations(value: unknown, not: boolean): Matchers {
  const made: Matchers = {};
  for (const [name, matcher] of Object.entries(matchers)) {
    made[name] = (...args: unknown[]) => settle(name, not, Boolean((matcher as Body)(value, ...args)), value);
  }
  made["toThrow"] = (expected?: unknown) => {
    let holds = false;
    try {
      (value as Body)();
    } catch (error) {
      holds = thrown(error, expected);
    }
    settle("toThrow", not, holds, "the function");
  };
  made["toThrowError"] = made["toThrow"];
  return made;
}

/** `resolves` and `rejects`: the same matchers, of what a promise comes to. */
function later(promise: unknown, rejects: boolean, not: boolean): Matchers {
  const made: Matchers = {};
  for (const name of [...Object.keys(matchers), "toThrow", "toThrowError"]) {
    made[name] = async (...args: unknown[]) => {
      const { failed, value } = await outcomeOf(promise);
      if (failed !== rejects)
        throw new CheckError(`the promise was ${failed ? `rejected: ${String(value)}` : "not rejected"}`);
      if (rejects && name.startsWith("toThrow")) return settle(name, not, thrown(value, args[0]), value);
      (expectations(value, not)[name] as Body)(...args);
    };
  }
  if (!not) made["not"] = later(promise, rejects, true);
  return made;
}

async function outcomeOf(promise: unknown): Promise<{ failed: boolean; value: unknown }> {
  try {
    return { failed: false, value: await (typeof promise === "function" ? (promise as Body)() : promise) };
  } catch (error) {
    return { failed: true, value: error };
  }
}

export const expect = Object.assign(
  (value: unknown): Matchers => ({
    ...expectations(value, false),
    not: expectations(value, true),
    resolves: later(value, false, false),
    rejects: later(value, true, false),
  }),
  {
    any: (type: Body) =>
      pattern((value) => Object(value) instanceof type || typeof value === type.name.toLowerCase()),
    anything: () => pattern((value) => value !== null && value !== undefined),
    objectContaining: (part: object) => pattern((value) => contains(value, part)),
    arrayContaining: (items: unknown[]) =>
      pattern((value) => items.every((item) => (value as unknown[]).some((each) => alike(each, item)))),
    stringContaining: (text: string) => pattern((value) => typeof value === "string" && value.includes(text)),
    stringMatching: (wanted: RegExp | string) => pattern((value) => new RegExp(wanted).test(value as string)),
    assertions: () => {},
    hasAssertions: () => {},
    fail: (message: string) => {
      throw new CheckError(message);
    },
  },
);

function mock(implementation: Body | undefined): Mock {
  let once: Body[] = [];
  let usual = implementation;
  const state: Mock["mock"] = { calls: [], results: [] };
  const fn = function (this: unknown, ...args: unknown[]): unknown {
    state.calls.push(args);
    const value = (once.shift() ?? usual)?.apply(this, args);
    state.results.push({ type: "return", value });
    return value;
  };
  const clear = (): void => {
    state.calls.length = 0;
    state.results.length = 0;
  };
  const self = Object.assign(fn, {
    mock: state,
    mockImplementation: (body: Body) => {
      usual = body;
      return self;
    },
    mockImplementationOnce: (body: Body) => {
      once.push(body);
      return self;
    },
    mockReturnValue: (value: unknown) => {
      usual = () => value;
      return self;
    },
    mockReturnValueOnce: (value: unknown) => {
      once.push(() => value);
      return self;
    },
    mockResolvedValue: (value: unknown) => {
      usual = async () => value;
      return self;
    },
    mockResolvedValueOnce: (value: unknown) => {
      once.push(async () => value);
      return self;
    },
    mockRejectedValue: (value: unknown) => {
      usual = async () => {
        throw value;
      };
      return self;
    },
    mockRejectedValueOnce: (value: unknown) => {
      once.push(async () => {
        throw value;
      });
      return self;
    },
    mockClear: () => {
      clear();
      return self;
    },
    mockReset: () => {
      clear();
      once = [];
      usual = undefined;
      return self;
    },
  });
  return self;
}

/** Time is virtual anyway: to let it pass is to wait. */
const pass = async (ms: number): Promise<void> => {
  await new Promise<void>((resolve) => setTimeout(resolve, ms));
};

const tools = {
  fn: (implementation?: Body) => mock(implementation),
  useFakeTimers: () => tools,
  useRealTimers: () => tools,
  advanceTimersByTimeAsync: pass,
  runAllTimersAsync: () => pass(1_000_000),
  restoreAllMocks: () => tools,
  clearAllMocks: () => tools,
};
export const vi: typeof tools = tools;
export const jest: typeof tools = tools;
