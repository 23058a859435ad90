/**
 * Values to bytes: docs/internals/snapshot.md says which. An object is written where it is first met, inside the one that leads to it,
 * down to a depth; below that it is announced and written later, so no nesting overflows a stack. What is code (closures, classes,
 * environments, names) goes to a table of its own, since it must exist before anything can be made of it. What each kind writes is in cases.ts.
 *
 * N1. Nothing of the program runs: no getter, no `toJSON`, no proxy-aware iteration of its objects.
 * N2. Encoding changes nothing that the program can observe.
 * N3. An encoder is used again: what it keeps between two snapshots is memory, nothing of a program.
 */
import { assert } from "../../base/errors.ts";
import type { HandleId } from "../../base/ids.ts";
import { type Site, uninitialized } from "../../protocol/abi.ts";
import { NotSaveableError } from "../errors.ts";
import { isKnown } from "../known.ts";
import { DurablePromise } from "../promise.ts";
import { ofForeignCode, partsOfProxy, proxies } from "../proxies.ts";
import { type AnyFunction, type HiddenState, hiddenOfStranger } from "../stamp.ts";
import { ByteWriter } from "./bytes.ts";
import {
  barePromise,
  type Case,
  caseOf,
  hasKind,
  internalEncoding,
  isBarePromise,
  isEnvironment,
  isOrdinaryClass,
  prerequisiteOf,
  recordEncoding,
} from "./cases.ts";
import { type CodecContext, type Constant, recordPrototype } from "./context.ts";
import { writeExtras } from "./extras.ts";
import { describePath, kindName, type Step } from "./path.ts";
import { Pools } from "./pools.ts";
import { isOrdinaryArray, ordinaryKeys, type Shape, Shapes } from "./shapes.ts";
import { layoutCase, siteCase } from "./site-cases.ts";
import { symbolText } from "./symbols.ts";
import {
  bases,
  depthMax,
  extrasFlag,
  formatVersion,
  inline,
  kinds,
  type Mode,
  magic,
  modeCheckpoint,
  modeValue,
  tags,
} from "./tags.ts";
import { TextWriter } from "./texts.ts";
import { entriesCase, entriesOf } from "./weak.ts";
import { proxyCase } from "./web.ts";

/** What `caseOf` thought of an object: how to write it. */
export interface Encoding {
  readonly kind: Case;
  /** Properties and prototype beyond what the kind has of itself. */
  readonly extras?: Extras | undefined;
}

export interface Extras {
  readonly prototype?: object | null;
  readonly fixed: boolean;
  readonly keys: readonly PropertyKey[];
  readonly hidden?: readonly HiddenState[] | undefined;
  readonly lost?: readonly PropertyKey[];
  /** Stands for the `name` that an error had from a prototype that cannot be saved. */
  readonly name?: string;
}

/** Thrown where something cannot be saved; the caller finds out where it was (`explain`). */
export class Refusal {
  readonly value: object;
  readonly reason: string;
  constructor(value: object, reason: string) {
    this.value = value;
    this.reason = reason;
  }
}

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Awaited promises that nothing in the snapshot can settle: only this process can. */
  readonly lostAwaited: number;
  /** Shared values to which it leads. */
  readonly handles: readonly HandleId[];
}

const none: readonly HandleId[] = [];
type Code = object | symbol;

/** Objects that are looked through one by one, before a Map is worth its making. */
const fewMax = 24;
/** Texts from this length on are looked for by a Map; others in a table of those met lately, which is faster. */
const longText = 256;
const nearTexts = 2048;
/** From this length on a text may be a piece of a longer one, all of which stays in memory as long as the piece is remembered. */
const pieceLength = 13;
const piecesMax = 128;
const textNumberMax = 2 ** 29;
const valuesKeptMax = 256;

