/** The matchers of `expect` that jest and vitest share, and their mock functions. */
import { strict } from "./assert.ts";
import { clock } from "./fake-clock.ts";
import { addSerializer, plainSnapshot, printed, type Serializer } from "./print.ts";
import { type Body, CheckError, NotAdapted } from "./suite.ts";

export interface Mock extends Body {
  mock: {
    calls: unknown[][];
    results: { type: string; value: unknown }[];
    instances: unknown[];
    readonly lastCall: unknown[] | undefined;
  };
}

/** Strictly equal; patterns may stand anywhere in what is expected. */
function same(value: unknown, expected: unknown): boolean {
  if (isPattern(expected)) return expected.matches(value);
  if (holdsPattern(expected, [])) return sameParts(value, expected as object);
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

function holdsPattern(value: unknown, outer: readonly unknown[]): boolean {
  if (isPattern(value)) return true;
  if (typeof value !== "object" || value === null || outer.includes(value)) return false;
  if (!Array.isArray(value) && !isPlain(value)) return false;
  return Object.values(value).some((each) => holdsPattern(each, [...outer, value]));
}
const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));

function sameParts(value: unknown, expected: object): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(expected)) return false;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(value).length &&
    keys.every(
      (key) => Object.hasOwn(value, key) && same((value as Globals)[key], (expected as Globals)[key]),
    )
  );
}

/** `expect.addEqualityTesters`: what a test knows of its own values. It answers nothing where it knows nothing. */
const testers: Body[] = [];
const told = (value: unknown, expected: unknown): unknown =>
  testers
    .map((each) => each.call({ equals: alike }, value, expected, testers))
    .find((each) => each !== undefined);

/** Loose: fields that are undefined do not count, nor do classes. */
function alike(value: unknown, expected: unknown): boolean {
  if (isPattern(expected)) return expected.matches(value);
  const known = told(value, expected);
  if (known !== undefined) return Boolean(known);
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
  const known = told(value, part);
  if (known !== undefined) return Boolean(known);
  return Object.entries(part).every(([key, expected]) =>
    contains((value as Record<string, unknown>)[key], expected),
  );
}

function thrown(error: unknown, expected: unknown): boolean {
  if (expected === undefined) return true;
  if (isPattern(expected)) return expected.matches(error);
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
const results = (value: unknown): Mock["mock"]["results"] => (value as Mock).mock.results;

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
const later =
  (name: string): ((...args: never[]) => boolean) =>
  () => {
    throw new NotAdapted(name);
  };
Object.assign(matchers, {
  toSatisfy: (value: unknown, holds: Body) => holds(value),
  toBeOneOf: (value: unknown, list: Iterable<unknown>) => [...list].some((each) => alike(value, each)),
  toHaveReturned: (value: unknown) => results(value).some(({ type }) => type === "return"),
  toHaveReturnedTimes: (value: unknown, times: number) =>
    results(value).filter(({ type }) => type === "return").length === times,
  toHaveReturnedWith: (value: unknown, expected: unknown) =>
    results(value).some(({ type, value: returned }) => type === "return" && alike(returned, expected)),
  toHaveLastReturnedWith: (value: unknown, expected: unknown) =>
    alike(results(value).at(-1)?.value, expected),
  toHaveBeenCalledExactlyOnceWith: (value: unknown, ...args: unknown[]) =>
    calls(value).length === 1 && alike(calls(value)[0], args),
  ...Object.fromEntries(
    ["toMatchSnapshot", "toMatchFileSnapshot", "toThrowErrorMatchingSnapshot"].map((name) => [
      name,
      later(name),
    ]),
  ),
  toMatchInlineSnapshot: (value: unknown, ...expected: unknown[]) =>
    inSnapshot(expected, printed(value), printed(value, true)),
});
/** In the shape that one of the runners gives it. A snapshot that nobody has written down yet says nothing. */
function inSnapshot(expected: readonly unknown[], ...shapes: readonly string[]): boolean {
  const text = expected.find((each) => typeof each === "string");
  if (text === undefined) throw new NotAdapted("a snapshot that is not written down");
  return shapes.some((shape) => plainSnapshot(shape) === plainSnapshot(text));
}
/** Thrown by `value()`; or what a promise was rejected with, for `rejects`. */
function thrownSnapshot(error: unknown, expected: readonly unknown[]): boolean {
  const message = error instanceof Error ? error.message : error;
  return inSnapshot(expected, printed(error), printed(message));
}
matchers["lastCalledWith"] = matchers["toHaveBeenLastCalledWith"]!;
matchers["nthCalledWith"] = matchers["toHaveBeenNthCalledWith"]!;
matchers["toReturnWith"] = matchers["toHaveReturnedWith"]!;
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
  const throwing = (name: string, fits: (error: unknown, expected: unknown[]) => boolean) => {
    made[name] = (...expected: unknown[]) => {
      let holds = false;
      try {
        (value as Body)();
      } catch (error) {
        holds = fits(error, expected);
      }
      settle(name, not, holds, "the function");
    };
  };
  throwing("toThrow", (error, [expected]) => thrown(error, expected));
  made["toThrowError"] = made["toThrow"]!;
  throwing("toThrowErrorMatchingInlineSnapshot", thrownSnapshot);
  return made;
}

