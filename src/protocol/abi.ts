/**
 * What compiled code and the runtime agree on: names, shapes, calling convention. Nothing else is shared between the
 * compiler and the runtime; a change here is a new `abiVersion`.
 *
 * ## A compiled module
 *
 * is the body of a strict function of one parameter, `$rt` ({@link Abi}), that returns a {@link ModuleDefinition}. It
 * is evaluated once in a process. Everything in it is code; the variables of the module live in a *record*, one
 * for each task (design L5), and code reaches them only through it.
 *
 * ## Environments
 *
 * A variable that a nested function captures lives in an *environment*: a plain object with a field for each
 * captured variable of one scope instance, under the variable's own name, and `$up`, the enclosing environment. The
 * outermost environment is the module's record. Pseudo-variables that arrow functions capture are fields too: `$this`,
 * `$arguments`, `$newTarget`. A field not initialised yet (temporal dead zone) holds `$rt.uninitialized`.
 * The environment of a class may have `$private` besides, which is not enumerable and not saved: access to private members for
 * code outside the text of the class. User names that begin with `$` are kept apart by a longer prefix chosen for the module.
 *
 * ## Closures
 *
 * Every function value is made by its *site*: `$rt.closure(sites[i], env)`, which calls `site.make(env, site)` and
 * stamps the result with (site, env); or, for plain functions, `$rt.stamp(make(env), sites[i], env)`. Given the stamp, a closure is saved as two numbers and made again from them.
 * What `make` of a plain function reads of its environment then and there is final, or is read again ({@link Refill}).
 *
 * ## Suspendable functions
 *
 * The *body* of an async function (site.body) is `(frame, env, self, ...args)`.
 * - Called with `frame === null` it starts, and runs until it returns its value, throws, or returns `$rt.suspended`.
 * - Before it returns `$rt.suspended` it has called `$k.suspend(site, label, slots)` with the values of its live variables in
 *   the order of `site.labels[label].slots`. Each caller on the native stack that sees `suspended` does the same, so frames are
 *   linked from the innermost outward.
 * - Called with a frame it takes its variables from `frame.slots`, goes to `frame.label`, and continues with
 *   `$k.resumed()`, which returns or throws what was awaited (behind a poll nothing was). All other parameters are absent then.
 * A return value is what the source returns, thenable or not: the runtime adopts thenables.
 *
 * ## Generators
 *
 * The body of a generator, called with `frame === null`, evaluates the parameters and returns its first frame (`$rt.begin`), which the runtime puts
 * into a generator object. Every later call has a frame. A synchronous body gets a {@link GeneratorFrame}: it hands a value out
 * by returning `frame.yield(label, slots, value)`, which is `suspended`, and goes on with `frame.resumed()`. An asynchronous body suspends as async
 * functions do, at a `yield` on `$k.yield(frame, value)`; its frame's parent is the generator. Where `yield` is worth `$rt.returning` the body returns
 * `frame.value` (`$k.returned(frame)`, awaited).
 */

export const abiVersion = 6;
/** The oldest version whose modules still run: its checkpoints belong to its code (design T6). */
export const abiOldest = 1;

/** Name of slot 0 where a loop goes on at its head. */
export const atHead = "$head";
/** Returned by a body that has suspended. Never a value of a program. */
export const suspended: unique symbol = Symbol("suspended");
/** What `yield` is worth when the generator is to return. Never a value of a program. */
export const returning: unique symbol = Symbol("returning");
/** Content of a variable in its temporal dead zone. Never a value of a program. */
export const uninitialized: unique symbol = Symbol("uninitialized");

/** Globals that compiled code takes from the task (`$k.globals.X`) instead of from the realm, because their state is saved. */
export const durableGlobals = [
  "Promise",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "console",
  "AbortController",
  "AbortSignal",
  "EventTarget",
  "Event",
  "CustomEvent",
  "Proxy",
  "process",
  "performance",
  "globalThis",
  "global",
] as const;
export type DurableGlobal = (typeof durableGlobals)[number];

export interface Environment {
  [name: string]: unknown;
}

