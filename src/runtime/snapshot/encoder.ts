/**
 * Values to bytes: docs/internals/snapshot.md says which. Objects are numbered when they are first met and written in that
 * order by a loop, so no depth of nesting matters. What each kind of object writes is in cases.ts.
 *
 * N1. Nothing of the program runs: no getter, no `toJSON`, no proxy-aware iteration of its objects.
 * N2. Encoding changes nothing that the program can observe.
 */
import { assert } from "../../base/errors.ts";
import { type Site, type SourcePosition, uninitialized } from "../../protocol/abi.ts";
import { NotSaveableError } from "../errors.ts";
import { DurablePromise } from "../promise.ts";
import { type AnyFunction, type HiddenState, hiddenOfStranger } from "../stamp.ts";
import { ByteWriter } from "./bytes.ts";
import { caseOf, prerequisiteOf } from "./cases.ts";
import type { CodecContext } from "./context.ts";
import { describePath, kindName, type Step } from "./path.ts";
import {
  attributes,
  extras,
  extrasFlag,
  formatVersion,
  type Mode,
  magic,
  modeCheckpoint,
  specials,
  symbolKinds,
  types,
  wellKnownSymbols,
} from "./tags.ts";

/** What `caseOf` thought of an object: how to write it. */
export interface Encoding {
  readonly tag: number;
  write(out: Encoder, value: object): void;
  /** Properties and prototype beyond what the kind has of itself. */
  readonly extras?: Extras | undefined;
}

export interface Extras {
  readonly prototype?: object | null;
  readonly fixed: boolean;
  readonly keys: readonly PropertyKey[];
  /** Private members. */
  readonly hidden?: readonly HiddenState[] | undefined;
  /** Stands for the `name` that an error had from a prototype that cannot be saved. */
  readonly name?: string;
}

/** Shapes with one first key that are looked through one by one. */
const nearShapesMax = 8;

class Refusal {
  readonly index: number;
  readonly reason: string;
  constructor(index: number, reason: string) {
    this.index = index;
    this.reason = reason;
  }
}