/** `resolves` and `rejects`: the same matchers, of what a promise comes to. */
function awaited(promise: unknown, rejects: boolean, not: boolean): Matchers {
  const made: Matchers = {};
  const throwing = ["toThrow", "toThrowError", "toThrowErrorMatchingInlineSnapshot"];
  for (const name of [...Object.keys(matchers), ...throwing]) {
    made[name] = async (...args: unknown[]) => {
      const { failed, value } = await outcomeOf(promise);
      if (failed !== rejects)
        throw new CheckError(`the promise was ${failed ? `rejected: ${String(value)}` : "not rejected"}`);
      if (rejects && name.startsWith("toThrow")) {
        const holds = name.endsWith("Snapshot") ? thrownSnapshot(value, args) : thrown(value, args[0]);
        return settle(name, not, holds, value);
      }
      (expectations(value, not)[name] as Body)(...args);
    };
  }
  if (!not) made["not"] = awaited(promise, rejects, true);
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
    resolves: awaited(value, false, false),
    rejects: awaited(value, true, false),
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
    closeTo: (near: number, digits = 2) =>
      pattern((value) => Math.abs((value as number) - near) < 10 ** -digits / 2),
    not: {
      objectContaining: (part: object) => pattern((value) => !contains(value, part)),
      arrayContaining: (items: unknown[]) =>
        pattern((value) => !items.every((item) => (value as unknown[]).some((each) => alike(each, item)))),
      stringContaining: (text: string) =>
        pattern((value) => typeof value !== "string" || !value.includes(text)),
      stringMatching: (wanted: RegExp | string) =>
        pattern((value) => !new RegExp(wanted).test(value as string)),
    },
    extend: (more: Record<string, Body>) => {
      for (const [name, matcher] of Object.entries(more))
        matchers[name] = (value, ...args) =>
          Boolean((matcher.call({ isNot: false, equals: alike }, value, ...args) as { pass: boolean }).pass);
    },
    addEqualityTesters: (more: readonly Body[]) => void testers.push(...more),
    assertions: () => {},
    hasAssertions: () => {},
    addSnapshotSerializer: (serializer: Serializer) => addSerializer(serializer),
    getState: () => ({}),
    setState: () => {},
    unreachable: (message = "this place is not to be reached") => {
      throw new CheckError(message);
    },
    fail: (message: string) => {
      throw new CheckError(message);
    },
  },
);

/** What a mock does when it is called: next, and then usually. */
interface Plan {
  once: Body[];
  usual: Body | undefined;
}

