/**
 * What `text.matchAll(pattern)` goes through, in a form that can be saved: the copy of the expression says where it stands. Step by step as the
 * language has it, since a program may look on: an expression of a class of its own has an `exec` of its own.
 */
import type { SavedIterator } from "../protocol/abi.ts";

export class Matches implements SavedIterator {
  value: unknown = undefined;
  regexp: RegExp;
  text: string;
  isGlobal: boolean;
  byCharacter: boolean;
  ended = false;

  constructor(regexp: RegExp, text: string, flags: string) {
    this.regexp = regexp;
    this.text = text;
    this.isGlobal = flags.includes("g");
    this.byCharacter = /[uv]/.test(flags);
  }

  step(): boolean {
    if (this.ended) return false;
    const { regexp, text } = this;
    const match = execute(regexp, text);
    this.value = match ?? undefined;
    this.ended = match === null || !this.isGlobal;
    if (match === null) return false;
    if (this.isGlobal && String((match as unknown as { 0: unknown })[0]) === "")
      regexp.lastIndex = this.#behind(lengthOf(regexp.lastIndex));
    return true;
  }

  close(): void {}

  /** Behind an empty match: a character further, which is two units long where the expression knows characters. */
  #behind(index: number): number {
    return index + (this.byCharacter && (this.text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
  }
}

const nativeExec = RegExp.prototype.exec;
const nativeMatchAll = RegExp.prototype[Symbol.matchAll];

/** Undefined of a pattern that has its own way: that is left to the native method. */
export function matchesOf(text: string, pattern: unknown): Matches | undefined {
  const isObject = (typeof pattern === "object" && pattern !== null) || typeof pattern === "function";
  if (!isObject) return begun(new RegExp(pattern === undefined ? "" : String(pattern), "g"), text);
  if (!(pattern instanceof RegExp) || pattern[Symbol.matchAll] !== nativeMatchAll) return undefined;
  const says: unknown = (pattern as { [Symbol.match]?: unknown })[Symbol.match];
  if ((says === undefined || Boolean(says)) && !String(pattern.flags).includes("g"))
    throw new TypeError("String.prototype.matchAll called with a non-global RegExp argument");
  return begun(pattern, text);
}

function begun(regexp: RegExp, text: string): Matches {
  const Kind = speciesOf(regexp);
  const flags = String(regexp.flags);
  const copy = new Kind(regexp, flags);
  copy.lastIndex = lengthOf(regexp.lastIndex);
  return new Matches(copy, text, flags);
}

function speciesOf(regexp: RegExp): RegExpConstructor {
  const type = regexp.constructor as RegExpConstructor | undefined;
  if (type === undefined) return RegExp;
  return (type as { [Symbol.species]?: RegExpConstructor | null })[Symbol.species] ?? RegExp;
}

function execute(regexp: RegExp, text: string): RegExpExecArray | null {
  const { exec } = regexp;
  if (typeof exec !== "function") return nativeExec.call(regexp, text);
  const result: unknown = exec.call(regexp, text);
  if (typeof result === "object" || typeof result === "function") return result as RegExpExecArray | null;
  throw new TypeError(`${String(result)} is not an object or null`);
}

/** ToLength. */
function lengthOf(value: unknown): number {
  const number = Math.trunc(Number(value));
  return number > 0 ? Math.min(number, Number.MAX_SAFE_INTEGER) : 0;
}
