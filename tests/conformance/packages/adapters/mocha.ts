/** `describe` and `it`, `suite` and `test`, in the forms that mocha, jest, vitest and node:test share. */
import { add, type Body, group, hook } from "./suite.ts";

type Options = { skip?: unknown; todo?: unknown };

/** `(title, options?, body?)` in any order that is in use. */
function parts(args: readonly unknown[]): {
  title: string;
  body: Body | undefined;
  skip: string | undefined;
} {
  const body = args.find((each) => typeof each === "function") as Body | undefined;
  const options = (args.find((each) => typeof each === "object" && each !== null) ?? {}) as Options;
  const skip = options.skip || options.todo || body === undefined ? "the package skips it" : undefined;
  return { title: typeof args[0] === "string" ? args[0] : body?.name || "(untitled)", body, skip };
}

/** `a | b`, a line of names, and the values of each row behind it. */
function rowsOfTemplate(texts: TemplateStringsArray, cells: readonly unknown[]): object[] {
  const names = (texts[0] ?? "").split("|").map((name) => name.trim());
  const rows: object[] = [];
  for (let at = 0; at < cells.length; at += names.length)
    rows.push(Object.fromEntries(names.map((name, column) => [name, cells[at + column]])));
  return rows;
}

const shown = (value: unknown): string => {
  try {
    return String(value);
  } catch {
    return "(an object)";
  }
};
const titled = (title: unknown, values: readonly unknown[]): string =>
  `${typeof title === "function" ? title.name : shown(title)} ${values.map(shown).join(" ")}`;

export interface Skipping extends Body {
  readonly skip: Body;
  readonly fails: Body;
  readonly each: Body;
  readonly for: Body;
}

function withSkips(fn: Body, define: (args: readonly unknown[], skip: string) => void): Skipping {
  const skip = (...args: unknown[]): void => define(args, "the package skips it");
  const rowsOf = (table: readonly unknown[], cells: readonly unknown[]): readonly unknown[] =>
    "raw" in table ? rowsOfTemplate(table as unknown as TemplateStringsArray, cells) : table;
  const rows =
    (spread: boolean) =>
    (table: readonly unknown[], ...cells: unknown[]) =>
    (title: unknown, ...more: unknown[]): void => {
      const body = more.find((part) => typeof part === "function") as Body;
      for (const row of rowsOf(table, cells)) {
        const values = Array.isArray(row) && spread ? row : [row];
        fn(titled(title, values), (...context: unknown[]) => body(...values, ...(spread ? [] : context)));
      }
    };
  const when = (condition: unknown): unknown => (condition ? fn : skip);
  return Object.assign(fn, {
    skip,
    todo: skip,
    skipIf: (condition: unknown) => when(!condition),
    runIf: when,
    only: fn,
    each: rows(true),
    for: rows(false),
    fails: (...args: unknown[]): unknown => addTest(args, undefined, true),
    failing: (...args: unknown[]): unknown => addTest(args, undefined, true),
    concurrent: fn,
    sequential: fn,
    shuffle: fn,
    timeout: fn,
  });
}

const addTest = (args: readonly unknown[], skip?: string, fails = false): Chained => {
  const found = parts(args);
  add(found.title, found.body ?? (() => {}), { skip: skip ?? found.skip, fails });
  return chained;
};
const addGroup = (args: readonly unknown[]): Chained => {
  const { title, body } = parts(args);
  if (body !== undefined) group(title, body);
  return chained;
};
/** What mocha's `it` and `describe` answer. */
const chained = { timeout: () => chained, retries: () => chained, slow: () => chained };
type Chained = unknown;

export const it = withSkips((...args: unknown[]): Chained => addTest(args), addTest);
export const test = it;
export const specify = it;
export const xit = it.skip;
export const xtest = it.skip;
export const describe = withSkips(
  (...args: unknown[]): Chained => addGroup(args),
  (args) => {
    const { title } = parts(args);
    add(title, () => {}, { skip: "the package skips it" });
  },
);
export const suite = describe;
export const xdescribe = describe.skip;
export const context = describe;

const hooked =
  (kind: "before" | "after" | "beforeEach" | "afterEach") =>
  (...args: unknown[]): void =>
    hook(kind, args.find((each) => typeof each === "function") as Body);
export const before = hooked("before");
export const after = hooked("after");
export const beforeAll = before;
export const afterAll = after;
export const suiteSetup = before;
export const suiteTeardown = after;
export const beforeEach = hooked("beforeEach");
export const afterEach = hooked("afterEach");
export const setup = beforeEach;
export const teardown = afterEach;
