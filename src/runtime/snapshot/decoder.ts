/**
 * Bytes to values. Bytes may be anything: every count, number and kind is checked before it is used, and whatever goes wrong
 * is a SnapshotError. The table of code is made first, in the stages that docs/internals/snapshot.md lists; then contents are read in
 * one go, each object being made, numbered and filled where it is met. So cycles need no care.
 *
 * N1. No code of the program runs before all contents are in place, except the making of closures and classes from their sites.
 * N2. Bytes cannot name code that is not part of the program, of its foreign modules' exports or of the realm (names.ts).
 * N3. Nothing nests deeper than what an encoder writes: the stack is bounded whatever the bytes say.
 * N4. Shared values that have to be here, and are not, are all told at once: whoever fetches them begins again, and would for each.
 */
import type { SharedId } from "../../base/ids.ts";
import { type Site, uninitialized } from "../../protocol/abi.ts";
import { SnapshotError } from "../errors.ts";
import { DurablePromise } from "../promise.ts";
import { SharedMissing } from "../shared.ts";
import { type AnyFunction, hiddenOf, siteOf, stranger } from "../stamp.ts";
import { ByteReader } from "./bytes.ts";
import type { CodecContext } from "./context.ts";
import { Later, Laters, resolved } from "./later.ts";
import { type CodeReading, codeReadingOf, type Reading, readingOf } from "./readers.ts";
import {
  again,
  attributes,
  bases,
  depthMax,
  extras,
  extrasFlag,
  formatVersion,
  hole,
  inline,
  type Mode,
  magic,
  modeCheckpoint,
  modeValue,
  stageCount,
  tags,
} from "./tags.ts";
import { TextReader } from "./texts.ts";

export interface Decoded {
  readonly root: unknown;
  /** Pending promises of foreign code, whose calls are to be made again. */
  readonly foreign: readonly DurablePromise[];
  /** Promises that nothing in the snapshot can settle. */
  readonly lost: readonly DurablePromise[];
  /** Of modules that have more variables than the snapshot knows. */
  readonly newVariables: readonly NewVariables[];
}

export interface Layout {
  readonly site: Site;
  readonly label: number;
  readonly slots: readonly string[];
}

export interface ReadShape {
  readonly keys: readonly string[];
  /** No key means something to a prototype: assigning is enough. */
  readonly isSimple: boolean;
  /** `undefined`: an ordinary object. */
  readonly prototype: object | null | undefined;
}

interface SiteEntry {
  readonly id: string;
  /** What the program has under the id; and whether its text is what it was. */
  readonly found: Site | undefined;
  readonly isSame: boolean;
}

/** What a module has that it had not when the snapshot was made. */
export interface NewVariables {
  readonly module: string;
  /** Those that the snapshot has values of. */
  readonly known: ReadonlySet<string>;
}

type Dictionary = Record<PropertyKey, unknown>;
type Fill = () => void;

/** An encoder nests so deep, and a buffer in its view. */
const nestingMax = depthMax + 8;