/** The record of a module: its variables under their field names, and the three things its code needs to reach. */
export interface ModuleRecord {
  /** The task's kernel. */
  readonly $k: Kernel;
  /**
   * The imported modules, in the order of {@link ModuleDefinition.imports}: every export readable under its name, live. One from which nothing is
   * imported by name is the namespace that programs see; until version 5 all were.
   */
  readonly $i: readonly Readonly<Record<string, unknown>>[];
  /** `import.meta` */
  readonly $meta: { readonly url: string; readonly dirname: string; readonly filename: string };
  [variable: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the values of a program have no type here
type Any = any;

export interface SourcePosition {
  /** From 1. */
  readonly line: number;
  /** From 0, in UTF-16 units, as source maps count. */
  readonly column: number;
}

/** One point at which a function may be suspended. */
export interface Label extends SourcePosition {
  /**
   * Names of the slots of a frame suspended here. Generated ones begin with `$`. The first is the environment: `$e`, or {@link atHead} where a loop
   * goes on with its test. Until version 5 it went on with its body: by the name an upgrade tells the two apart.
   */
  readonly slots: readonly string[];
  /** The code from here to the next suspension calls nothing, if so much holds. Absent: it may. */
  readonly quiet?: QuietRest;
}

/** *Simple* are numbers, short strings, booleans, `null` and `undefined`. */
export interface QuietRest {
  /** What was waited for has to be simple. */
  readonly answer: boolean;
  /** So have generated slots, in which expressions lie that are half evaluated. */
  readonly halves: boolean;
  /** The function may end before it is suspended again: then whoever waits for it goes on, too. */
  readonly returns: boolean;
  /** Names of slots, or of fields of environments, that have to be simple. */
  readonly simple: readonly string[];
}

/** Takes what reads the captured variables again that a function has taken along by value; to be called with the environment when that is filled. */
export type Refill = (read: (env: Environment) => void) => void;

export interface Site {
  /** Module path + "#" + enclosing names + ordinal among equals, as `src/app.ts#main/retry.2`: survives edits elsewhere. */
  readonly id: string;
  /** The name that people see, `main` or `(anonymous)`. */
  readonly name: string;
  readonly kind: "function" | "async" | "generator" | "asyncGenerator" | "class";
  readonly position: SourcePosition;
  /** Tells whether it is still the same function over the same variables, or a class of the same shape (compiler, site-hash.ts). */
  readonly hash: string;
  /**
   * Makes the function (or class) over an environment; unstamped. A class takes its superclass as `extra`; a plain function a {@link Refill}, if its
   * environment is not filled yet: it calls that at most once.
   */
  make(env: Environment, site: Site, extra?: unknown): Any;
  /** Of a class: the fields of its environment that hold computed member names, which `make` reads. */
  readonly computed?: readonly string[] | undefined;
  /** Of an async function or a generator. Its `name` is what stacks show: that of `shown`, or else of the site. */
  readonly body?: Body | undefined;
  /** `Account.deposit`, of a method. */
  readonly shown?: string | undefined;
  /** Index = label; index 0 is unused. */
  readonly labels?: readonly (Label | null)[] | undefined;
}

/**
 * Private members that come into being together on an object: how a snapshot reads them there and puts them on another object,
 * without running code of the program. `read` and `write` go by the order of `names`; a group of methods has none.
 */
export interface HiddenGroup {
  readonly names: readonly string[];
  has(object: object): boolean;
  make(object: object): void;
  read(object: object): unknown[];
  write(object: object, values: readonly unknown[]): void;
}

/** The private members of a class. */
export interface HiddenMembers {
  /** Of its instances, in the order in which a constructor makes them. */
  readonly instance: readonly HiddenGroup[];
  /** Of the class itself. */
  readonly fixed: readonly HiddenGroup[];
  /** Its private methods, by name. */
  readonly methods: Readonly<Record<string, Any>>;
}

export type Body = (frame: Frame | null, env?: Environment, self?: unknown, ...args: Any[]) => unknown;

export interface Frame {
  readonly site: Site;
  readonly label: number;
  readonly slots: unknown[];
}

/** The frame of a synchronous generator. */
export interface GeneratorFrame extends Frame {
  /** The value of `return(value)`. */
  readonly value: unknown;
  yield(label: number, slots: unknown[], value: unknown): typeof suspended;
  /** The same with a result of an inner iterator, which is handed on as it is. */
  pass(label: number, slots: unknown[], result: unknown): typeof suspended;
  resumed(): unknown;
}

/** The inner iterator of a `yield*`. */
export interface Delegate {
  readonly iterator: object;
  value: unknown;
  readonly done: boolean;
  /** It is done because the generator is to return. */
  readonly returned: boolean;
  readonly returning: boolean;
  /** Asks the inner iterator what the generator was asked; answers its result. */
  step(): unknown;
  asked(frame: GeneratorFrame): void;
  // The same in parts, between which an async generator waits.
  method(): unknown;
  took(result: unknown): boolean;
  letGo(value: unknown): void;
  closing(): unknown;
  refusal(): TypeError;
  answered(kernel: Pick<Kernel, "resumed" | "returned">, frame: Frame): boolean;
  failed(error: unknown): void;
}

/** The resources of a block with `using`, disposed of in steps: `awaited` is to be awaited whenever `step` has answered true. */
export interface Disposals {
  readonly awaited: unknown;
  /** Takes a resource (`waits`: of `await using`); answers it. */
  add(value: unknown, waits: boolean): unknown;
  fail(error: unknown): void;
  step(): boolean;
  /** Throws what has to be thrown. */
  finish(): void;
  /** All steps and the end, where nothing waits. */
  dispose(): void;
}

export interface ModuleDefinition {
  /** Path below the project's root, with `/`. */
  readonly id: string;
  /** Specifiers as written; index = index in `$i`. One of which both names and the namespace are imported stands here twice. */
  readonly imports: readonly string[];
  /** For each of `imports`, the names that it imports from there (`x` of `import { x as y }`): one that is missing is an error. */
  readonly imported?: readonly (readonly ImportedName[])[];
  /** Fields of the record that are saved, in order of declaration. */
  readonly variables: readonly ModuleVariable[];
  /** Export name → field of the record. */
  readonly exports: Readonly<Record<string, string>>;
  /** `export { a as b } from "m"`: name b is `imported` a of import number `from`; `imported: "*"` is the namespace itself. */
  readonly reexports: readonly { readonly name: string; readonly from: number; readonly imported: string }[];
  /** `export * from "m"` */
  readonly stars: readonly number[];
  readonly sites: readonly Site[];
  /** The lists of strings that tagged templates hand over, each the same object for good, under names that survive edits elsewhere. */
  readonly templates?: readonly { readonly name: string; readonly strings: object }[] | undefined;
  /** Creates the closures of hoisted function declarations; called for every module before any body runs. */
  instantiate(record: ModuleRecord): void;
  /** Runs the module's statements; suspendable (top-level await). */
  readonly body: Site;
  /** Whether the body awaits: modules beside it do not wait for it, those that import it do. */
  readonly awaits?: boolean;
}

export type SiteFunctions = readonly (Site["make"] | Body)[];

/** What a compiled module says of itself, as it says it. */
export interface ModuleParts {
  readonly imports?: readonly string[];
  /** Tables (tables.ts). */
  readonly imported?: readonly string[];
  readonly variables?: string;
  readonly exports?: string;
  /** The `again` of its variables, in order. */
  readonly again?: readonly ((record: ModuleRecord) => unknown)[];
  readonly reexports?: ModuleDefinition["reexports"];
  readonly stars?: readonly number[];
  readonly templates?: ModuleDefinition["templates"];
  readonly awaits?: boolean;
}

export interface ImportedName extends SourcePosition {
  readonly name: string;
}

export interface ModuleVariable {
  readonly name: string;
  readonly kind: "var" | "let" | "const" | "function" | "class";
  readonly position: SourcePosition;
  /** Of a `const`: evaluates its initialiser again, for values that cannot be saved (design H1). */
  readonly again?: (record: ModuleRecord) => unknown;
}

/** `$rt`: what compiled code reaches without a task. */
export interface Abi {
  readonly version: number;
  readonly suspended: typeof suspended;
  readonly uninitialized: typeof uninitialized;
  readonly returning: typeof returning;
  /** Raised (1, otherwise 0) at the back-edge of a loop that may come round without an await: call `$k.poll()`. */
  readonly signal: Int32Array;
  /** The sites of a module of version 1, which it says in full. */
  define(module: string, sites: readonly Site[]): readonly Site[];
  /** The sites of a compiled module, from their table (tables.ts) and the list of their functions. */
  sites(module: string, table: string, functions: SiteFunctions): readonly Site[];
  /** The module itself; what `parts` leaves out is empty. The first site is its body. */
  module(id: string, sites: readonly Site[], parts: ModuleParts): ModuleDefinition;
  /** Makes and stamps a function value. */
  closure(site: Site, env: Environment, extra?: unknown): Any;
  /** Stamps what `site.make(env, site)` has just made, and answers it: the same as `closure`, of a plain function. */
  stamp(made: Any, site: Site, env: Environment): Any;
  /** Says, while a class is being made, how its private members are reached. */
  hidden(cls: Any, members: HiddenMembers): void;
  /** Notes that `object` has private members of `cls`, if its prototypes do not say so. */
  stranger(cls: Any, object: object): void;
  /** Throws the ReferenceError of a temporal dead zone. */
  deadZone(name: string): never;
  /** Throws the TypeError of an assignment to a constant. */
  constant(name: string): never;
  /** Iterator over `iterable` whose position can be saved; lists, Maps, Sets and strings natively so, others by their protocol. */
  iterate(iterable: unknown): SavedIterator;
  /** Keys that `for (k in object)` visits, in order. */
  keys(object: unknown): string[];
  /** `callee.bind(self, ...operands)`: a bound function that can be saved. A plain `f.bind(x)` cannot. */
  bind(callee: unknown, self: unknown, ...operands: unknown[]): unknown;
  /** `receiver.entries()` and its kind (`keys`, `values`, `[Symbol.iterator]`, `matchAll(x)`): an iterator that can be saved. `name`: the callee in the source. `takes`: answers a function of the operand instead. */
  iterator(receiver: unknown, key: PropertyKey, name: string, takes?: true): unknown;
  /** The resources of a block with `using`. */
  disposals(): Disposals;
  /** Makes a method into the generator function of a site. */
  generatorFunction(site: Site, method: Any): Any;
  /** The call of a synchronous generator function. */
  generator(fn: Any, site: Site, env: Environment, self: unknown, args: readonly unknown[]): object;
  /** The first frame of a generator. */
  begin(site: Site, label: number, slots: unknown[]): Frame;
  delegate(iterable: unknown): Delegate;
}

/** The iterator record of a suspended `for-of`. */
export interface SavedIterator {
  /** Advances; false at the end. The element is in `value` then. */
  step(): boolean;
  value: unknown;
  /** `IteratorClose` for an abrupt end: `failed` says that an exception is on its way, which then wins. */
  close(failed: boolean): void;
}

/** The iterator record of a `for await`. */
export interface AsyncIteration {
  readonly iterator: object;
  readonly next: unknown;
}

/** `$k`: what compiled code reaches of its task. */
export interface Kernel {
  readonly globals: Readonly<Record<DurableGlobal, Any>> & {
    /** Whether the program itself has put a global of this name on `globalThis`. */
    owns(name: string): boolean;
  };
  /** `Date.now()`, `new Date()`, `Date()` and `Date.now`, of the global `Date`, which is handed over: the clock is the task's. */
  readonly clock: {
    now(date: Any): number;
    date(date: Any): Any;
    text(date: Any): string;
    reader(date: Any): Any;
  };
  /**
   * What the public function of an async site does: runs the body; answers a promise of its result. Never throws.
   * `args` are passed on as they are.
   */
  start(site: Site, env: Environment, self: unknown, args: readonly unknown[]): unknown;
  /** `await value`: the value, or a throw, or `suspended`. */
  await(value: unknown): unknown;
  /**
   * `await fn.call(self, ...args)`: of a compiled async function directly on the native stack, without a promise; of any
   * other as a call and an await, with callee and operands kept so that a foreign call can be made again after a thaw.
   */
  call(fn: unknown, self: unknown, ...args: unknown[]): unknown;
  /**
   * The same of a function that the compiler knows: a declared async function that nothing assigns to, made over `env`, with at most
   * three parameters, all of them plain names; what is not given is `undefined`.
   */
  direct(body: Body, env: Environment, a?: unknown, b?: unknown, c?: unknown): unknown;
  /**
   * `fn(...args)`, not awaited on the spot, of such a function: what its public function would do by `start`, without a look at it and without a
   * list of operands.
   */
  fiber(body: Body, env: Environment, a?: unknown, b?: unknown, c?: unknown): unknown;
  /**
   * `fn.call(self, ...args)` of a function that may be foreign, not awaited on the spot: a native promise comes back as a durable one
   * that remembers the call (design H5); everything else as it is.
   */
  adopt(fn: unknown, self: unknown, ...args: unknown[]): unknown;
  /** Writes the frame of a function that is about to return `suspended`; returns `suspended`. */
  suspend(site: Site, label: number, slots: unknown[]): typeof suspended;
  /**
   * The statement of this name of the module with this body is about to run. What is made in it is known by it to every task of the
   * run (design H2).
   */
  at(body: Site, statement: string): void;
  /** What the resumed frame awaited: returned, or thrown. */
  resumed(): unknown;
  /** At the back-edge of a loop that may come round without an await: true if the fiber has to be frozen here and now (`suspend` follows, then `suspended` is returned). */
  poll(): boolean;
  /** The call of an async generator function. */
  generator(fn: Any, site: Site, env: Environment, self: unknown, args: readonly unknown[]): object;
  /** Hands a value out of the async generator whose body runs with this frame; answers `suspended`. */
  yield(frame: Frame, value: unknown): unknown;
  /** The value of `return(value)`, not yet awaited. */
  returned(frame: Frame): unknown;
  delegate(iterable: unknown): Delegate;
  /** The iterator of a `for await`, and its `next`. */
  asyncIterator(iterable: unknown): AsyncIteration;
  /** `await iteration.next.call(iteration.iterator)`. */
  next(iteration: AsyncIteration): unknown;
  /** `import(specifier, options)` from the module with this id; what the options say is known since the module was bundled. */
  import(module: string, specifier: unknown, options?: unknown): unknown;
}
