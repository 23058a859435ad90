/**
 * Bytes to values. Bytes may be anything: every count, number and kind is checked before it is used, and whatever goes wrong
 * is a SnapshotError. Objects are made in the stages that docs/internals/snapshot.md lists, then filled in order, so cycles
 * need no care and nothing recurses.
 *
 * N1. No code of the program runs before all contents are in place, except the making of closures and classes from their sites.
 * N2. Bytes cannot name code that is not part of the program, of its foreign modules' exports or of the realm (names.ts).
 */
import { type Label, type Site, uninitialized } from "../../protocol/abi.ts";
import { SnapshotError } from "../errors.ts";
import { DurablePromise } from "../promise.ts";
import { type AnyFunction, hiddenOf, stranger } from "../stamp.ts";
import { ByteReader } from "./bytes.ts";
import type { CodecContext } from "./context.ts";
import { type Reading, readerOf } from "./readers.ts";
import {
  again,
  attributes,
  extras,
  extrasFlag,
  formatVersion,
  hole,
  type Mode,
  magic,
  modeCheckpoint,
  modeValue,
  specials,
  stageCount,
  symbolKinds,
  types,
  wellKnownSymbols,
} from "./tags.ts";

export interface Decoded {
  readonly root: unknown;
  /** Pending promises of foreign code, whose calls are to be made again. */
  readonly foreign: readonly DurablePromise[];
  /** Promises that nothing in the snapshot can settle. */
  readonly lost: readonly DurablePromise[];
}

export interface Layout {
  readonly site: Site;
  readonly label: number;
  readonly slots: readonly string[];
}

/** Stands for an object that cannot exist before the others are filled. */
const unresolved = Symbol("unresolved");

export class Decoder {
  readonly context: CodecContext;
  /** Reads the shells first, the contents afterwards. */
  readonly input: ByteReader;
  mode: Mode = modeValue;
  #strings: string[] = [];
  #symbols: symbol[] = [];
  #sites: { readonly id: string; readonly hash: string; site: Site | undefined }[] = [];
  #layouts: Layout[] = [];
  #shapes: (readonly string[])[] = [];
  readonly #objects: unknown[] = [];
  readonly #readers: Reading[] = [];
  readonly #flagged: boolean[] = [];
  /** Mostly there is nothing in them. */
  readonly #stages: ({ readonly index: number; readonly make: () => object }[] | undefined)[] = [];
  /** Made when all else is filled, last numbers first. */
  readonly #late: { readonly index: number; readonly make: () => object }[] = [];
  /** What a reader keeps of an object's shell until its contents are read. */
  readonly notes: unknown[] = [];
  readonly foreign: DurablePromise[] = [];
  readonly #finishers: (() => void)[] = [];
  #count = 0;
  #metUnresolved = false;

  constructor(context: CodecContext, bytes: Uint8Array) {
    this.context = context;
    this.input = new ByteReader(bytes);
  }

