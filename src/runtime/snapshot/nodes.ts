/**
 * The syntax of a snapshot alone: bytes to inert nodes, without a program, a task or foreign modules, to be looked at (inspect.ts).
 *
 * N1. Nothing is made but nodes and primitives: no closure, no class, no instance; so nothing of a program can run.
 * N2. Bytes may be anything, as for the decoder: what is wrong is a SnapshotError.
 * N3. Each byte of shells, contents and texts is counted at the node it was written for; a text at the first that uses it. Texts with
 *     other letters than those of ASCII are counted by their letters.
 */
import { type SourcePosition, uninitialized } from "../../protocol/abi.ts";
import { SnapshotError } from "../errors.ts";
import { ByteReader } from "./bytes.ts";
import { internalCases } from "./internals.ts";
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
  kinds,
  type Mode,
  magic,
  modeCheckpoint,
  modeValue,
  tags,
} from "./tags.ts";
import { TextReader } from "./texts.ts";
import { errorTypes, intlTypes, requestOptions, viewTypes } from "./type-names.ts";

/** A property, element or field. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
  /** Of the value itself, not of an object that it refers to. */
  readonly bytes: number;
}

export interface NodeLayout {
  readonly site: Node;
  readonly label: number;
  readonly position: SourcePosition;
  readonly slots: readonly string[];
}

/** An object of a snapshot. */
export class Node {
  kind: number;
  /** What it is, as far as its shell says: a name, a text, a site's id. */
  text = "";
  /** What the shell refers to: a class, a buffer, an enclosing environment. */
  readonly refs: unknown[] = [];
  readonly entries: Entry[] = [];
  layout: NodeLayout | undefined;
  /** Of a function. */
  site: Node | undefined;
  /** Of an object with a shape: tags.ts, `bases`. */
  base = 0;
  keys: readonly string[] = [];
  count = 0;
  bytes = 0;

  constructor(kind: number) {
    this.kind = kind;
  }

  /** The value of a field. */
  field(key: unknown): unknown {
    return this.entries.find((entry) => entry.key === key)?.value;
  }

  /** All that it refers to. */
  *values(): Generator<unknown> {
    yield* this.refs;
    for (const { key, value } of this.entries) {
      yield key;
      yield value;
    }
  }
}

export interface Nodes {
  readonly mode: Mode;
  readonly root: unknown;
  readonly all: readonly Node[];
}

interface Syntax {
  shell?(input: NodeReader, node: Node): void;
  contents?(input: NodeReader, node: Node): void;
}

interface NodeShape {
  readonly base: number;
  readonly type: unknown;
  readonly keys: readonly string[];
}

const nestingMax = depthMax + 8;

export function isSnapshot(bytes: Uint8Array): boolean {
  return bytes.length > magic.length && magic.every((byte, at) => bytes[at] === byte);
}

/** @throws SnapshotError */
export function readNodes(bytes: Uint8Array): Nodes {
  return new NodeReader(bytes).run();
}

class NodeReader {
  readonly input: ByteReader;
  mode: Mode = modeValue;
  readonly #texts = new TextReader();
  readonly #strings: string[] = [];
  readonly #shapes: NodeShape[] = [];
  readonly #codes: Node[] = [];
  readonly #objects: Node[] = [];
  readonly #deferred: (() => void)[] = [];
  #depth = 0;
  /** The node whose bytes are being read, and how far they are counted. */
  #current = new Node(0);
  #counted = 0;
  #textUnits = 0;

  constructor(bytes: Uint8Array) {
    this.input = new ByteReader(bytes);
  }

