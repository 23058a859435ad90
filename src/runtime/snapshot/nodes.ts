/**
 * The syntax of a snapshot alone: bytes to inert nodes, without a program, a task or foreign modules, to be looked at (inspect.ts).
 *
 * N1. Nothing is made but nodes and primitives: no closure, no class, no instance; so nothing of a program can run.
 * N2. Bytes may be anything, as for the decoder: what is wrong is a SnapshotError.
 * N3. Each byte of shells, contents and texts is counted at the node it was written for; a text at the first that uses it.
 */
import { type SourcePosition, uninitialized } from "../../protocol/abi.ts";
import { SnapshotError } from "../errors.ts";
import { ByteReader } from "./bytes.ts";
import { errorTypes, viewTypes } from "./cases.ts";
import { internalCases } from "./internals.ts";
import {
  again,
  attributes,
  extras,
  extrasFlag,
  formatVersion,
  hole,
  kinds,
  type Mode,
  magic,
  modeCheckpoint,
  modeValue,
  specials,
  types,
} from "./tags.ts";

/** A property, element or field. */
export interface Entry {
  readonly key: unknown;
  readonly value: unknown;
  /** Of the value itself, not of an object that it refers to. */
  readonly bytes: number;
}

export interface NodeLayout {
  readonly site: string;
  readonly label: number;
  readonly position: SourcePosition;
  readonly slots: readonly string[];
}

/** An object of a snapshot. */
export class Node {
  readonly kind: number;
  /** What it is, as far as its shell says: a name, a text, a site's id. */
  text = "";
  /** What the shell refers to: a class, a buffer, an enclosing environment. */
  readonly refs: unknown[] = [];
  readonly entries: Entry[] = [];
  layout: NodeLayout | undefined;
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

/** @throws SnapshotError */
export function readNodes(bytes: Uint8Array): Nodes {
  return new NodeReader(bytes).run();
}

class NodeReader {
  readonly input: ByteReader;
  #texts: { readonly text: string; bytes: number }[] = [];
  #symbols: symbol[] = [];
  #sites: string[] = [];
  #layouts: NodeLayout[] = [];
  #shapes: (readonly string[])[] = [];
  readonly #nodes: Node[] = [];
  mode: Mode = modeValue;
  /** Of texts used since it was asked for. */
  #textBytes = 0;

  constructor(bytes: Uint8Array) {
    this.input = new ByteReader(bytes);
  }

  run(): Nodes {
    this.#head();
    this.#tables();
    const flagged = this.#shells();
    for (const [index, node] of this.#nodes.entries()) {
      this.#counted(node, () => {
        syntaxOf(node.kind).contents?.(this, node);
        if (flagged[index]) this.#extras(node);
      });
    }
    const root = this.value();
    for (let lost = this.input.count(); lost > 0; lost--) this.#found(this.#nodes, this.input.varint());
    if (this.input.remaining > 0) throw new SnapshotError("the snapshot is corrupted: bytes are left over");
    return { mode: this.mode, root, all: this.#nodes };
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

  #tables(): void {
    this.#texts = this.#list(1, () => {
      const from = this.input.position;
      return { text: this.input.text(), bytes: this.input.position - from };
    });
    this.#symbols = this.#list(2, () => {
      this.input.byte();
      const number = this.input.varint();
      return Symbol(number === 0 ? "" : this.#text(number - 1));
    });
    this.#sites = this.#list(2, () => {
      const id = this.string();
      this.string();
      return id;
    });
    this.#layouts = this.#list(5, () => ({
      site: this.site(),
      label: this.input.varint(),
      position: { line: this.input.varint(), column: this.input.varint() },
      slots: this.#list(1, () => this.string()),
    }));
    this.#shapes = this.#list(1, () => this.#list(1, () => this.string()));
  }

  #list<T>(each: number, read: () => T): T[] {
    const list: T[] = [];
    for (let count = this.input.count(each); count > 0; count--) list.push(read());
    return list;
  }

  #shells(): boolean[] {
    const { input } = this;
    const flagged: boolean[] = [];
    // A shell may refer to what comes later: the nodes are there before.
    const count = input.count();
    for (let index = 0; index < count; index++) this.#nodes.push(new Node(0));
    for (let index = 0; index < count; index++) {
      const tag = input.byte();
      const node = this.#nodes[index]!;
      (node as { kind: number }).kind = tag & ~extrasFlag;
      flagged.push((tag & extrasFlag) !== 0);
      this.#counted(node, () => syntaxOf(node.kind).shell?.(this, node));
      node.bytes++;
    }
    return flagged;
  }

  #counted(node: Node, read: () => void): void {
    const from = this.input.position;
    this.#textBytes = 0;
    read();
    node.bytes += this.input.position - from + this.#textBytes;
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

  // ---- what the syntax of a kind asks -------------------------------------------------------------------------------

  string(): string {
    return this.#text(this.input.varint());
  }

  #text(number: number): string {
    const entry = this.#texts[number];
    if (entry === undefined) throw new SnapshotError(`the snapshot is corrupted: string ${number}`);
    this.#textBytes += entry.bytes;
    entry.bytes = 0;
    return entry.text;
  }

  site(): string {
    return this.#sites[this.input.below(this.#sites.length, "site")]!;
  }

  layout(): NodeLayout {
    return this.#layouts[this.input.below(this.#layouts.length, "layout")]!;
  }

  shape(): readonly string[] {
    return this.#shapes[this.input.below(this.#shapes.length, "shape")]!;
  }

  ref(node: Node): void {
    node.refs.push(this.value());
  }

  entry(node: Node, key: unknown): void {
    const from = this.input.position + this.#textBytes;
    const value = this.value();
    node.entries.push({ key, value, bytes: this.input.position + this.#textBytes - from });
  }

  value(): unknown {
    const head = this.input.varint();
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
      case types.object:
        return this.#found(this.#nodes, number);
      case types.symbol:
        return this.#found(this.#symbols, number);
      case types.bigint:
        return bigintOf(this.#text(number));
      default:
        throw new SnapshotError(`the snapshot is corrupted: a value of type ${head % 8}`);
    }
  }

  #found<T>(list: readonly T[], number: number): T {
    const found = list[number];
    if (found === undefined)
      throw new SnapshotError(`the snapshot is corrupted: number ${number} of ${list.length}`);
    return found;
  }

  #special(number: number): unknown {
    if (number === specials.double) return this.input.double();
    if (number >= specialValues.length)
      throw new SnapshotError(`the snapshot is corrupted: special value ${number}`);
    return specialValues[number];
  }
}