export class Encoder {
  context!: CodecContext;
  mode: Mode = modeValue;
  /** What the decoder needs to make the code. */
  readonly shells = new ByteWriter();
  readonly contents = new ByteWriter();
  readonly #head = new ByteWriter();
  readonly #texts = new TextWriter();
  readonly #shapes = new Shapes();
  /** Shapes that have been written. */
  #shapesKnown = 0;
  /** Promises whose resolvers, or whatever else will settle them, are in the snapshot. */
  settleable = new Set<DurablePromise>();
  readonly promises: DurablePromise[] = [];
  /** Parts whose whole has been written, and it: see web.ts, W2. */
  wholes = new Map<object, object>();
  readonly pools = new Pools();
  /** Weak collections that have been met, each with the keys under which entries have been written. */
  weaks = new Map<object, Set<unknown>>();
  /** Shared values to which the snapshot leads. */
  handles = new Set<HandleId>();
  #constants: ReadonlyMap<object, Constant> = new Map();
  /** Numbers of objects; of code, from -1 downwards. */
  #ids = new Map<unknown, number>();
  readonly #few: unknown[] = new Array<unknown>(fewMax).fill(undefined);
  readonly #fewIds: number[] = new Array<number>(fewMax).fill(0);
  #fewCount = 0;
  #objects = 0;
  readonly #codes: { readonly value: Code; readonly encoding: Encoding | undefined }[] = [];
  readonly #deferred: { readonly value: object; readonly encoding: Encoding | Shape | undefined }[] = [];
  #depth = 0;
  #depthMax = depthMax;
  /** Values of the objects that are being written, those of inner ones above those of outer ones. */
  readonly #values: unknown[] = [];
  #top = 0;
  #strings = 0;
  readonly #nearText: string[] = new Array<string>(nearTexts).fill("");
  /** Their numbers, counted through all snapshots of this encoder; below `#textBase` they are of an earlier one. */
  readonly #nearNumber: number[] = new Array<number>(nearTexts).fill(-1);
  #textBase = 0;
  /** Places in `#nearText` of what may be pieces, as far as they are few. */
  readonly #pieces: number[] = new Array<number>(piecesMax).fill(0);
  #pieceCount = 0;
  #longTexts = new Map<string, number>();
  /** Prototypes of classes whose instances are nothing but properties, with the number of the class. */
  #classes = new Map<object, number>();
  /** Set while a refusal is explained: who led to an object. */
  #trace: Map<unknown, Step> | undefined;
  #holder: object | undefined;
  #isProxy: CodecContext["isProxy"];