  run(): Nodes {
    this.#head();
    this.#texts.read(this.input);
    const flagged = this.#shells();
    this.#count();
    const root = this.value();
    for (let code = 0, deferred = 0; ; ) {
      if (deferred < this.#deferred.length) this.#deferred[deferred++]!();
      else if (code < flagged.length) {
        const node = this.#codes[code]!;
        this.#contents(node, codeSyntax[node.kind], flagged[code]!);
        code++;
      } else break;
    }
    for (let lost = this.input.count(); lost > 0; lost--) this.#found(this.#objects, this.input.varint());
    if (this.input.remaining > 0) throw new SnapshotError("the snapshot is corrupted: bytes are left over");
    return { mode: this.mode, root, all: [...this.#objects, ...this.#codes] };
  }

  #head(): void {
    const { input } = this;
    for (const byte of magic)
      if (input.byte() !== byte)
        throw new SnapshotError("these bytes are not a snapshot: they do not begin with CNTN");
    const version = input.byte();
    if (version !== formatVersion)
      throw new SnapshotError(
        `the snapshot has format version ${version}; this runtime reads version ${formatVersion}`,
      );
    this.mode = input.byte() === modeCheckpoint ? modeCheckpoint : modeValue;
  }

  #shells(): boolean[] {
    const { input } = this;
    const flagged: boolean[] = [];
    const count = input.count();
    // A shell may refer to what comes later: the nodes are there before.
    for (let index = 0; index < count; index++) this.#codes.push(new Node(0));
    this.#count();
    for (const node of this.#codes) {
      this.#enter(node, () => {
        const tag = input.byte();
        node.kind = tag & ~extrasFlag;
        flagged.push((tag & extrasFlag) !== 0);
        this.#syntax(codeSyntax, node.kind).shell?.(this, node);
      });
    }
    return flagged;
  }

  #syntax(table: Readonly<Record<number, Syntax>>, kind: number): Syntax {
    const syntax = table[kind];
    if (syntax === undefined) throw new SnapshotError(`the snapshot is corrupted: an object of kind ${kind}`);
    return syntax;
  }

  // ---- counting -----------------------------------------------------------------------------------------------------

  /** Counts what has been read since the last time at the current node. */
  #count(): void {
    const at = this.input.position + this.#textUnits;
    this.#current.bytes += at - this.#counted;
    this.#counted = at;
  }

  #enter(node: Node, read: () => void): void {
    if (++this.#depth > nestingMax)
      throw new SnapshotError("the snapshot is corrupted: objects are nested too deeply");
    const outer = this.#current;
    this.#current = node;
    read();
    this.#count();
    this.#current = outer;
    this.#depth--;
  }

  // ---- what the syntax of a kind asks -------------------------------------------------------------------------------

  ref(node: Node): void {
    node.refs.push(this.value());
  }

  /** A reference in a shell. */
  shellRef(node: Node): void {
    const { input } = this;
    const tag = input.byte();
    if (tag === tags.code) node.refs.push(this.#found(this.#codes, input.varint()));
    else if (tag === tags.text || tag === tags.bigint) node.refs.push(input.text());
    else if (tag === tags.double) node.refs.push(input.double());
    else node.refs.push(simple[tag - tags.undefined]);
  }

  entry(node: Node, key: unknown): void {
    this.#count();
    const before = node.bytes;
    const value = this.value();
    this.#count();
    node.entries.push({ key, value, bytes: node.bytes - before });
  }

  shape(): NodeShape {
    const number = this.input.varint();
    return this.#shapes[number] ?? this.#newShape(number);
  }

  text(): string {
    const text = this.value();
    if (typeof text === "string") return text;
    throw new SnapshotError("the snapshot is corrupted: something else where a text belongs");
  }

  code(): Node {
    return this.#found(this.#codes, this.input.varint());
  }

  // ---- values -------------------------------------------------------------------------------------------------------

  value(): unknown {
    const { input } = this;
    const from = input.position;
    const tag = input.byte();
    if (tag < tags.text) return tag;
    if (tag < tags.shaped) return this.#text(tag & 0x1f);
    if (tag < tags.integer13) return this.#new(from, tag, false);
    if (tag < tags.text12) return (((tag & 0x1f) << 8) | input.byte()) + inline.integer;
    if (tag < tags.textAgain12) return this.#text((((tag & 0x0f) << 8) | input.byte()) + inline.text);
    if (tag < tags.undefined) return this.#found(this.#strings, ((tag & 0x0f) << 8) | input.byte());
    if (tag <= tags.again) return simple[tag - tags.undefined];
    return this.#long(from, tag);
  }

  #long(from: number, tag: number): unknown {
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
        return this.#found(this.#strings, input.varint() + inline.textAgain);
      case tags.bigint:
        return bigintOf(this.text());
      case tags.object:
        return this.#found(this.#objects, input.varint());
      case tags.code:
        return valueOfCode(this.code());
      case tags.deferred:
        return this.#new(from, input.byte(), true);
      default:
        return this.#new(from, tag, false);
    }
  }

  #text(length: number): string {
    if (length === 0) return "";
    const text = this.#texts.take(length);
    this.#strings.push(text);
    this.#textUnits += length;
    return text;
  }

  /** What was read of the object before it was known to be one is counted at it. */
  #new(from: number, tag: number, isDeferred: boolean): Node {
    const { input } = this;
    const node = new Node(0);
    const behind = input.position;
    input.position = from;
    this.#count();
    input.position = behind;
    this.#enter(node, () => {
      const { syntax, isFlagged } = this.#begin(node, tag);
      const contents = (): void => this.#contents(node, syntax, isFlagged);
      if (isDeferred) this.#deferred.push(contents);
      else contents();
    });
    return node;
  }

  #begin(node: Node, tag: number): { readonly syntax: Syntax; readonly isFlagged: boolean } {
    const { input } = this;
    const isShort = tag < tags.integer13;
    if (isShort ? tag < tags.array : tag === tags.shapedLong) {
      const number = isShort ? tag & 0x0f : input.varint() + inline.shape;
      this.#objects.push(node);
      return { syntax: shapedAs(node, this.#shapes[number] ?? this.#newShape(number)), isFlagged: false };
    }
    if (isShort || tag === tags.arrayLong) {
      node.kind = kinds.array;
      node.count = isShort ? tag & 0x0f : input.varint() + inline.array;
      this.#objects.push(node);
      return { syntax: objectSyntax[kinds.array]!, isFlagged: false };
    }
    if (tag !== tags.kind && tag !== tags.kindWithExtras)
      throw new SnapshotError(`the snapshot is corrupted: a value of kind ${tag}`);
    node.kind = input.byte();
    const syntax = this.#syntax(objectSyntax, node.kind);
    syntax.shell?.(this, node);
    this.#objects.push(node);
    return { syntax, isFlagged: tag === tags.kindWithExtras };
  }

  #contents(node: Node, syntax: Syntax | undefined, isFlagged: boolean): void {
    this.#enter(node, () => {
      syntax?.contents?.(this, node);
      if (isFlagged) this.#extras(node);
    });
  }

  #newShape(number: number): NodeShape {
    const { input } = this;
    if (number !== this.#shapes.length)
      throw new SnapshotError(`the snapshot is corrupted: shape ${number} of ${this.#shapes.length}`);
    const base = input.byte();
    const type = base === bases.class ? this.code() : undefined;
    const keys: string[] = [];
    for (let count = input.count(); count > 0; count--) keys.push(this.text());
    const shape = { base, type, keys };
    this.#shapes.push(shape);
    return shape;
  }

  #extras(node: Node): void {
    const { input } = this;
    const flags = input.byte();
    if (flags & extras.prototype) this.entry(node, "[prototype]");
    if (flags & extras.hidden) {
      for (let groups = input.count(3); groups > 0; groups--) {
        const owner = this.value();
        input.varint();
        for (let count = input.count(1); count > 0; count--) this.entry(node, "#");
        node.refs.push(owner);
      }
    }
    if (flags & extras.lost) for (let count = input.count(); count > 0; count--) this.value();
    for (let count = input.count(3); count > 0; count--) {
      const key = this.value();
      const bits = input.byte();
      if ((bits & attributes.accessor) === 0) this.entry(node, key);
      else node.entries.push({ key, value: this.#accessor(), bytes: 0 });
    }
  }

  #accessor(): Node {
    const accessor = new Node(0);
    accessor.text = "(accessor)";
    this.ref(accessor);
    this.ref(accessor);
    return accessor;
  }

  #found<T>(list: readonly T[], number: number): T {
    const found = list[number];
    if (found === undefined)
      throw new SnapshotError(`the snapshot is corrupted: number ${number} of ${list.length}`);
    return found;
  }
}