const specialValues: readonly unknown[] = [undefined, null, false, true, uninitialized, hole, again];

function bigintOf(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw new SnapshotError("the snapshot is corrupted: a bad bigint");
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

function syntaxOf(kind: number): Syntax {
  const syntax = table[kind];
  if (syntax === undefined) throw new SnapshotError(`the snapshot is corrupted: an object of kind ${kind}`);
  return syntax;
}

// ---- the kinds ------------------------------------------------------------------------------------------------------

const shaped: Required<Syntax> = {
  shell(input, node) {
    node.keys = input.shape();
  },
  contents(input, node) {
    for (const key of node.keys) input.entry(node, key);
  },
};

/** So many values, with their numbers for keys. */
function list(input: NodeReader, node: Node, count: number): void {
  for (let at = 0; at < count; at++) input.entry(node, at);
}

/** A name made of strings. */
const named = (parts: number): Syntax => ({
  shell(input, node) {
    node.text = Array.from({ length: parts }, () => input.string()).join(" ");
  },
});

const ownedBy: Syntax = { shell: (input, node) => input.ref(node) };

function refs(input: NodeReader, node: Node): void {
  for (let count = input.input.count(); count > 0; count--) input.ref(node);
}

const promiseStates = ["pending", "fulfilled", "rejected"] as const;

const table: Record<number, Syntax> = {
  [kinds.plain]: shaped,
  [kinds.nullPlain]: shaped,
  [kinds.environment]: {
    shell(input, node) {
      shaped.shell(input, node);
      input.ref(node);
    },
    contents: shaped.contents,
  },
  [kinds.instance]: {
    shell(input, node) {
      input.ref(node);
      shaped.shell(input, node);
    },
    contents: shaped.contents,
  },
  [kinds.array]: {
    shell(input, node) {
      node.count = input.input.varint();
    },
    contents(input, node) {
      if (node.count > input.input.remaining)
        throw new SnapshotError("the snapshot is corrupted: an array is longer than its bytes");
      list(input, node, node.count);
    },
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
      node.text = `/${input.string()}/${input.string()}`;
    },
    contents: (input, node) => input.entry(node, "lastIndex"),
  },
  [kinds.buffer]: {
    shell(input, node) {
      node.count = input.input.varint();
      input.input.varint();
      input.input.bytes(node.count);
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
  [kinds.boxed]: ownedBy,
  [kinds.url]: named(1),
  [kinds.searchParams]: named(1),
  [kinds.domException]: named(2),
  [kinds.closure]: {
    shell(input, node) {
      node.text = input.site();
      input.ref(node);
      input.ref(node);
      refs(input, node);
    },
    contents: (input, node) => input.entry(node, "prototype"),
  },
  [kinds.bound]: {
    shell(input, node) {
      input.ref(node);
      input.ref(node);
      refs(input, node);
    },
  },
  [kinds.member]: {
    shell(input, node) {
      input.ref(node);
      input.ref(node);
      input.input.byte();
    },
  },
  [kinds.prototype]: ownedBy,
  [kinds.generatorPrototype]: ownedBy,
  [kinds.named]: named(1),
  [kinds.constant]: named(2),
  [kinds.moduleValue]: {
    shell(input, node) {
      node.text = `${input.string()} ${input.string()}`;
      input.input.varint();
      node.text = input.site();
      input.ref(node);
      refs(input, node);
    },
  },
  [kinds.record]: {
    shell(input, node) {
      node.text = input.string();
    },
    contents(input, node) {
      if (input.mode !== modeCheckpoint) return;
      for (let count = input.input.count(2); count > 0; count--) input.entry(node, input.string());
    },
  },
  [kinds.namespace]: named(1),
  [kinds.frame]: {
    shell(input, node) {
      node.layout = input.layout();
    },
    contents(input, node) {
      for (const slot of node.layout!.slots) input.entry(node, slot);
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
      node.text = input.string();
    },
    contents: (input, node) => input.entry(node, "[saved]"),
  },
  [kinds.arguments]: {
    contents(input, node) {
      node.count = input.input.count();
      list(input, node, node.count);
    },
  },
  ...Object.fromEntries(
    internalCases.map(({ tag, fields }): [number, Syntax] => [
      tag,
      {
        contents(input, node) {
          for (const field of fields) input.entry(node, field);
        },
      },
    ]),
  ),
};