export class Encoder {
  readonly context: CodecContext;
  readonly mode: Mode;
  /** What the decoder needs to make the object that is being written. */
  readonly shell = ByteWriter.borrow();
  readonly contents = ByteWriter.borrow();
  /** Keys and values of the object that is being written, if it has a shape: from `caseOf` to its `write`. */
  keys: readonly string[] = [];
  /** Longer than `keys`, perhaps. */
  readonly values: unknown[] = [];
  /** Promises whose resolvers, or whatever else will settle them, are in the snapshot. */
  readonly settleable = new Set<DurablePromise>();
  readonly promises: DurablePromise[] = [];
  readonly #constants: ReadonlyMap<object, Constant>;
  readonly #ids = new Map<object, number>();
  readonly #objects: object[] = [];
  readonly #holders: number[] = [];
  readonly #keys: unknown[] = [];
  readonly #strings = new Map<string, number>();
  readonly #symbols = new Map<symbol, number>();
  readonly #sites = new Map<Site, number>();
  readonly #layouts = new Map<Site, Map<number, number>>();
  readonly #layoutList: {
    readonly site: number;
    readonly label: number;
    readonly at: SourcePosition;
    readonly slots: readonly string[];
  }[] = [];
  /** Shapes by their first key: few, and told apart faster than their keys are joined. */
  readonly #nearShapes = new Map<string, number[]>();
  /** The others. */
  readonly #farShapes = new Map<string, number>();
  readonly #shapeList: (readonly string[])[] = [];
  #lastShape = -1;
  #holder = -1;
  #lostAwaited = 0;

  constructor(context: CodecContext, mode: Mode, constants: ReadonlyMap<object, Constant>) {
    this.context = context;
    this.mode = mode;
    this.#constants = constants;
  }

  run(root: unknown, rootName: string): Uint8Array {
    const tail = ByteWriter.borrow();
    this.#write(tail, root, rootName);
    for (let index = 0; index < this.#objects.length; index++) this.#object(index);
    const lost = this.promises.filter((promise) => !this.settleable.has(promise));
    this.#lostAwaited = lost.filter((promise) => DurablePromise.isAwaited(promise)).length;
    tail.varint(lost.length);
    for (const promise of lost) tail.varint(this.#ids.get(promise)!);
    return this.#join(tail);
  }

  get lostAwaited(): number {
    return this.#lostAwaited;
  }

  /** The constant of a module as which an object may be saved instead (design H1). */
  constantOf(value: object): Constant | undefined {
    return this.#constants.get(value);
  }

  // ---- what cases write ---------------------------------------------------------------------------------------------

  /** Writes a value into the contents. `key` is how the object being written holds it. */
  value(value: unknown, key: unknown): void {
    this.#write(this.contents, value, key);
  }

  /** Writes a reference that is needed to make the object. */
  shellValue(value: unknown, key: unknown): void {
    this.#write(this.shell, value, key);
  }

  /** Numbers an object before the one being written is finished. */
  ensure(value: object, key: unknown): void {
    this.#idOf(value, key);
  }

  again(): void {
    this.contents.varint(specials.again << 3);
  }

  hole(): void {
    this.contents.varint(specials.hole << 3);
  }

  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const id = this.#strings.size;
    this.#strings.set(text, id);
    return id;
  }

  site(site: Site): number {
    const known = this.#sites.get(site);
    if (known !== undefined) return known;
    const id = this.#sites.size;
    this.#sites.set(site, id);
    this.string(site.id);
    this.string(site.hash);
    return id;
  }

  layout(site: Site, label: number): number {
    let labels = this.#layouts.get(site);
    if (labels === undefined) {
      labels = new Map();
      this.#layouts.set(site, labels);
    }
    const known = labels.get(label);
    if (known !== undefined) return known;
    const id = this.#layoutList.length;
    labels.set(label, id);
    const at = site.labels?.[label];
    const slots = at?.slots ?? [];
    for (const slot of slots) this.string(slot);
    this.#layoutList.push({ site: this.site(site), label, at: at ?? site.position, slots });
    return id;
  }

  shape(keys: readonly string[]): number {
    // Objects of one shape come in rows.
    if (this.#lastShape >= 0 && sameKeys(this.#shapeList[this.#lastShape]!, keys)) return this.#lastShape;
    this.#lastShape = this.#findShape(keys);
    return this.#lastShape;
  }

  #findShape(keys: readonly string[]): number {
    const first = keys[0] ?? "";
    const near = this.#nearShapes.get(first);
    if (near === undefined) {
      const id = this.#addShape(keys);
      this.#nearShapes.set(first, [id]);
      return id;
    }
    for (const id of near) if (sameKeys(this.#shapeList[id]!, keys)) return id;
    if (near.length < nearShapesMax) {
      const id = this.#addShape(keys);
      near.push(id);
      return id;
    }
    // Not joined by a mere separator: a key that holds it would make two lists look alike.
    const name = JSON.stringify(keys);
    let id = this.#farShapes.get(name);
    if (id === undefined) {
      id = this.#addShape(keys);
      this.#farShapes.set(name, id);
    }
    return id;
  }

  #addShape(keys: readonly string[]): number {
    for (const key of keys) this.string(key);
    return this.#shapeList.push(keys) - 1;
  }

  /** @throws always: the object being written cannot be saved. */
  refuse(reason = ""): never {
    throw new Refusal(this.#holder, reason);
  }

  // ---- the loop -----------------------------------------------------------------------------------------------------

  #object(index: number): void {
    const value = this.#objects[index]!;
    this.#holder = index;
    try {
      const encoding = withStrangers(caseOf(this, value), value);
      this.shell.byte(encoding.extras === undefined ? encoding.tag : encoding.tag | extrasFlag);
      encoding.write(this, value);
      if (encoding.extras !== undefined) this.#extras(value, encoding.extras);
    } catch (error) {
      if (error instanceof Refusal) throw this.#notSaveable(error);
      throw error;
    }
  }

  #extras(value: object, { prototype, fixed, keys, hidden, name }: Extras): void {
    const { contents } = this;
    contents.byte(
      (prototype !== undefined ? extras.prototype : 0) |
        (fixed ? extras.fixed : 0) |
        (hidden !== undefined ? extras.hidden : 0),
    );
    if (prototype !== undefined) this.value(prototype, "[prototype]");
    if (hidden !== undefined) this.#hidden(value, hidden);
    contents.varint(keys.length + (name === undefined ? 0 : 1));
    if (name !== undefined) {
      this.value("name", "name");
      contents.byte(attributes.writable | attributes.configurable);
      this.value(name, "name");
    }
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(value, key)!;
      const accessor = "get" in property || "set" in property;
      this.value(key, key);
      // The stack of an error is an accessor in some versions of Node; what it says is text in all of them.
      if (accessor && key === "stack" && value instanceof Error) {
        contents.byte(attributes.writable | attributes.configurable);
        this.value(value.stack, key);
        continue;
      }
      contents.byte(
        (property.writable ? attributes.writable : 0) |
          (property.enumerable ? attributes.enumerable : 0) |
          (property.configurable ? attributes.configurable : 0) |
          (accessor ? attributes.accessor : 0),
      );
      if (accessor) {
        this.value(property.get, key);
        this.value(property.set, key);
      } else this.value(property.value, key);
    }
  }

  #hidden(value: object, states: readonly HiddenState[]): void {
    const { contents } = this;
    contents.varint(states.length);
    for (const { owner, fixed, number, group } of states) {
      this.value(owner, "[class]");
      contents.varint(number * 2 + (fixed ? 1 : 0));
      contents.varint(group.names.length);
      for (const [index, held] of group.read(value).entries()) this.value(held, `#${group.names[index]}`);
    }
  }

  #write(out: ByteWriter, value: unknown, key: unknown): void {
    switch (typeof value) {
      case "string":
        out.varint(this.string(value) * 8 + types.string);
        return;
      case "number":
        this.#number(out, value);
        return;
      case "undefined":
        out.byte(specials.undefined << 3);
        return;
      case "boolean":
        out.byte((value ? specials.true : specials.false) << 3);
        return;
      case "bigint":
        out.varint(this.string(value.toString(16)) * 8 + types.bigint);
        return;
      case "symbol":
        if (value === uninitialized) out.byte(specials.uninitialized << 3);
        else out.varint(this.#symbol(value) * 8 + types.symbol);
        return;
      default:
        if (value === null) out.byte(specials.null << 3);
        else out.varint(this.#idOf(value as object, key) * 8 + types.object);
    }
  }

  #number(out: ByteWriter, value: number): void {
    const whole = value | 0;
    if (
      whole === value &&
      whole < 0x1000_0000 &&
      whole > -0x1000_0000 &&
      (whole !== 0 || Object.is(value, 0))
    ) {
      out.varint(whole >= 0 ? (whole << 3) | types.positive : (-(whole + 1) << 3) | types.negative);
      return;
    }
    out.byte(specials.double << 3);
    out.double(value);
  }

  #idOf(value: object, key: unknown): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    if (typeof value === "function") this.#prerequisites(value, key);
    return this.#give(value, key);
  }

  #give(value: object, key: unknown): number {
    const id = this.#objects.length;
    this.#ids.set(value, id);
    this.#objects.push(value);
    this.#holders.push(this.#holder);
    this.#keys.push(key);
    return id;
  }

  /** What has to be made before a function gets its number first: superclasses, targets of bound functions. */
  #prerequisites(value: AnyFunction, key: unknown): void {
    const chain: AnyFunction[] = [];
    let at: unknown = value;
    for (;;) {
      at = prerequisiteOf(at as AnyFunction);
      if (typeof at !== "function" || this.#ids.has(at)) break;
      chain.push(at);
    }
    for (const needed of chain.reverse()) this.#give(needed, key);
  }

  #symbol(symbol: symbol): number {
    const known = this.#symbols.get(symbol);
    if (known !== undefined) return known;
    const id = this.#symbols.size;
    this.#symbols.set(symbol, id);
    const text = symbolText(symbol)[1];
    if (text !== undefined) this.string(text);
    return id;
  }

  #notSaveable({ index, reason }: Refusal): NotSaveableError {
    const value = this.#objects[index]!;
    const chain: number[] = [];
    for (let at = index; at >= 0; at = this.#holders[at]!) chain.push(at);
    const steps: Step[] = [];
    for (let at = chain.length - 1; at >= 0; at--) {
      const holder = this.#holders[chain[at]!]!;
      if (holder >= 0) steps.push({ holder: this.#objects[holder]!, key: this.#keys[chain[at]!] });
    }
    const path = describePath(steps, value, (record) => this.context.moduleOfRecord(record));
    const rootKey = this.#keys[chain.at(-1)!];
    const where =
      this.mode === modeCheckpoint
        ? path
        : `${String(rootKey)}${steps.length === 0 ? ` (${kindName(value)})` : `: ${path}`}`;
    const error = new NotSaveableError(`${where} cannot be saved${reason === "" ? "" : `: ${reason}`}`);
    // What a second try may save in place of what failed: a constant of a module that leads to it (design H1).
    refusedChains.set(
      error,
      chain.map((at) => this.#objects[at]!),
    );
    return error;
  }

  #join(tail: ByteWriter): Uint8Array {
    const head = ByteWriter.borrow();
    for (const byte of magic) head.byte(byte);
    head.byte(formatVersion);
    head.byte(this.mode);
    head.varint(this.#strings.size);
    for (const text of this.#strings.keys()) head.text(text);
    head.varint(this.#symbols.size);
    for (const symbol of this.#symbols.keys()) {
      const [kind, text] = symbolText(symbol);
      head.byte(kind);
      head.varint(text === undefined ? 0 : this.#known(text) + 1);
    }
    head.varint(this.#sites.size);
    for (const site of this.#sites.keys()) {
      head.varint(this.#known(site.id));
      head.varint(this.#known(site.hash));
    }
    head.varint(this.#layoutList.length);
    for (const { site, label, at, slots } of this.#layoutList) {
      head.varint(site);
      head.varint(label);
      head.varint(at.line);
      head.varint(at.column);
      head.varint(slots.length);
      for (const slot of slots) head.varint(this.#known(slot));
    }
    head.varint(this.#shapeList.length);
    for (const shape of this.#shapeList) {
      head.varint(shape.length);
      for (const key of shape) head.varint(this.#known(key));
    }
    head.varint(this.#objects.length);
    const writers = [head, this.shell, this.contents, tail];
    let length = 0;
    for (const writer of writers) length += writer.length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const writer of writers) {
      at = writer.copyTo(bytes, at);
      writer.giveBack();
    }
    return bytes;
  }

  #known(text: string): number {
    const id = this.#strings.get(text);
    assert(
      id !== undefined,
      `the string ${JSON.stringify(text)} was not gathered before the strings were written`,
    );
    return id;
  }
}

/** A top-level `const` that can be made again: see ModuleVariable.again. */
export interface Constant {
  readonly module: string;
  readonly name: string;
}

/** From a refusal's error to the objects that lead to the refused one, innermost first. */
export const refusedChains = new WeakMap<NotSaveableError, readonly object[]>();

const wellKnown = new Map<symbol, string>(
  wellKnownSymbols.map((name) => [(Symbol as unknown as Record<string, symbol>)[name]!, name]),
);

function symbolText(symbol: symbol): readonly [number, string | undefined] {
  const name = wellKnown.get(symbol);
  if (name !== undefined) return [symbolKinds.wellKnown, name];
  const key = Symbol.keyFor(symbol);
  if (key !== undefined) return [symbolKinds.registered, key];
  return [symbolKinds.own, symbol.description];
}

/** Adds the private members that an object has besides those of its own classes. */
function withStrangers(encoding: Encoding, value: object): Encoding {
  const more = hiddenOfStranger(value);
  if (more === undefined || more.length === 0) return encoding;
  const { tag, write, extras } = encoding;
  const own = extras ?? { fixed: false, keys: [] };
  return { tag, write, extras: { ...own, hidden: [...(own.hidden ?? []), ...more] } };
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