const simple: readonly unknown[] = [undefined, null, false, true, uninitialized, hole, again];

function bigintOf(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw new SnapshotError("the snapshot is corrupted: a bad bigint");
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

function valueOfCode(node: Node): unknown {
  return node.kind === kinds.symbol ? Symbol(node.text) : node;
}

// ---- the kinds ------------------------------------------------------------------------------------------------------

function shapedAs(node: Node, { base, type, keys }: NodeShape): Syntax {
  node.kind = kinds.shaped;
  node.base = base;
  node.keys = keys;
  if (base === bases.class) node.refs.push(type);
  return objectSyntax[kinds.shaped]!;
}

function properties(input: NodeReader, node: Node): void {
  for (const key of node.keys) input.entry(node, key);
}

/** So many values, with their numbers for keys. */
function list(input: NodeReader, node: Node, count: number): void {
  if (count > input.input.remaining)
    throw new SnapshotError("the snapshot is corrupted: a list is longer than its bytes");
  for (let at = 0; at < count; at++) input.entry(node, at);
}

function refs(input: NodeReader, node: Node): void {
  for (let count = input.input.count(); count > 0; count--) input.ref(node);
}

function shellRefs(input: NodeReader, node: Node): void {
  for (let count = input.input.count(); count > 0; count--) input.shellRef(node);
}

/** Code that goes by a name. */
const named = (parts: number): Syntax => ({
  shell(input, node) {
    node.text = Array.from({ length: parts }, () => input.input.text()).join(" ");
  },
});

/** An object made of texts. */
const said = (text: string): Syntax => ({
  shell(_input, node) {
    node.text = text;
  },
});

const spelled = (parts: number): Syntax => ({
  shell(input, node) {
    node.text = Array.from({ length: parts }, () => input.text()).join(" ");
  },
});

/** Texts and their values. */
function entries(input: NodeReader, node: Node): void {
  for (let count = input.input.count(2); count > 0; count--) input.entry(node, input.text());
}

function pairs(input: NodeReader, node: Node): void {
  for (let count = input.input.count(2); count > 0; count--) {
    const key = input.text();
    node.entries.push({ key, value: input.text(), bytes: 0 });
  }
}

const partOf = (text: string): Syntax => ({
  shell(input, node) {
    node.text = text;
    input.ref(node);
  },
});

const ownedBy: Syntax = { shell: (input, node) => input.shellRef(node) };

const promiseStates = ["pending", "fulfilled", "rejected"] as const;

const frame: Syntax = {
  shell(input, node) {
    node.layout = input.code().layout;
    if (node.layout === undefined)
      throw new SnapshotError("the snapshot is corrupted: a frame without a layout");
  },
  contents(input, node) {
    for (const slot of node.layout!.slots) input.entry(node, slot);
    input.ref(node);
  },
};

const codeSyntax: Readonly<Record<number, Syntax>> = {
  [kinds.weakEntries]: {
    contents(input, node) {
      for (let count = input.input.count(1); count > 0; count--) input.entry(node, "[entry]");
    },
  },
  [kinds.symbol]: {
    shell(input, node) {
      input.input.byte();
      node.text = input.input.byte() === 0 ? "" : input.input.text();
    },
  },
  [kinds.site]: {
    shell(input, node) {
      node.text = input.input.text();
      node.refs.push(input.input.text());
    },
  },
  [kinds.layout]: {
    shell(input, node) {
      node.refs.push(input.code());
      const label = input.input.varint();
      const position = { line: input.input.varint(), column: input.input.varint() };
      const slots: string[] = [];
      for (let count = input.input.count(); count > 0; count--) slots.push(input.input.text());
      node.layout = { site: node.refs[0] as Node, label, position, slots };
    },
  },
  [kinds.environment]: {
    shell: (input, node) => input.shellRef(node),
    contents(input, node) {
      node.keys = input.shape().keys;
      properties(input, node);
    },
  },
  [kinds.closure]: {
    shell(input, node) {
      node.site = input.code();
      input.shellRef(node);
      input.shellRef(node);
      shellRefs(input, node);
    },
    contents: (input, node) => input.entry(node, "prototype"),
  },
  [kinds.bound]: {
    shell: (input, node) => input.shellRef(node),
    contents(input, node) {
      input.ref(node);
      refs(input, node);
    },
  },
  [kinds.member]: {
    shell(input, node) {
      input.shellRef(node);
      input.shellRef(node);
      input.input.byte();
    },
  },
  [kinds.prototype]: ownedBy,
  [kinds.generatorPrototype]: ownedBy,
  [kinds.named]: named(1),
  [kinds.constant]: named(2),
  [kinds.moduleValue]: {
    shell(input, node) {
      node.text = input.input.text();
      input.input.text();
      // How many environments lie between it and its module.
      node.count = input.input.varint();
      node.site = input.code();
      input.shellRef(node);
      shellRefs(input, node);
    },
  },
  [kinds.record]: {
    shell(input, node) {
      node.text = input.input.text();
    },
    contents(input, node) {
      if (input.mode !== modeCheckpoint) return;
      for (let count = input.input.count(2); count > 0; count--) input.entry(node, input.text());
    },
  },
  [kinds.namespace]: named(1),
};

const objectSyntax: Readonly<Record<number, Syntax>> = {
  [kinds.shaped]: {
    shell: (input, node) => void shapedAs(node, input.shape()),
    contents: properties,
  },
  [kinds.array]: {
    shell(input, node) {
      node.count = input.input.varint();
    },
    contents: (input, node) => list(input, node, node.count),
  },
  [kinds.sparse]: {
    shell(input, node) {
      node.count = input.input.varint();
    },
  },
  [kinds.map]: {
    contents(input, node) {
      node.count = input.input.count(2);
      for (let at = 0; at < node.count; at++) input.entry(node, input.value());
    },
  },
  [kinds.set]: {
    contents(input, node) {
      node.count = input.input.count();
      list(input, node, node.count);
    },
  },
  [kinds.date]: {
    shell(input, node) {
      const time = new Date(input.input.double());
      node.text = Number.isNaN(time.getTime()) ? "Invalid Date" : time.toISOString();
    },
  },
  [kinds.regexp]: {
    shell(input, node) {
      node.text = `/${input.text()}/${input.text()}`;
    },
    contents: (input, node) => input.entry(node, "lastIndex"),
  },
  [kinds.buffer]: {
    shell(input, node) {
      node.count = input.input.varint();
      input.input.varint();
      node.refs.push(input.input.run(node.count));
    },
  },
  [kinds.view]: {
    shell(input, node) {
      node.text = viewTypes[input.input.byte()] ?? "view";
      input.ref(node);
      input.input.varint();
      node.count = input.input.varint();
    },
  },
  [kinds.error]: {
    shell(input, node) {
      node.text = errorTypes[input.input.byte()]?.name ?? "Error";
    },
  },
  [kinds.boxed]: { shell: (input, node) => input.ref(node) },
  [kinds.url]: spelled(1),
  [kinds.searchParams]: spelled(1),
  [kinds.domException]: spelled(2),
  [kinds.urlOfParams]: {
    shell(input, node) {
      node.text = input.text();
      input.ref(node);
    },
  },
  [kinds.paramsOfUrl]: partOf("URLSearchParams"),
  [kinds.headers]: { shell: pairs },
  [kinds.headersOfWhole]: partOf("Headers"),
  [kinds.response]: {
    shell(input, node) {
      const status = input.input.varint();
      input.text();
      node.text = `Response ${status} ${input.text()}`;
      input.text();
      input.input.byte();
      input.input.byte();
      pairs(input, node);
    },
  },
  [kinds.request]: {
    shell(input, node) {
      const method = input.text();
      node.text = `Request ${method} ${input.text()}`;
      for (let at = 0; at < requestOptions.length; at++) input.text();
      input.input.byte();
      input.input.byte();
      pairs(input, node);
    },
  },
  [kinds.formData]: { contents: entries },
  [kinds.intl]: {
    shell(input, node) {
      node.text = `Intl.${intlTypes[input.input.byte()] ?? "?"}`;
      input.text();
      entries(input, node);
    },
  },
  [kinds.locale]: spelled(1),
  [kinds.weakRef]: { contents: (input, node) => input.entry(node, "[target]") },
  [kinds.weakMap]: said("WeakMap"),
  [kinds.weakSet]: said("WeakSet"),
  [kinds.proxy]: {
    contents(input, node) {
      for (const name of ["[target]", "[handler]", "[revoked]"]) input.entry(node, name);
    },
  },
  [kinds.textEncoder]: said("TextEncoder"),
  [kinds.frame]: frame,
  [kinds.carryingFrame]: {
    shell(input, node) {
      frame.shell!(input, node);
      // What it is besides concerns nobody who looks at it.
      node.kind = kinds.frame;
    },
    contents(input, node) {
      frame.contents!(input, node);
      input.ref(node);
    },
  },
  [kinds.promise]: {
    contents(input, node) {
      node.text = promiseStates[input.input.byte()] ?? "";
      const flags = input.input.byte();
      input.entry(node, "[result]");
      refs(input, node);
      if ((flags & 4) === 0) return;
      for (const key of ["[call]", "[this]", "[arguments]", "[again]"]) input.entry(node, key);
    },
  },
  [kinds.generator]: { contents: (input, node) => input.ref(node) },
  [kinds.asyncGenerator]: {
    contents(input, node) {
      input.input.byte();
      input.ref(node);
      refs(input, node);
    },
  },
  [kinds.iterator]: {
    shell(input) {
      input.input.byte();
      input.input.byte();
    },
    contents: (input, node) => input.ref(node),
  },
  [kinds.saveable]: {
    shell(input, node) {
      node.text = input.text();
    },
    contents: (input, node) => input.entry(node, "[saved]"),
  },
  [kinds.registered]: {
    contents(input, node) {
      input.entry(node, "[class]");
      input.entry(node, "[saved]");
    },
  },
  [kinds.part]: {
    shell(input, node) {
      node.text = input.text();
      node.count = input.input.varint();
    },
  },
  [kinds.arguments]: {
    contents(input, node) {
      node.count = input.input.count();
      list(input, node, node.count);
    },
  },
  ...Object.fromEntries(
    internalCases
      .filter(({ tag }) => tag !== kinds.frame)
      .map(({ tag, fields }): [number, Syntax] => [
        tag,
        {
          contents(input, node) {
            for (const field of fields) input.entry(node, field);
          },
        },
      ]),
  ),
};

/** Which of the two tables a kind stands in. */
export function syntaxKindOf(kind: number): "code" | "object" | undefined {
  if (kind in codeSyntax) return "code";
  return kind in objectSyntax ? "object" : undefined;
}
