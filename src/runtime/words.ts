import { builtinName } from "./names.ts";
import { type AnyFunction, memberOf } from "./stamp.ts";

/**
 * Functions that give nothing of what they are handed to foreign code, which might call it later: the words of `continua` and the globals of a task, which
 * are marked, and what the language and the program itself have. What a program hands to them stays with its task.
 */
const words = new WeakSet<object>();

export function markWord<T extends object>(word: T): T {
  words.add(word);
  return word;
}

/** Built-in functions that call what they are given after they have returned. */
const keepers = /^%(process\.|fetch%|FinalizationRegistry)/;

/** Whether `fn`, which is no compiled async function, may keep a function that it is given and call it later: then foreign code has it in its hands. */
export function mayKeep(fn: object): boolean {
  if (words.has(fn) || memberOf(fn as AnyFunction) !== undefined) return false;
  const name = builtinName(fn);
  return name === undefined || keepers.test(name);
}