export class Decoder {
  readonly context: CodecContext;
  readonly input: ByteReader;
  readonly laters = new Laters();
  readonly foreign: DurablePromise[] = [];
  mode: Mode = modeValue;
  readonly #texts = new TextReader();
  readonly #strings: string[] = [];
  readonly #shapes: ReadShape[] = [];
  /** By their numbers in the table of code; all have its length. */
  #codes: unknown[] = none;
  #sites: (SiteEntry | undefined)[] = none;
  #layouts: (Layout | undefined)[] = none;
  /** Variables of modules that the snapshot does not know. */
  readonly newVariables: NewVariables[] = [];
  readonly #layoutsToCheck: (() => void)[] = [];
  readonly #objects: unknown[] = [];
  readonly #deferred: Fill[] = [];
  readonly #finishers: (() => void)[] = [];
  #stages: ({ readonly index: number; readonly make: () => object }[] | undefined)[] | undefined;
  #depth = 0;
  #lacking: Set<SharedId> | undefined;
  #remade: Set<string> | undefined;

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
      // What does not fit may be what stands for a part of one of them.
      if (this.#lacking !== undefined) throw new SharedMissing([...this.#lacking]);
      if (error instanceof SnapshotError) throw new SnapshotError(error.message, { cause: error.cause });
      throw new SnapshotError(
        `the snapshot is corrupted: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  #run(expected: Mode): Decoded {
    const { input } = this;
    readHead(this, expected);
    this.#texts.read(input);
    const count = input.count();
    const fills = count === 0 ? [] : this.#code(count);
    const root = this.value();
    for (let code = 0, deferred = 0; ; ) {
      if (deferred < this.#deferred.length) this.#deferred[deferred++]!();
      else if (code < fills.length) fills[code++]!();
      else break;
    }
    const lost = this.#lost();
    if (input.remaining > 0 || !this.#texts.isAtEnd)
      throw new SnapshotError("the snapshot is corrupted: bytes are left over");
    if (this.#lacking !== undefined) throw new SharedMissing([...this.#lacking]);
    const finish = (): void => {
      for (const finisher of this.#finishers) finisher();
    };
    this.laters.resolve(finish);
    const { foreign, newVariables } = this;
    return { root: resolved(root), lost, foreign, newVariables };
  }

  #lost(): DurablePromise[] {
    const lost: DurablePromise[] = [];
    for (let count = this.input.count(); count > 0; count--) {
      const promise = this.#objects[this.input.varint()];
      if (!DurablePromise.is(promise))
        throw new SnapshotError("the snapshot is corrupted: what is lost is no promise");
      lost.push(promise);
    }
    return lost;
  }

  // ---- code ---------------------------------------------------------------------------------------------------------

  /** Makes the table of code; answers how its contents are read. */
  #code(count: number): Fill[] {
    const { input } = this;
    const fills: Fill[] = [];
    this.#codes = new Array(count);
    this.#sites = new Array(count);
    this.#layouts = new Array(count);
    for (let index = 0; index < count; index++) {
      const tag = input.byte();
      const reading = codeReadingOf(tag & ~extrasFlag);
      if (reading === undefined) throw new SnapshotError(`the snapshot is corrupted: code of kind ${tag}`);
      const made = reading.shell(this, index);
      if (made !== undefined) this.#codes[index] = made;
      const flagged = (tag & extrasFlag) !== 0;
      if (flagged && reading.isOwn !== true)
        throw new SnapshotError("the snapshot is corrupted: extras of what is not the task's own");
      if (flagged || reading.fill !== undefined || reading.take !== undefined)
        fills.push(() => this.#fill(this.#codes[index] as object, reading, flagged));
    }
    for (const check of this.#layoutsToCheck) check();
    for (let stage = 0; stage < stageCount; stage++)
      for (const { index, make } of this.#stages?.[stage] ?? []) this.#codes[index] = make();
    return fills;
  }

  /** The code with this number is made in a stage. */
  later(stage: number, index: number, make: () => object): undefined {
    this.#stages ??= [];
    const list = this.#stages[stage];
    if (list === undefined) this.#stages[stage] = [{ index, make }];
    else list.push({ index, make });
    return undefined;
  }

  noteSite(index: number): undefined {
    const id = this.input.textAgain();
    const found = this.context.findSite(id);
    this.#sites[index] = { id, found, isSame: this.input.textIs(found?.hash ?? "") };
    return undefined;
  }

  noteLayout(index: number): undefined {
    const { input } = this;
    const site = input.varint();
    const label = input.varint();
    // The position is for people who look at the snapshot without its program.
    input.varint();
    input.varint();
    if (this.#sites[site] !== undefined) this.#layouts[index] = this.#checkedLayout(this.site(site), label);
    else this.#noteLayoutOfLater(index, site, label);
    return undefined;
  }

  /** The site comes later in the table. */
  #noteLayoutOfLater(index: number, site: number, label: number): void {
    const { input } = this;
    const slots: string[] = [];
    for (let count = input.count(); count > 0; count--) slots.push(input.text());
    this.#layoutsToCheck.push(() => {
      const made = this.site(site);
      const known = made.labels?.[label]?.slots;
      const same = known?.length === slots.length && known.every((slot, at) => slot === slots[at]);
      this.#layouts[index] = layoutOf(made, label, same ? known : undefined);
    });
  }

  /** The names of its slots follow: they are compared where they stand. */
  #checkedLayout(site: Site, label: number): Layout {
    const { input } = this;
    const known = site.labels?.[label]?.slots;
    const count = input.count();
    let same = known?.length === count;
    for (let at = 0; same && at < count; at++) same = input.textIs(known![at]!);
    return layoutOf(site, label, same ? known : undefined);
  }

  layout(): Layout {
    const layout = this.#layouts[this.input.varint()];
    if (layout === undefined) throw new SnapshotError("the snapshot is corrupted: a frame without a layout");
    return layout;
  }

  site(number: number): Site {
    const { id, found, isSame } = this.#siteEntry(number);
    if (found === undefined)
      throw new SnapshotError(`the function ${id} of the snapshot is not part of this program`);
    if (!isSame) throw new SnapshotError(`the function ${id} has changed since the snapshot was made`);
    return found;
  }

  /**
   * Of a function over nothing but its module's variables: it is what the program has under its name now (upgrade.ts). Undefined: nothing any
   * more.
   */
  siteOfModule(number: number): Site | undefined {
    const { found } = this.#siteEntry(number);
    return found?.kind === "class" ? this.site(number) : found;
  }

  #siteEntry(number: number): SiteEntry {
    const entry = this.#sites[number];
    if (entry === undefined) throw new SnapshotError(`the snapshot is corrupted: site ${number}`);
    return entry;
  }

  isGone(number: number): boolean {
    return this.#siteEntry(number).found === undefined;
  }

  siteId(number: number): string {
    return this.#siteEntry(number).id;
  }

  /** A reference in a shell, to be looked up when its stage comes. */
  reference(): () => unknown {
    const { input } = this;
    const tag = input.byte();
    if (tag === tags.code) {
      const number = input.varint();
      return () => this.codeAt(number);
    }
    const value = this.#shellPrimitive(tag);
    return () => value;
  }

  #shellPrimitive(tag: number): unknown {
    if (tag === tags.text) return this.input.text();
    if (tag === tags.bigint) return bigintOf(this.input.text());
    if (tag === tags.double) return this.input.double();
    if (tag >= tags.undefined && tag <= tags.uninitialized) return simple[tag - tags.undefined];
    throw new SnapshotError(`the snapshot is corrupted: a reference of kind ${tag}`);
  }

  codeAt(number: number): unknown {
    const code = this.#codes[number];
    if (code === undefined)
      throw new SnapshotError(`the snapshot is corrupted: code ${number} of ${this.#codes.length}`);
    return code;
  }

  // ---- values -------------------------------------------------------------------------------------------------------

  value(): unknown {
    const { input } = this;
    const tag = input.byte();
    if (tag < tags.text) return tag;
    if (tag < tags.shaped) return this.#text(tag & 0x1f);
    if (tag < tags.array) return this.#shaped(tag & 0x0f, false);
    if (tag < tags.integer13) return this.#array(tag & 0x0f, false);
    if (tag < tags.text12) return (((tag & 0x1f) << 8) | input.byte()) + inline.integer;
    if (tag < tags.textAgain12) return this.#text((((tag & 0x0f) << 8) | input.byte()) + inline.text);
    if (tag < tags.undefined) return this.#textAgain(((tag & 0x0f) << 8) | input.byte());
    return this.#long(tag);
  }

  #long(tag: number): unknown {
    const { input } = this;
    switch (tag) {
      case tags.double:
        return input.double();
      case tags.float:
        return input.float();
      case tags.positive:
        return input.varint() + inline.integer13;
      case tags.negative:
        return -1 - input.varint();
      case tags.textLong:
        return this.#text(input.varint() + inline.text12);
      case tags.textAgainLong:
        return this.#textAgain(input.varint() + inline.textAgain);
      case tags.bigint:
        return bigintOf(this.text());
      case tags.object:
        return this.#objectAgain(input.varint());
      case tags.code:
        return this.#handOut(this.codeAt(input.varint()));
      case tags.deferred:
        return this.#new(input.byte(), true);
      default:
        if (tag <= tags.again) return simple[tag - tags.undefined];
        return this.#new(tag, false);
    }
  }

  /** An object that begins here. */
  #new(tag: number, isDeferred: boolean): unknown {
    const { input } = this;
    if (tag >= tags.shaped && tag < tags.array) return this.#shaped(tag & 0x0f, isDeferred);
    if (tag >= tags.array && tag < tags.integer13) return this.#array(tag & 0x0f, isDeferred);
    switch (tag) {
      case tags.shapedLong:
        return this.#shaped(input.varint() + inline.shape, isDeferred);
      case tags.arrayLong:
        return this.#array(input.varint() + inline.array, isDeferred);
      case tags.kind:
        return this.#ofKind(false, isDeferred);
      case tags.kindWithExtras:
        return this.#ofKind(true, isDeferred);
      default:
        throw new SnapshotError(`the snapshot is corrupted: a value of kind ${tag}`);
    }
  }

