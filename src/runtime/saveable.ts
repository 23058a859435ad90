/**
 * Classes whose instances are saved by a function of theirs and made again by another: those of the house (handles such as `Task`), known to
 * the process by name, and those that a program registers, known to its task.
 *
 * S1. A program's registration is an object of the task: it is saved with it, and goes with every instance, so whoever gets an instance can
 *     make it, and can save it again.
 * S2. What came with an instance gives way to what the task registers itself.
 * S3. Methods of the house's classes are saved by name: `await queue.enqueue(await next())` and a block with `await using` hold one while they wait.
 */
import { UserError } from "../base/errors.ts";
import type { HandleId, TaskId } from "../base/ids.ts";
import { noteKnown } from "./known.ts";
import { siteOf } from "./stamp.ts";

// biome-ignore lint/suspicious/noExplicitAny: any class
type AnyClass<T> = abstract new (...args: any[]) => T;

/** The task that saves or loads. */
export interface Home {
  readonly id: TaskId;
}

export interface Saveable {
  readonly name: string;
  readonly type: AnyClass<object>;
  /** What an instance is made from again. */
  save(instance: object, home: Home): unknown;
  load(saved: unknown, home: Home): object;
  /** For what an instance stands, if that goes when nothing leads to it. */
  leadsTo?(instance: object, home: Home): HandleId | undefined;
}

const byPrototype = new Map<object, Saveable>();
const byName = new Map<string, Saveable>();

/** @throws UserError if the name is taken by another class. */
export function registerClass<T extends object, S>(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: any class
  type: abstract new (...args: any[]) => T,
  {
    save,
    load,
    leadsTo,
  }: {
    readonly save: (instance: T, home: Home) => S;
    readonly load: (saved: S, home: Home) => T;
    readonly leadsTo?: (instance: T, home: Home) => HandleId | undefined;
  },
): void {
  const before = byName.get(name);
  if (before !== undefined && before.type !== type) {
    throw new UserError(
      `saveable("${name}"): another class is registered under this name; choose another one`,
    );
  }
  const entry = { name, type, save, load, ...(leadsTo && { leadsTo }) } as unknown as Saveable;
  byName.set(name, entry);
  byPrototype.set(type.prototype as object, entry);
  nameMethods(name, type.prototype as object);
}

const methodNames = new WeakMap<object, string>();
const methods = new Map<string, object>();

/** S3. */
function nameMethods(name: string, prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(prototype, key)!;
    if (typeof value !== "function" || key === "constructor") continue;
    const method = `%method ${name}.${typeof key === "symbol" ? symbolName(key) : key}%`;
    methodNames.set(value, method);
    methods.set(method, value);
    noteKnown(value);
  }
}

/** `[Symbol.asyncDispose]`: what the symbol itself says differs between versions of Node. */
function symbolName(key: symbol): string {
  const wellKnown = Object.getOwnPropertyNames(Symbol).find((name) => Reflect.get(Symbol, name) === key);
  return `[${wellKnown === undefined ? key.description : `Symbol.${wellKnown}`}]`;
}

/** Of a method of one of the house's classes. */
export function methodName(value: object): string | undefined {
  return methodNames.get(value);
}

export function methodNamed(name: string): object | undefined {
  return methods.get(name);
}

export function saveableOf(prototype: object): Saveable | undefined {
  return byPrototype.get(prototype);
}

export function saveableNamed(name: string): Saveable | undefined {
  return byName.get(name);
}

/** What a program has said of one of its classes. */
export interface Registration {
  readonly class: AnyClass<object>;
  readonly save: (instance: object) => unknown;
  readonly load: (saved: unknown) => object;
}

const none: readonly Registration[] = [];

/** The classes that a task has registered. */
export class TaskClasses {
  /** None in most tasks. */
  #byPrototype: Map<object, Registration> | undefined;
  /** Those that came with an instance (S2). */
  #came: Set<Registration> | undefined;
  #saving: Set<object> | undefined;

  of(prototype: object): Registration | undefined {
    return this.#byPrototype?.get(prototype);
  }

  /** To be saved with the task. */
  own(): readonly Registration[] {
    if (this.#byPrototype === undefined) return none;
    return [...this.#byPrototype.values()].filter((each) => !this.#came?.has(each));
  }

  /** Whose `save` is being asked, and what it has answered is being written. */
  get saving(): Set<object> {
    this.#saving ??= new Set();
    return this.#saving;
  }

  /** False: another registration of the class stands in its way. */
  register(registration: Registration): boolean {
    const prototype = registration.class.prototype as object;
    const before = this.of(prototype);
    if (before !== undefined && !this.#came?.has(before)) {
      return before.save === registration.save && before.load === registration.load;
    }
    if (before !== undefined) this.#came?.delete(before);
    this.#set(prototype, registration);
    return true;
  }

  /** One that came with an instance. */
  meet(registration: Registration): void {
    const prototype = registration.class.prototype as object;
    if (this.of(prototype) !== undefined) return;
    this.#set(prototype, registration);
    this.#came ??= new Set();
    this.#came.add(registration);
  }

  #set(prototype: object, registration: Registration): void {
    this.#byPrototype ??= new Map();
    this.#byPrototype.set(prototype, registration);
  }
}

/** Whether it may be one: only code of the program is ever called by what bytes say. */
export function isRegistration(value: unknown): value is Registration {
  if (typeof value !== "object" || value === null) return false;
  const { class: type, save, load } = value as Partial<Registration>;
  const isOurs = (fn: unknown): boolean => typeof fn === "function" && siteOf(fn) !== undefined;
  return typeof type === "function" && typeof type.prototype === "object" && isOurs(save) && isOurs(load);
}