  run(
    context: CodecContext,
    mode: Mode,
    constants: ReadonlyMap<object, Constant>,
    root: unknown,
    rootName: string,
  ): Encoded {
    this.context = context;
    this.#isProxy = context.isProxy;
    this.mode = mode;
    this.#constants = constants;
    this.value(root, rootName);
    this.#rest();
    this.#weakEntries();
    const { contents } = this;
    let lostAwaited = 0;
    const lost =
      this.promises.length === 0
        ? this.promises
        : this.promises.filter((promise) => !this.settleable.has(promise));
    contents.varint(lost.length);
    for (const promise of lost) {
      contents.varint(this.#find(promise)!);
      if (DurablePromise.isAwaited(promise)) lostAwaited++;
    }
    return { bytes: this.#join(), lostAwaited, handles: this.handles.size === 0 ? none : [...this.handles] };
  }

  /** The same once more, for the way to what was refused: breadth first, so that it is a short one. */
  explain(
    context: CodecContext,
    mode: Mode,
    constants: ReadonlyMap<object, Constant>,
    root: unknown,
    rootName: string,
  ): NotSaveableError | undefined {
    this.#trace = new Map();
    this.#depthMax = 0;
    try {
      this.run(context, mode, constants, root, rootName);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return this.#notSaveable(error, rootName);
      throw error;
    }
  }

  /**
   * Forgets the program. What holds objects by a table is made anew, and not cleared: the engine chains a table that is cleared, or has grown, to
   * the one that takes its place, and as long as the first of such a chain waits for a full collection, all of them live, with what was in them
   * (docs/internals/measurements.md, "The engine").
   */
  clear(): void {
    this.shells.clear();
    this.contents.clear();
    this.#head.clear();
    this.#texts.clear();
    this.#shapes.clear();
    this.#shapesKnown = 0;
    if (this.settleable.size > 0) this.settleable = new Set();
    if (this.promises.length > 0) this.promises.length = 0;
    if (this.wholes.size > 0) this.wholes = new Map();
    this.pools.clear();
    if (this.weaks.size > 0) this.weaks = new Map();
    if (this.handles.size > 0) this.handles = new Set();
    if (this.#ids.size > 0) this.#ids = new Map();
    for (let at = 0; at < this.#fewCount; at++) this.#few[at] = undefined;
    this.#fewCount = 0;
    this.#objects = 0;
    if (this.#codes.length > 0) this.#codes.length = 0;
    if (this.#deferred.length > 0) this.#deferred.length = 0;
    this.#depth = 0;
    this.#depthMax = depthMax;
    if (this.#values.length > valuesKeptMax) this.#values.length = 0;
    else this.#values.fill(undefined);
    this.#top = 0;
    this.#textBase += this.#strings;
    this.#strings = 0;
    if (this.#textBase > textNumberMax) {
      this.#textBase = 0;
      this.#nearNumber.fill(-1);
    }
    if (this.#pieceCount > piecesMax) this.#nearText.fill("");
    else for (let at = 0; at < this.#pieceCount; at++) this.#nearText[this.#pieces[at]!] = "";
    this.#pieceCount = 0;
    if (this.#longTexts.size > 0) this.#longTexts = new Map();
    if (this.#classes.size > 0) this.#classes = new Map();
    this.#trace = undefined;
    this.#holder = undefined;
  }

  /** The constant of a module as which an object may be saved instead (design H1). */
  constantOf(value: object): Constant | undefined {
    return this.#constants.size === 0 ? undefined : this.#constants.get(value);
  }

  // ---- the loop -----------------------------------------------------------------------------------------------------

  /** What was announced comes first, then the code in order: the decoder knows no other. */
  #rest(deferred = 0, code = 0): void {
    for (;;) {
      if (deferred < this.#deferred.length) this.#contentsOfDeferred(deferred++);
      else if (code < this.#codes.length) this.#code(code++);
      else return;
    }
  }

  /** What weak collections hold for objects that have been written; that may lead to more objects. */
  #weakEntries(): void {
    const { weaks } = this;
    while (weaks.size > 0) {
      const [deferred, code] = [this.#deferred.length, this.#codes.length];
      const met = this.#ids.size > 0 ? this.#ids.keys() : this.#few.slice(0, this.#fewCount);
      const found = entriesOf(weaks, met, this.context);
      if (found.length === 0) return;
      for (const entries of found) {
        this.#trace?.set(entries, { holder: entries[0]!.weak, key: "[entries]" });
        this.#addCode(entries, { kind: entriesCase });
      }
      this.#rest(deferred, code);
    }
  }

  #contentsOfDeferred(index: number): void {
    const { value, encoding } = this.#deferred[index]!;
    const outer = this.#holder;
    this.#holder = value;
    if (encoding === undefined) this.#elements(value as unknown[]);
    else if ("keys" in encoding) {
      const keys = ordinaryKeys(value, this.#values, this.#top);
      assert(keys?.length === encoding.keys.length, "an object changed while it was saved");
      this.#properties(encoding.keys);
    } else this.#contents(value, encoding);
    this.#holder = outer;
  }

  #contents(value: object, { kind, extras }: Encoding): void {
    kind.write?.(this, value);
    if (extras !== undefined) writeExtras(this, value, extras);
  }

  #code(index: number): void {
    const { value, encoding } = this.#codes[index]!;
    const { shells } = this;
    if (encoding === undefined) {
      const [kind, text] = symbolText(value as symbol);
      shells.byte(kinds.symbol);
      shells.byte(kind);
      shells.byte(text === undefined ? 0 : 1);
      if (text !== undefined) shells.text(text);
      return;
    }
    const outer = this.#holder;
    this.#holder = value as object;
    shells.byte(encoding.kind.tag | (encoding.extras === undefined ? 0 : extrasFlag));
    encoding.kind.shell?.(this, value as object);
    this.#contents(value as object, encoding);
    this.#holder = outer;
  }

  // ---- values -------------------------------------------------------------------------------------------------------

  /** Writes a value into the contents. `key` is how the object being written holds it. */
  value(value: unknown, key: unknown): void {
    switch (typeof value) {
      case "string":
        this.text(value);
        return;
      case "number":
        this.#number(value);
        return;
      case "object":
        if (value === null) this.contents.byte(tags.null);
        else this.#reference(value, key);
        return;
      case "undefined":
        this.contents.byte(tags.undefined);
        return;
      case "boolean":
        this.contents.byte(value ? tags.true : tags.false);
        return;
      case "function":
        this.#reference(value, key);
        return;
      case "symbol":
        if (value === uninitialized) this.contents.byte(tags.uninitialized);
        else this.#codeNumber(this.#symbol(value));
        return;
      case "bigint":
        this.contents.byte(tags.bigint);
        this.text(value.toString(16));
    }
  }

  again(): void {
    this.contents.byte(tags.again);
  }

  hole(): void {
    this.contents.byte(tags.hole);
  }

  #number(value: number): void {
    const out = this.contents;
    out.reserve(9);
    const whole = value | 0;
    if (whole !== value || (whole === 0 && Object.is(value, -0))) {
      if (Math.fround(value) === value) {
        out.bytes[out.at++] = tags.float;
        out.float(value);
      } else {
        out.bytes[out.at++] = tags.double;
        out.double(value);
      }
    } else if (whole >= 0) {
      if (whole < inline.integer) out.bytes[out.at++] = whole;
      else if (whole < inline.integer13) {
        const rest = whole - inline.integer;
        out.bytes[out.at++] = tags.integer13 | (rest >> 8);
        out.bytes[out.at++] = rest;
      } else {
        out.bytes[out.at++] = tags.positive;
        out.varint(whole - inline.integer13);
      }
    } else {
      out.bytes[out.at++] = tags.negative;
      out.varint(-(whole + 1));
    }
  }

  text(text: string): void {
    const out = this.contents;
    out.reserve(9);
    const { length } = text;
    if (length === 0) {
      out.bytes[out.at++] = tags.text;
      return;
    }
    const known = length < longText ? this.#nearAgain(text, length) : this.#longAgain(text);
    if (known >= 0) {
      this.#textAgain(known);
      return;
    }
    if (length < inline.text) out.bytes[out.at++] = tags.text | length;
    else if (length < inline.text12) {
      const rest = length - inline.text;
      out.bytes[out.at++] = tags.text12 | (rest >> 8);
      out.bytes[out.at++] = rest;
    } else {
      out.bytes[out.at++] = tags.textLong;
      out.varint(length - inline.text12);
    }
    this.#texts.add(text);
  }

  /** The number of a text that was met lately; -1 if it is given one now. */
  #nearAgain(text: string, length: number): number {
    const slot =
      (length * 67 +
        text.charCodeAt(length - 1) * 31 +
        text.charCodeAt(length >> 1) * 7 +
        text.charCodeAt(0)) &
      (nearTexts - 1);
    const known = this.#nearNumber[slot]! - this.#textBase;
    if (known >= 0 && this.#nearText[slot] === text) return known;
    this.#nearText[slot] = text;
    this.#nearNumber[slot] = this.#textBase + this.#strings++;
    if (length >= pieceLength && this.#pieceCount++ < piecesMax) this.#pieces[this.#pieceCount - 1] = slot;
    return -1;
  }

  #longAgain(text: string): number {
    const known = this.#longTexts.get(text);
    if (known !== undefined) return known;
    this.#longTexts.set(text, this.#strings++);
    return -1;
  }

  #textAgain(number: number): void {
    const out = this.contents;
    if (number < inline.textAgain) {
      out.bytes[out.at++] = tags.textAgain12 | (number >> 8);
      out.bytes[out.at++] = number;
    } else {
      out.bytes[out.at++] = tags.textAgainLong;
      out.varint(number - inline.textAgain);
    }
  }

  // ---- objects ------------------------------------------------------------------------------------------------------

  #reference(value: object, key: unknown): void {
    const known = this.#find(value);
    if (known === undefined) {
      if (this.#trace !== undefined) this.#note(value, key);
      this.#fresh(value);
    } else if (known < 0) this.#codeNumber(-1 - known);
    else {
      this.contents.byte(tags.object);
      this.contents.varint(known);
    }
  }

  /** Whether it has been written already. */
  isMet(value: object): boolean {
    return this.#find(value) !== undefined;
  }

  #find(value: unknown): number | undefined {
    if (this.#ids.size > 0) return this.#ids.get(value);
    for (let at = 0; at < this.#fewCount; at++) if (this.#few[at] === value) return this.#fewIds[at];
    return undefined;
  }

  #give(value: unknown, id: number): void {
    const ids = this.#ids;
    if (ids.size === 0 && this.#fewCount < fewMax) {
      this.#few[this.#fewCount] = value;
      this.#fewIds[this.#fewCount++] = id;
      return;
    }
    if (ids.size === 0) for (let at = 0; at < fewMax; at++) ids.set(this.#few[at], this.#fewIds[at]!);
    ids.set(value, id);
  }

  #codeNumber(number: number): void {
    this.contents.byte(tags.code);
    this.contents.varint(number);
  }

  #fresh(value: object): void {
    if (proxies.any && partsOfProxy(value) !== undefined) return this.#ofKind(value, { kind: proxyCase });
    if (typeof value === "function") return this.#codeNumber(this.code(value));
    if (this.#isProxy?.(value) === true && this.#isUnmarked(value)) this.refuse(ofForeignCode, value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype) {
      if (this.#plain(value, bases.plain, 0)) return;
    } else if (prototype === Array.prototype) {
      if (this.#array(value)) return;
    } else if (prototype === recordPrototype) {
      return this.#codeNumber(this.#addCode(value, recordEncoding));
    } else if (prototype !== null) {
      const internal = this.mode === modeCheckpoint ? internalEncoding(prototype) : undefined;
      const isBare = internal === undefined && isBarePromise(value, prototype) && this.#isUnmarked(value);
      if (internal !== undefined || isBare) return this.#ofKind(value, internal ?? barePromise);
      const type = this.#classOf(prototype);
      if (type >= 0 && this.#plain(value, bases.class, type)) return;
    }
    const encoding = this.#caseOf(value);
    if (encoding.kind.isCode === true) this.#codeNumber(this.#addCode(value, encoding));
    else this.#ofKind(value, encoding);
  }

  /** A refusal is about the value itself. */
  #caseOf(value: object, asCode = false): Encoding {
    const outer = this.#holder;
    this.#holder = value;
    const encoding = caseOf(this, value, asCode);
    this.#holder = outer;
    return encoding;
  }

  /** Whether an object may be what it looks like: not a name, not a constant, without members of another class. */
  #isUnmarked(value: object): boolean {
    return !isKnown(value) && this.constantOf(value) === undefined && hiddenOfStranger(value) === undefined;
  }

  #plain(value: object, base: number, type: number): boolean {
    const keys = ordinaryKeys(value, this.#values, this.#top);
    if (keys === undefined || !this.#isUnmarked(value)) return false;
    const shape = this.#shapes.find(base, type, keys);
    if (shape.isSpecial && !this.isPlainInTruth(value)) return false;
    this.#give(value, this.#objects++);
    if (this.#depth >= this.#depthMax) {
      this.#deferred.push({ value, encoding: shape });
      this.contents.byte(tags.deferred);
      this.shapeOf(shape, true);
      return true;
    }
    this.shapeOf(shape, true);
    const outer = this.#holder;
    this.#holder = value;
    this.#properties(keys);
    this.#holder = outer;
    return true;
  }

  /** With the keys of a prototype or an environment, it still may be neither. */
  isPlainInTruth(value: object): boolean {
    return !isEnvironment(value) && this.#caseOf(value).kind.tag === kinds.shaped;
  }

  /** The values are those that `ordinaryKeys` has just put on top. */
  #properties(keys: readonly string[]): void {
    const values = this.#values;
    const from = this.#top;
    const { length } = keys;
    this.#top = from + length;
    this.#depth++;
    for (let at = 0; at < length; at++) this.value(values[from + at], keys[at]);
    this.#depth--;
    this.#top = from;
  }

  /** Writes the number of a shape: with the tag of a new object, or behind its kind. The first time its keys follow. */
  shapeOf(shape: Shape, isTagged: boolean): void {
    const isNew = shape.number < 0;
    if (isNew) shape.number = this.#shapesKnown++;
    const out = this.contents;
    const { number } = shape;
    if (!isTagged) out.varint(number);
    else if (number < inline.shape) out.byte(tags.shaped | number);
    else {
      out.byte(tags.shapedLong);
      out.varint(number - inline.shape);
    }
    if (!isNew) return;
    out.byte(shape.base);
    if (shape.base === bases.class) out.varint(shape.type);
    out.varint(shape.keys.length);
    for (const key of shape.keys) this.text(key);
  }

  shape(base: number, type: number, keys: readonly string[]): Shape {
    return this.#shapes.find(base, type, keys);
  }

  /** Keys of an object of nothing but ordinary properties, if it is one; its values are on top. */
  ordinary(value: object): readonly string[] | undefined {
    return ordinaryKeys(value, this.#values, this.#top);
  }

  ordinaryContents(keys: readonly string[]): void {
    this.#properties(keys);
  }

  #array(value: object): boolean {
    const list = value as unknown[];
    if (!isOrdinaryArray(list, this.context.definesProperties) || !this.#isUnmarked(value)) return false;
    this.#give(value, this.#objects++);
    const { length } = list;
    const isDeferred = this.#depth >= this.#depthMax;
    if (isDeferred) {
      this.#deferred.push({ value, encoding: undefined });
      this.contents.byte(tags.deferred);
    }
    if (length < inline.array) this.contents.byte(tags.array | length);
    else {
      this.contents.byte(tags.arrayLong);
      this.contents.varint(length - inline.array);
    }
    if (!isDeferred) {
      const outer = this.#holder;
      this.#holder = value;
      this.#elements(list);
      this.#holder = outer;
    }
    return true;
  }

  #elements(list: unknown[]): void {
    const { length } = list;
    this.#depth++;
    for (let at = 0; at < length; at++) {
      const item = list[at];
      if (item === undefined && !Object.hasOwn(list, at)) this.contents.byte(tags.hole);
      else this.value(item, at);
    }
    this.#depth--;
  }

  /** The number of a class whose instances are nothing but properties, by its prototype; -1 of all others. */
  #classOf(prototype: object): number {
    const known = this.#classes.get(prototype);
    if (known !== undefined) return known;
    if (hasKind(prototype)) return -1;
    const type = isOrdinaryClass(this, prototype);
    if (type !== undefined && this.#trace !== undefined) this.#note(type, "constructor");
    const number = type === undefined ? -1 : this.code(type);
    this.#classes.set(prototype, number);
    return number;
  }

  #ofKind(value: object, encoding: Encoding): void {
    const { kind, extras } = encoding;
    const outer = this.#holder;
    this.#holder = value;
    const isDeferred = this.#depth >= this.#depthMax && kind.isWhole !== true;
    if (isDeferred) this.contents.byte(tags.deferred);
    this.contents.byte(extras === undefined ? tags.kind : tags.kindWithExtras);
    this.contents.byte(kind.tag);
    this.#depth++;
    kind.shell?.(this, value);
    this.#give(value, this.#objects++);
    if (isDeferred) this.#deferred.push({ value, encoding });
    else this.#contents(value, encoding);
    this.#depth--;
    this.#holder = outer;
  }

  // ---- code ---------------------------------------------------------------------------------------------------------

  /** The number of a function, environment, record or prototype in the table of code. */
  code(value: object): number {
    const known = this.#find(value);
    if (known !== undefined) {
      assert(known < 0, "what is code was saved as data before");
      return -1 - known;
    }
    if (proxies.any && partsOfProxy(value) !== undefined) this.refuse("what it is made of is a proxy");
    if (typeof value === "function") this.#prerequisites(value);
    return this.#addCode(value, this.#caseOf(value, true));
  }

  #addCode(value: Code, encoding: Encoding | undefined): number {
    assert(encoding === undefined || encoding.kind.isCode === true, "what is needed as code is data");
    const number = this.#codes.length;
    this.#give(value, -1 - number);
    this.#codes.push({ value, encoding });
    return number;
  }

  /** What has to be made before a function gets its number first: superclasses, targets of bound functions. */
  #prerequisites(value: AnyFunction): void {
    const chain: AnyFunction[] = [];
    let holder = value;
    for (;;) {
      const at = prerequisiteOf(holder);
      if (typeof at !== "function" || this.#find(at) !== undefined) break;
      if (this.#trace !== undefined) this.#trace.set(at, { holder, key: "[superclass]" });
      chain.push(at);
      holder = at;
    }
    for (const needed of chain.reverse()) this.#addCode(needed, this.#caseOf(needed));
  }

  #symbol(symbol: symbol): number {
    const known = this.#find(symbol);
    return known === undefined ? this.#addCode(symbol, undefined) : -1 - known;
  }

  /** Writes into a shell of code: other code, or a primitive. */
  shellValue(value: unknown, key: unknown): void {
    const out = this.shells;
    if (typeof value === "symbol" && value !== uninitialized) {
      out.byte(tags.code);
      out.varint(this.#symbol(value));
    } else if ((typeof value === "object" && value !== null) || typeof value === "function") {
      if (this.#trace !== undefined) this.#note(value, key);
      out.byte(tags.code);
      out.varint(this.code(value));
    } else writePrimitive(out, value);
  }

  site(site: Site): number {
    const known = this.#find(site);
    return known === undefined ? this.#addCode(site, { kind: siteCase }) : -1 - known;
  }

  layout(site: Site, number: number): number {
    const label = site.labels?.[number];
    if (label === undefined || label === null)
      return this.refuse(`its function ${site.id} has no label ${number}`);
    const known = this.#find(label);
    // Of lower number, so that the decoder mostly has it by then.
    if (known === undefined) this.site(site);
    return known === undefined ? this.#addCode(label, { kind: layoutCase(site, number, label) }) : -1 - known;
  }

  // ---- refusals -----------------------------------------------------------------------------------------------------

  /** @throws always: the object being written cannot be saved. */
  refuse(reason = "", value: object | undefined = this.#holder): never {
    throw new Refusal(value ?? {}, reason);
  }

  #note(value: unknown, key: unknown): void {
    if (!this.#trace!.has(value) && this.#holder !== undefined)
      this.#trace!.set(value, { holder: this.#holder, key });
  }

  #notSaveable({ value, reason }: Refusal, rootName: string): NotSaveableError {
    const steps: Step[] = [];
    const chain: object[] = [value];
    const seen = new Set<object>();
    for (let at = value; !seen.has(at); ) {
      seen.add(at);
      const step = this.#trace!.get(at);
      if (step === undefined) break;
      steps.unshift(step);
      chain.push(step.holder);
      at = step.holder;
    }
    const path = describePath(steps, value, (record) => this.context.moduleOfRecord(record));
    const where =
      this.mode === modeCheckpoint
        ? path
        : `${rootName}${steps.length === 0 ? ` (${kindName(value)})` : `: ${path}`}`;
    const error = new NotSaveableError(`${where} cannot be saved${reason === "" ? "" : `: ${reason}`}`);
    // What a second try may save in place of what failed: a constant of a module that leads to it (design H1).
    refusedChains.set(error, chain);
    return error;
  }

  // ---- the whole ----------------------------------------------------------------------------------------------------

  #join(): Uint8Array {
    const head = this.#head;
    for (let at = 0; at < magic.length; at++) head.byte(magic[at]!);
    head.byte(formatVersion);
    head.byte(this.mode);
    this.#texts.flush(head);
    head.varint(this.#codes.length);
    const { shells, contents } = this;
    const bytes = new Uint8Array(head.length + shells.length + contents.length);
    contents.copyTo(bytes, shells.copyTo(bytes, head.copyTo(bytes, 0)));
    return bytes;
  }
}

/** What a shell may hold besides code. */
function writePrimitive(out: ByteWriter, value: unknown): void {
  switch (typeof value) {
    case "undefined":
      return out.byte(tags.undefined);
    case "boolean":
      return out.byte(value ? tags.true : tags.false);
    case "string":
      out.byte(tags.text);
      return out.text(value);
    case "bigint":
      out.byte(tags.bigint);
      return out.text(value.toString(16));
    case "number":
      out.byte(tags.double);
      return out.double(value);
    default:
      return out.byte(value === null ? tags.null : tags.uninitialized);
  }
}

/** From a refusal's error to the objects that lead to the refused one, innermost first. */
export const refusedChains = new WeakMap<NotSaveableError, readonly object[]>();
