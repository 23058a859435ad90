/**
 * The tests of a file, and how they are run: what every adapter registers with. This module and the adapters are compiled with the tests and
 * live in their task, so that they are frozen and thawed with them.
 */
import { begin, done, end } from "continua:conformance";

// biome-ignore lint/suspicious/noExplicitAny: functions of a test have no type here
export type Body = (...args: any[]) => unknown;

interface Hooks {
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
}

export interface Group extends Hooks {
  readonly title: string;
  readonly parent: Group | undefined;
  readonly context: object;
  entered: boolean;
  left: number;
}

interface Test {
  readonly title: string;
  readonly group: Group;
  readonly run: Body;
  readonly skip: string | undefined;
  /** A test that has to fail. */
  readonly fails: boolean;
}

/** `this` of mocha's bodies. */
const outermost = {
  timeout(): unknown {
    return this;
  },
  slow(): unknown {
    return this;
  },
  retries(): unknown {
    return this;
  },
  skip(): never {
    throw new Skipped();
  },
};

const makeGroup = (title: string, parent: Group | undefined): Group => ({
  title,
  parent,
  context: Object.create(parent === undefined ? outermost : parent.context) as object,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
  entered: false,
  left: 0,
});

/** Thrown by a test that skips itself. */
export class Skipped extends Error {
  constructor(what = "the package skips it") {
    super(what);
    this.name = "Skipped";
  }
}

/** What the runner can do and its adapter cannot. */
export class NotAdapted extends Skipped {
  constructor(what: string) {
    super(`the adapter has no ${what}`);
    this.name = "NotAdapted";
  }
}

export const root = makeGroup("", undefined);
let current = root;
const tests: Test[] = [];

export function group(title: string, define: Body): void {
  const outer = current;
  current = makeGroup(outer === root ? title : `${outer.title} > ${title}`, outer);
  try {
    define.call(current.context);
  } finally {
    current = outer;
  }
}

export function add(
  title: string,
  run: Body,
  options: { skip?: string | undefined; fails?: boolean } = {},
): void {
  const full = current === root ? title : `${current.title} > ${title}`;
  tests.push({ title: full, group: current, run, skip: options.skip, fails: options.fails ?? false });
  for (let at: Group | undefined = current; at !== undefined; at = at.parent) at.left += 1;
}

export function hook(kind: keyof Hooks, body: Body): void {
  current[kind].push(body);
}

/** The groups around a test, the outermost first. */
function around(test: Test): Group[] {
  const groups: Group[] = [];
  for (let at: Group | undefined = test.group; at !== undefined; at = at.parent) groups.unshift(at);
  return groups;
}

export interface Input {
  /** Number of the first test to run: those before it have been run elsewhere. */
  readonly from: number;
}

/** A test may put its own in the place of it. */
const realTimeout = setTimeout;

/** Lets everything else come to rest. */
export function stop(): Promise<void> {
  return new Promise((resolve) => realTimeout(resolve, 0));
}

export async function runAll({ from }: Input): Promise<void> {
  for (let at = 0; at < tests.length; at += 1) {
    const test = tests[at]!;
    if (at >= from) {
      // A stop between any two tests: what they share goes through bytes, even if none of them waits.
      await stop();
      begin(at, test.title);
      if (test.skip !== undefined) end(at, "skipped", test.skip);
      else await runOne(test, at);
    }
    for (const each of around(test).reverse()) {
      each.left -= 1;
      if (each.left === 0 && each.entered) for (const body of each.after) await call(body, each.context);
    }
  }
  done();
}

async function runOne(test: Test, at: number): Promise<void> {
  let reason: string | undefined;
  try {
    await prepare(test);
    await call(test.run, test.group.context);
  } catch (error) {
    const isOver =
      error instanceof Error && error.name === "ProcessExit" && "code" in error && error.code === 0;
    reason = isOver ? undefined : reasonOf(error);
  }
  try {
    for (const each of around(test).reverse())
      for (const body of each.afterEach) await call(body, each.context);
  } catch (error) {
    reason ??= reasonOf(error);
  }
  if (/^(NotAdapted|Skipped):/.test(reason ?? "")) end(at, "skipped", reason!);
  else if (test.fails) end(at, reason === undefined ? "failed" : "passed", "it was expected to fail");
  else end(at, reason === undefined ? "passed" : "failed", reason ?? "");
}

async function prepare(test: Test): Promise<void> {
  for (const each of around(test)) {
    if (!each.entered) {
      each.entered = true;
      for (const body of each.before) await call(body, each.context);
    }
    for (const body of each.beforeEach) await call(body, each.context);
  }
}

/** A body with a parameter may want to be told by a callback when it is done, as in mocha; adapters that pass an argument wrap theirs. */
function call(body: Body, context: object): unknown {
  if (body.length === 0) return body.call(context);
  return new Promise<void>((resolve, reject) => {
    body.call(context, (error: unknown) =>
      error === undefined || error === null ? resolve() : reject(error),
    );
  });
}

export function reasonOf(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return `threw ${String(error)}`;
}

/** Thrown by adapters: plain, so that it can be held across a suspension. */
export class CheckError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CheckError";
  }
}