function mock(implementation: Body | undefined): Mock {
  const plan: Plan = { once: [], usual: implementation };
  const state: Mock["mock"] = {
    calls: [],
    results: [],
    instances: [],
    get lastCall() {
      return state.calls.at(-1);
    },
  };
  const fn = function (this: unknown, ...args: unknown[]): unknown {
    state.calls.push(args);
    state.instances.push(this);
    const result: Mock["mock"]["results"][number] = { type: "incomplete", value: undefined };
    state.results.push(result);
    try {
      const value: unknown = (plan.once.shift() ?? plan.usual)?.apply(this, args);
      Object.assign(result, { type: "return", value });
      return value;
    } catch (error) {
      Object.assign(result, { type: "throw", value: error });
      throw error;
    }
  };
  const clear = (): void => {
    state.calls = [];
    state.results = [];
    state.instances = [];
  };
  const self = Object.assign(fn, {
    mock: state,
    getMockName: () => "mock",
    getMockImplementation: () => plan.usual,
    mockName: () => self,
    mockClear: () => {
      clear();
      return self;
    },
    mockReset: () => {
      clear();
      plan.once = [];
      plan.usual = undefined;
      return self;
    },
    mockRestore: () => {
      self.mockReset();
      restored(self);
      return self;
    },
  });
  return Object.assign(self, planners(self, plan));
}

/** `mockReturnValue`, `mockReturnValueOnce` and their like. */
function planners(self: Body, plan: Plan): Record<string, Body> {
  const kinds: Readonly<Record<string, (value: unknown) => Body>> = {
    Implementation: (body) => body as Body,
    ReturnValue: (value) => () => value,
    ResolvedValue: (value) => async () => value,
    RejectedValue: (value) => async () => {
      throw value;
    },
    ReturnThis: () =>
      function (this: unknown) {
        return this;
      },
  };
  const made: Record<string, Body> = {};
  for (const [kind, bodyFor] of Object.entries(kinds)) {
    made[`mock${kind}`] = (value) => {
      plan.usual = bodyFor(value);
      return self;
    };
    made[`mock${kind}Once`] = (value) => {
      plan.once.push(bodyFor(value));
      return self;
    };
  }
  return made;
}

/** What `spyOn` has put a mock in the place of. */
let spies: { readonly spy: object; readonly restore: Body }[] = [];

function restored(spy: object): void {
  for (const each of spies.filter((other) => other.spy === spy)) each.restore();
  spies = spies.filter((other) => other.spy !== spy);
}

function spyOn(holder: object, name: PropertyKey, access?: "get" | "set"): Mock {
  const before = Object.getOwnPropertyDescriptor(holder, name);
  const found = access === undefined ? (holder as Record<PropertyKey, unknown>)[name] : before?.[access];
  if (typeof found === "function" && "mock" in found) return found as Mock;
  const spy = mock(found as Body | undefined);
  if (access === undefined) (holder as Record<PropertyKey, unknown>)[name] = spy;
  else Object.defineProperty(holder, name, { ...before, [access]: spy });
  const restore = (): void => {
    if (before === undefined) delete (holder as Record<PropertyKey, unknown>)[name];
    else Object.defineProperty(holder, name, before);
  };
  spies.push({ spy, restore });
  return spy;
}

const { setTimeout: realTimeout } = globalThis;
const realWait = (ms: number): Promise<void> =>
  new Promise((resolve) => void realTimeout(() => resolve(), ms));

const none = (name: string) => (): never => {
  throw new NotAdapted(name);
};