  #text(length: number): string {
    if (length === 0) return "";
    const text = this.#texts.take(length);
    this.#strings.push(text);
    return text;
  }

  #textAgain(number: number): string {
    const text = this.#strings[number];
    if (text === undefined)
      throw new SnapshotError(`the snapshot is corrupted: text ${number} of ${this.#strings.length}`);
    return text;
  }

  /** A value that must be a text. */
  text(): string {
    const text = this.value();
    if (typeof text === "string") return text;
    throw new SnapshotError("the snapshot is corrupted: something else where a text belongs");
  }

  #objectAgain(number: number): unknown {
    const object = this.#objects[number];
    if (object === undefined)
      throw new SnapshotError(`the snapshot is corrupted: object ${number} of ${this.#objects.length}`);
    return this.#handOut(object);
  }

  #handOut(value: unknown): unknown {
    if (value instanceof Later) this.laters.note(value);
    return value;
  }

  // ---- objects ------------------------------------------------------------------------------------------------------

  #shaped(number: number, isDeferred: boolean): object {
    const shape = number < this.#shapes.length ? this.#shapes[number]! : this.#newShape(number);
    const object: object = shape.prototype === undefined ? {} : (Object.create(shape.prototype) as object);
    this.#objects.push(object);
    if (isDeferred) this.#deferred.push(() => this.properties(object, shape));
    else this.properties(object, shape);
    return object;
  }

  /** Reads the properties of an object with a shape. */
  properties(object: object, { keys, isSimple }: ReadShape): void {
    this.#enter();
    const mark = this.laters.mark;
    const { length } = keys;
    if (isSimple) for (let at = 0; at < length; at++) (object as Dictionary)[keys[at]!] = this.value();
    else for (let at = 0; at < length; at++) put(object, keys[at]!, this.value());
    this.#depth--;
    if (this.laters.mark > mark) this.laters.mendProperties(object as Dictionary, keys);
  }

  shape(): ReadShape {
    const number = this.input.varint();
    return number < this.#shapes.length ? this.#shapes[number]! : this.#newShape(number);
  }

  #newShape(number: number): ReadShape {
    const { input } = this;
    if (number !== this.#shapes.length)
      throw new SnapshotError(`the snapshot is corrupted: shape ${number} of ${this.#shapes.length}`);
    const base = input.byte();
    if (base > bases.class) throw new SnapshotError("the snapshot is corrupted: a shape of an unknown base");
    const prototype =
      base === bases.class ? this.#prototypeOfClass() : base === bases.nothing ? null : undefined;
    const keys: string[] = [];
    for (let count = input.count(); count > 0; count--) keys.push(this.text());
    const holder: object | null = prototype === undefined ? Object.prototype : prototype;
    const shape = { keys, prototype, isSimple: holder === null || !keys.some((key) => key in holder) };
    this.#shapes.push(shape);
    return shape;
  }

  #prototypeOfClass(): object {
    const type = this.codeAt(this.input.varint());
    const isOurs = typeof type === "function" && siteOf(type) !== undefined;
    const prototype: unknown = isOurs ? type.prototype : undefined;
    if (typeof prototype === "object" && prototype !== null) return prototype;
    throw new SnapshotError("the snapshot is corrupted: an instance of what is no class");
  }

  #array(length: number, isDeferred: boolean): object {
    const list: unknown[] = [];
    this.#objects.push(list);
    if (isDeferred) this.#deferred.push(() => this.elements(list, length));
    else this.elements(list, length);
    return list;
  }

  elements(list: unknown[], length: number): void {
    if (length > this.input.remaining)
      throw new SnapshotError("the snapshot is corrupted: an array is longer than its bytes");
    this.#enter();
    const mark = this.laters.mark;
    for (let at = 0; at < length; at++) {
      const item = this.value();
      if (item === hole) list.length++;
      else list.push(item);
    }
    this.#depth--;
    if (this.laters.mark > mark) this.laters.mendProperties(list as unknown as Dictionary, [...list.keys()]);
  }

  #ofKind(flagged: boolean, isDeferred: boolean): unknown {
    const kind = this.input.byte();
    const reading = readingOf(kind);
    if (reading === undefined)
      throw new SnapshotError(`the snapshot is corrupted: an object of kind ${kind}`);
    this.#enter();
    const object = reading.shell(this);
    this.#objects.push(object);
    this.#handOut(object);
    if (isDeferred) this.#deferred.push(() => this.#fill(object, reading, flagged));
    else this.#fill(object, reading, flagged);
    this.#depth--;
    return object;
  }

  #enter(): void {
    if (++this.#depth > nestingMax)
      throw new SnapshotError("the snapshot is corrupted: objects are nested too deeply");
  }

  #fill(object: object, reading: Reading | CodeReading, flagged: boolean): void {
    const { laters } = this;
    const mark = laters.mark;
    const mendMark = laters.mendMark;
    reading.fill?.(this, object);
    const fields = reading.take?.(this, object);
    if (object instanceof Later) {
      if (fields !== undefined) object.fields = fields;
      object.met = [mark, laters.mark];
      object.mends = [mendMark, laters.mendMark];
    } else if (fields !== undefined) {
      reading.put!(this, object, fields);
      if (laters.mark > mark) laters.mendWith(() => reading.put!(this, object, fields.map(resolved)));
    }
    if (flagged) this.#extras(object, mark);
  }

  #extras(object: object, mark: number): void {
    const { input } = this;
    const flags = input.byte();
    const prototype = flags & extras.prototype ? this.value() : undefined;
    if (flags & extras.hidden) this.#hidden(object);
    const lost: PropertyKey[] = [];
    if (flags & extras.lost) for (let count = input.count(); count > 0; count--) lost.push(this.#key());
    const defined: [PropertyKey, PropertyDescriptor][] = [];
    for (let count = input.count(3); count > 0; count--) defined.push(this.#property());
    const apply = (): void => {
      const target = resolved(object) as object;
      if (prototype !== undefined) Object.setPrototypeOf(target, checkedPrototype(resolved(prototype)));
      for (const key of lost) Reflect.deleteProperty(target, key);
      for (const [key, property] of defined) {
        if ("value" in property) property.value = resolved(property.value);
        Object.defineProperty(target, key, property);
      }
      if (flags & extras.fixed) Object.preventExtensions(target);
    };
    // What waits for something must not be fixed before.
    if (object instanceof Later || this.laters.mark > mark) this.laters.postpone(apply);
    else apply();
  }

  #key(): PropertyKey {
    const key = this.value();
    if (typeof key === "string" || typeof key === "symbol") return key;
    throw new SnapshotError("the snapshot is corrupted: a bad key");
  }

  #property(): [PropertyKey, PropertyDescriptor] {
    const key = this.#key();
    const bits = this.input.byte();
    const enumerable = (bits & attributes.enumerable) !== 0;
    const configurable = (bits & attributes.configurable) !== 0;
    if ((bits & attributes.accessor) === 0) {
      const writable = (bits & attributes.writable) !== 0;
      return [key, { value: this.value(), writable, enumerable, configurable }];
    }
    const get = this.value() as () => unknown;
    const set = this.value() as (value: unknown) => void;
    return [key, { get, set, enumerable, configurable }];
  }

  /** Private members; made, if they are not there yet, by a constructor that runs no code of the program. */
  #hidden(object: object): void {
    const { input } = this;
    for (let count = input.count(3); count > 0; count--) {
      const mark = this.laters.mark;
      const owner = this.value();
      const place = input.varint();
      const parts = typeof owner === "function" ? hiddenOf(owner) : undefined;
      const group = parts?.[place & 1 ? "fixed" : "instance"][place >> 1];
      const values: unknown[] = [];
      for (let length = input.count(1); length > 0; length--) values.push(this.value());
      if (group === undefined || group.names.length !== values.length)
        throw new SnapshotError("the snapshot is corrupted: private members of a class without them");
      if (!group.has(object)) group.make(object);
      if ((place & 1) === 0) stranger(owner as AnyFunction, object);
      group.write(object, values);
      if (this.laters.mark > mark) this.laters.mendWith(() => group.write(object, values.map(resolved)));
    }
  }

  /** Whether a constant of a module is to be set to be made again: once. */
  remakes(constant: string): boolean {
    this.#remade ??= new Set();
    if (this.#remade.has(constant)) return false;
    this.#remade.add(constant);
    return true;
  }

  /** N4. What stands for the part, until all has been read. */
  lacks(id: SharedId): object {
    this.#lacking ??= new Set();
    this.#lacking.add(id);
    return {};
  }

  /** Looked at once more when all is there. */
  finally(finish: () => void): void {
    this.#finishers.push(finish);
  }
}

const none: never[] = [];

const simple: readonly unknown[] = [undefined, null, false, true, uninitialized, hole, again];

function readHead(decoder: Decoder, expected: Mode): void {
  const { input } = decoder;
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
  decoder.mode = mode === modeCheckpoint ? modeCheckpoint : modeValue;
}

/** `slots`: those that the snapshot and the program agree on. */
function layoutOf(site: Site, label: number, slots: readonly string[] | undefined): Layout {
  if (site.body === undefined || slots === undefined) {
    throw new SnapshotError(
      `${site.id} has changed: a call of it is suspended at label ${label}, which is not as it was`,
    );
  }
  return { site, label, slots };
}

function checkedPrototype(prototype: unknown): object | null {
  if (prototype === null || typeof prototype === "object" || typeof prototype === "function")
    return prototype as object | null;
  throw new SnapshotError("the snapshot is corrupted: a bad prototype");
}

function bigintOf(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw new SnapshotError("the snapshot is corrupted: a bad bigint");
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

/** Sets an own property even where a prototype has a setter or the key is `__proto__`. */
function put(target: object, key: string, value: unknown): void {
  if (key in target && !Object.hasOwn(target, key))
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else (target as Dictionary)[key] = value;
}
