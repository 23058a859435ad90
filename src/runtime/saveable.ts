/**
 * Classes of the house's own (handles such as `Task`) and of users, whose instances are saved by a function of theirs and made again
 * by another.
 */
import { UserError } from "../base/errors.ts";

// biome-ignore lint/suspicious/noExplicitAny: any class
type AnyClass<T> = abstract new (...args: any[]) => T;

export interface Saveable {
  readonly name: string;
  readonly type: AnyClass<object>;
  /** What an instance is made from again. */
  save(instance: object): unknown;
  load(saved: unknown): object;
}

const byPrototype = new Map<object, Saveable>();
const byName = new Map<string, Saveable>();

/** @throws UserError if the name is taken by another class. */
export function registerClass<T extends object, S>(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: any class
  type: abstract new (...args: any[]) => T,
  { save, load }: { readonly save: (instance: T) => S; readonly load: (saved: S) => T },
): void {
  const before = byName.get(name);
  if (before !== undefined && before.type !== type) {
    throw new UserError(
      `saveable("${name}"): another class is registered under this name; choose another one`,
    );
  }
  const entry = { name, type, save, load } as unknown as Saveable;
  byName.set(name, entry);
  byPrototype.set(type.prototype as object, entry);
}

export function saveableOf(prototype: object): Saveable | undefined {
  return byPrototype.get(prototype);
}

export function saveableNamed(name: string): Saveable | undefined {
  return byName.get(name);
}