const tools = {
  fn: (implementation?: Body) => mock(implementation),
  spyOn,
  mocked: (value: unknown) => value,
  hoisted: (make: Body) => make(),
  isMockFunction: (value: unknown) => typeof value === "function" && "mock" in value,
  useFakeTimers: (options?: { now?: unknown; toFake?: readonly string[] } | string) => {
    clock.install(typeof options === "object" ? options : {});
    return tools;
  },
  useRealTimers: () => {
    clock.uninstall();
    return tools;
  },
  isFakeTimers: () => clock.installed,
  clearAllTimers: () => {
    clock.reset();
    return tools;
  },
  getTimerCount: () => clock.countTimers(),
  now: () => (clock.installed ? clock.now : Date.now()),
  getMockedSystemTime: () => (clock.installed ? new Date(clock.now) : null),
  getRealSystemTime: () => Date.now(),
  setSystemTime: (now?: unknown) => {
    // Without timers the runner fakes the date alone.
    if (!clock.installed) clock.install({ toFake: ["Date"] });
    clock.setSystemTime(now);
    return tools;
  },
  advanceTimersByTime: (ms: number) => advanced(clock.tick(ms)),
  advanceTimersToNextTimer: (times = 1) => {
    for (let count = 0; count < times; count += 1) clock.next();
    return tools;
  },
  runAllTimers: () => advanced(clock.runAll()),
  runOnlyPendingTimers: () => advanced(clock.runToLast()),
  setTimeout: () => tools,
  setConfig: () => tools,
  advanceTimersByTimeAsync: async (ms: number) => advanced(await clock.tickAsync(ms)),
  advanceTimersToNextTimerAsync: async () => advanced(await clock.nextAsync()),
  runAllTimersAsync: async () => advanced(await clock.runAllAsync()),
  runOnlyPendingTimersAsync: async () => advanced(await clock.runToLastAsync()),
  restoreAllMocks: () => {
    for (const { restore } of spies.splice(0)) restore();
    return tools;
  },
  clearAllMocks: () => tools,
  resetAllMocks: () => tools,
  unmock: () => tools,
  stubGlobal: (name: string, value: unknown) => {
    const known = Object.hasOwn(globalThis, name);
    stubs.push({ name, known, value: (globalThis as Globals)[name] });
    (globalThis as Globals)[name] = value;
    return tools;
  },
  unstubAllGlobals: () => {
    for (const { name, known, value } of stubs.splice(0).reverse()) {
      if (known) (globalThis as Globals)[name] = value;
      else delete (globalThis as Globals)[name];
    }
    return tools;
  },
  waitFor: async (holds: Body, options?: number | { timeout?: number; interval?: number }) => {
    const settings = typeof options === "number" ? { timeout: options } : (options ?? {});
    const { timeout = 1_000, interval = 50 } = settings;
    for (let left = timeout; ; left -= interval) {
      try {
        return await holds();
      } catch (error) {
        if (left <= 0) throw error;
      }
      if (clock.installed) clock.tick(interval);
      await realWait(interval);
    }
  },
  /** Modules are the program's. */
  ...Object.fromEntries(
    [
      ...["runAllTicks", "mock", "doMock", "importActual", "importMock", "requireActual"],
      ...["resetModules", "isolateModules", "stubEnv", "unstubAllEnvs"],
    ].map((name) => [name, none(name)]),
  ),
};
type Globals = Record<string, unknown>;
const stubs: { readonly name: string; readonly known: boolean; readonly value: unknown }[] = [];
const advanced = (_now: number): typeof tools => tools;
export const vi: typeof tools = tools;
export const jest: typeof tools = tools;

/** Types are for the type checker: what is said of them is taken as true. */
class TypeChecks {
  get not(): this {
    return this;
  }
}
for (const name of [
  "parameter",
  "parameters",
  "returns",
  "resolves",
  "items",
  "returnType",
  "instance",
  "exclude",
  "extract",
])
  Object.defineProperty(TypeChecks.prototype, name, {
    get(this: TypeChecks) {
      return Object.assign(() => this, { __proto__: this });
    },
  });
for (const name of [
  "EqualTypeOf",
  "MatchTypeOf",
  "Extend",
  "BeString",
  "BeNumber",
  "BeBoolean",
  "BeFunction",
  "BeObject",
  "BeArray",
  "BeNever",
])
  Object.defineProperty(TypeChecks.prototype, `to${name}`, { value: () => {} });
for (const name of [
  "BeAny",
  "BeUnknown",
  "BeVoid",
  "BeNull",
  "BeUndefined",
  "BeSymbol",
  "BeNullable",
  "HaveProperty",
  "BeCallableWith",
  "MatchObjectType",
])
  Object.defineProperty(TypeChecks.prototype, `to${name}`, { value: () => {} });
export const expectTypeOf = (): TypeChecks => new TypeChecks();
export const assertType = (): void => {};