  run(expected: Mode): Decoded {
    const limit = Error.stackTraceLimit;
    // Errors are made below in numbers, and their stacks replaced.
    Error.stackTraceLimit = 0;
    try {
      return this.#run(expected);
    } catch (error) {
      Error.stackTraceLimit = limit;
      if (error instanceof SnapshotError) throw new SnapshotError(error.message, { cause: error.cause });
      throw new SnapshotError(
        `the snapshot is corrupted: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  #run(expected: Mode): Decoded {
    this.#head(expected);
    this.#tables();
    this.#shells();
    for (let at = 0; at < stageCount; at++) {
      const stage = this.#stages[at];
      if (stage !== undefined) for (const { index, make } of stage) this.#objects[index] = make();
    }
    const refill = this.#contents();
    const rootAt = Math.floor(this.#peek() / 8);
    const root = this.value();
    const rootUnresolved = this.#metUnresolved;
    const lost: DurablePromise[] = [];
    const lostCount = this.input.count();
    for (let at = 0; at < lostCount; at++) {
      const promise = this.#objects[this.input.below(this.#count, "object")];
      if (!DurablePromise.is(promise))
        throw new SnapshotError("the snapshot is corrupted: what is lost is no promise");
      lost.push(promise);
    }
    if (this.input.remaining > 0) throw new SnapshotError("the snapshot is corrupted: bytes are left over");
    this.#resolve(refill);
    for (const finish of this.#finishers) finish();
    return { root: rootUnresolved ? this.#objects[rootAt] : root, lost, foreign: this.foreign };
  }

  #peek(): number {
    const at = this.input.position;
    const value = this.input.varint();
    this.input.position = at;
    return value;
  }

  #head(expected: Mode): void {
    const { input } = this;
    for (const byte of magic) {
      if (input.byte() !== byte)
        throw new SnapshotError("these bytes are not a snapshot: they do not begin with CNTN");
    }
    const version = input.byte();
    if (version !== formatVersion) {
      throw new SnapshotError(
        `the snapshot has format version ${version}; this runtime reads version ${formatVersion}`,
      );
    }
    const mode = input.byte();
    if (mode !== expected) {
      const names = ["a value", "a checkpoint"];
      throw new SnapshotError(
        `the snapshot is ${names[mode] ?? "of an unknown mode"}; expected ${names[expected]}`,
      );
    }
    this.mode = mode === modeCheckpoint ? modeCheckpoint : modeValue;
  }

  #tables(): void {
    const { input } = this;
    this.#strings = this.#list(1, () => input.text());
    this.#symbols = this.#list(2, () => this.#symbol());
    this.#sites = this.#list(2, () => ({ id: this.string(), hash: this.string(), site: undefined }));
    this.#layouts = this.#list(5, () => this.#layout());
    this.#shapes = this.#list(1, () => this.#list(1, () => this.string()));
  }

  #list<T>(each: number, read: () => T): T[] {
    const count = this.input.count(each);
    const list: T[] = [];
    for (let at = 0; at < count; at++) list.push(read());
    return list;
  }

  #symbol(): symbol {
    const kind = this.input.byte();
    const number = this.input.varint();
    const text = number === 0 ? undefined : this.#strings[number - 1];
    if (number !== 0 && text === undefined)
      throw new SnapshotError("the snapshot is corrupted: a symbol without text");
    if (kind === symbolKinds.own) return Symbol(text);
    if (text !== undefined && kind === symbolKinds.registered) return Symbol.for(text);
    if (text !== undefined && kind === symbolKinds.wellKnown && wellKnownSymbols.includes(text)) {
      return (Symbol as unknown as Record<string, symbol>)[text]!;
    }
    throw new SnapshotError(`the snapshot is corrupted: a symbol of kind ${kind}`);
  }

  #layout(): Layout {
    const site = this.site();
    const label = this.input.varint();
    // The position is for people who look at the snapshot without its program.
    this.input.varint();
    this.input.varint();
    const slots = this.#list(1, () => this.string());
    const known: Label | null | undefined = site.labels?.[label];
    const same =
      known && known.slots.length === slots.length && known.slots.every((slot, at) => slot === slots[at]);
    if (site.body === undefined || !same) {
      throw new SnapshotError(
        `${site.id} has changed: a call of it is suspended at label ${label}, which is not as it was`,
      );
    }
    return { site, label, slots };
  }

  #shells(): void {
    const { input } = this;
    this.#count = input.count();
    for (let index = 0; index < this.#count; index++) {
      const tag = input.byte();
      const reader = readerOf(tag & ~extrasFlag);
      if (reader === undefined)
        throw new SnapshotError(`the snapshot is corrupted: an object of kind ${tag}`);
      this.#readers.push(reader);
      this.#flagged.push((tag & extrasFlag) !== 0);
      this.#objects.push(unresolved);
      const made = reader.read(this, index);
      if (made !== undefined) this.#objects[index] = made;
    }
  }

  /** Fills all objects; answers those that met something unresolved, with the place of their contents. */
  #contents(): { readonly index: number; readonly at: number }[] {
    const refill: { readonly index: number; readonly at: number }[] = [];
    for (let index = 0; index < this.#count; index++) {
      const at = this.input.position;
      this.#metUnresolved = false;
      this.#fill(index);
      if (this.#metUnresolved) refill.push({ index, at });
    }
    this.#metUnresolved = false;
    return refill;
  }

  #fill(index: number): void {
    const object = this.#objects[index];
    const reader = this.#readers[index]!;
    reader.fill?.(this, object as object, index);
    if (this.#flagged[index]) this.#extras(object as object);
  }

  /** Makes what had to wait, innermost (highest number) first, and fills in once more whatever refers to it. */
  #resolve(refill: readonly { readonly index: number; readonly at: number }[]): void {
    if (this.#late.length === 0) return;
    const end = this.input.position;
    const again = (): void => {
      for (const { index, at } of refill) {
        if (this.#objects[index] === unresolved) continue;
        this.input.position = at;
        this.#fill(index);
      }
    };
    const inner = new Set(refill.map(({ index }) => index));
    for (const { index, make } of this.#late.reverse()) {
      if (inner.has(index)) again();
      this.#objects[index] = make();
    }
    again();
    this.input.position = end;
  }

  #extras(object: object): void {
    const { input } = this;
    const flags = input.byte();
    const prototype = flags & extras.prototype ? this.value() : undefined;
    if (flags & extras.hidden) this.#hidden(object);
    const count = input.count(3);
    const defined: [PropertyKey, PropertyDescriptor][] = [];
    for (let at = 0; at < count; at++) {
      const key = this.value();
      if (typeof key !== "string" && typeof key !== "symbol")
        throw new SnapshotError("the snapshot is corrupted: a bad key");
      const bits = input.byte();
      const enumerable = (bits & attributes.enumerable) !== 0;
      const configurable = (bits & attributes.configurable) !== 0;
      if (bits & attributes.accessor) {
        const get = this.value() as () => unknown;
        const set = this.value() as (value: unknown) => void;
        defined.push([key, { get, set, enumerable, configurable }]);
      } else {
        const value = this.value();
        defined.push([
          key,
          { value, writable: (bits & attributes.writable) !== 0, enumerable, configurable },
        ]);
      }
    }
    // What refers to something unresolved is filled in again; it must not be fixed before.
    if (this.#metUnresolved) return;
    if (prototype !== undefined) {
      if (prototype !== null && typeof prototype !== "object" && typeof prototype !== "function") {
        throw new SnapshotError("the snapshot is corrupted: a bad prototype");
      }
      Object.setPrototypeOf(object, prototype);
    }
    for (const [key, property] of defined) Object.defineProperty(object, key, property);
    if (flags & extras.fixed) Object.preventExtensions(object);
  }

  /** Private members; made, if they are not there yet, by a constructor that runs no code of the program. */
  #hidden(object: object): void {
    const { input } = this;
    const count = input.count(3);
    for (let at = 0; at < count; at++) {
      const owner = this.value();
      const place = input.varint();
      const parts = typeof owner === "function" ? hiddenOf(owner) : undefined;
      const group = parts?.[place & 1 ? "fixed" : "instance"][place >> 1];
      const values: unknown[] = [];
      const length = input.count(1);
      for (let index = 0; index < length; index++) values.push(this.value());
      if (group === undefined || group.names.length !== length)
        throw new SnapshotError("the snapshot is corrupted: private members of a class without them");
      if (!group.has(object)) group.make(object);
      if ((place & 1) === 0) stranger(owner as AnyFunction, object);
      group.write(object, values);
    }
  }

  // ---- what readers ask ---------------------------------------------------------------------------------------------

  /** The object with this number is made later, in a stage. */
  later(stage: number, index: number, make: () => object): undefined {
    const list = this.#stages[stage];
    if (list === undefined) this.#stages[stage] = [{ index, make }];
    else list.push({ index, make });
    return undefined;
  }

  /** ... or when everything else is filled. */
  last(index: number, make: () => object): undefined {
    this.#late.push({ index, make });
    return undefined;
  }

  /** ... or looked at once more when all is there. */
  finally(finish: () => void): void {
    this.#finishers.push(finish);
  }

  string(): string {
    return this.#strings[this.input.below(this.#strings.length, "string")]!;
  }

  shape(): readonly string[] {
    return this.#shapes[this.input.below(this.#shapes.length, "shape")]!;
  }

  layout(): Layout {
    return this.#layouts[this.input.below(this.#layouts.length, "layout")]!;
  }

  site(): Site {
    const entry = this.#sites[this.input.below(this.#sites.length, "site")]!;
    if (entry.site === undefined) {
      const site = this.context.findSite(entry.id);
      if (site === undefined)
        throw new SnapshotError(`the function ${entry.id} of the snapshot is not part of this program`);
      if (site.hash !== entry.hash) {
        throw new SnapshotError(`the function ${entry.id} has changed since the snapshot was made`);
      }
      entry.site = site;
    }
    return entry.site;
  }

  /** A reference in a shell, to be looked up when its stage comes. */
  reference(): () => unknown {
    const head = this.input.varint();
    if ((head & 7) !== types.object) {
      const value = this.#primitive(head);
      return () => value;
    }
    const id = Math.floor(head / 8);
    return () => {
      if (id >= this.#count)
        throw new SnapshotError(`the snapshot is corrupted: object ${id} of ${this.#count}`);
      const object = this.#objects[id];
      if (object === unresolved) throw new SnapshotError("the snapshot is corrupted: objects out of order");
      return object;
    };
  }

  /** `undefined` also for what is not made yet, which is noted. */
  value(): unknown {
    const head = this.input.varint();
    if (head % 8 !== types.object) return this.#primitive(head);
    const id = Math.floor(head / 8);
    if (id >= this.#count)
      throw new SnapshotError(`the snapshot is corrupted: object ${id} of ${this.#count}`);
    const object = this.#objects[id];
    if (object !== unresolved) return object;
    this.#metUnresolved = true;
    return undefined;
  }

  #primitive(head: number): unknown {
    const number = Math.floor(head / 8);
    switch (head % 8) {
      case types.special:
        return this.#special(number);
      case types.positive:
        return number;
      case types.negative:
        return -number - 1;
      case types.string:
        return this.#text(number);
      case types.symbol: {
        const symbol = this.#symbols[number];
        if (symbol === undefined) throw new SnapshotError(`the snapshot is corrupted: symbol ${number}`);
        return symbol;
      }
      case types.bigint: {
        const text = this.#text(number);
        if (!/^-?[0-9a-f]+$/.test(text)) throw new SnapshotError("the snapshot is corrupted: a bad bigint");
        return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
      }
      default:
        throw new SnapshotError(`the snapshot is corrupted: a value of type ${head % 8}`);
    }
  }

  #text(number: number): string {
    const text = this.#strings[number];
    if (text === undefined) throw new SnapshotError(`the snapshot is corrupted: string ${number}`);
    return text;
  }

  #special(number: number): unknown {
    switch (number) {
      case specials.undefined:
        return undefined;
      case specials.null:
        return null;
      case specials.false:
        return false;
      case specials.true:
        return true;
      case specials.uninitialized:
        return uninitialized;
      case specials.hole:
        return hole;
      case specials.again:
        return again;
      case specials.double:
        return this.input.double();
      default:
        throw new SnapshotError(`the snapshot is corrupted: special value ${number}`);
    }
  }
}
