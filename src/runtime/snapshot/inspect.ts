/**
 * What a snapshot holds, for people: frames with their local variables, module variables, and what each weighs. It needs
 * neither the program nor its foreign modules, and nothing of them runs (nodes.ts).
 *
 * N1. Every byte is counted once. What several variables lead to counts for the first of them: frames come before modules, and
 *     inner frames before those that wait for them. Nobody's bytes are the runtime's own (`rest`).
 * N2. Nothing recurses with the depth of the data.
 */
import type { SourcePosition } from "../../protocol/abi.ts";
import { Node, readNodes } from "./nodes.ts";
import { shownName, shownValue } from "./shown.ts";
import { kinds, modeCheckpoint } from "./tags.ts";

export interface InspectedVariable {
  /** As in the source; what the compiler made begins with `$`. */
  readonly name: string;
  /** One short line. */
  readonly value: string;
  /** Of the value and all that only it, or it first, leads to. */
  readonly bytes: number;
}

export interface InspectedFrame {
  /** Name of the function: `main`, `Account.deposit`. */
  readonly name: string;
  readonly module: string;
  readonly site: string;
  readonly label: number;
  /** Where it waits; columns from 0. */
  readonly position: SourcePosition;
  readonly variables: readonly InspectedVariable[];
  /** Of the frame and its variables. */
  readonly bytes: number;
}

/** One logical stack: a call that waits, and the calls that wait for it, innermost first. */
export interface InspectedFiber {
  readonly frames: readonly InspectedFrame[];
  /** The effect (sleep, call, dequeue ...) that the innermost frame waits for, by its number. */
  readonly effect?: number;
  /** Where it waits for a promise of the program: the effects that settle it, themselves or by other promises. */
  readonly behind: readonly number[];
  /** What it waits for otherwise. */
  readonly waits: "effect" | "promise" | "generator" | "ready";
}

export interface InspectedModule {
  readonly module: string;
  readonly variables: readonly InspectedVariable[];
  readonly bytes: number;
}

export interface Inspection {
  readonly mode: "checkpoint" | "value";
  readonly bytes: number;
  readonly objects: number;
  readonly fibers: readonly InspectedFiber[];
  readonly modules: readonly InspectedModule[];
  /** Of a value: what it is. */
  readonly value?: InspectedVariable;
  /** What belongs to no variable: tables, promises, jobs. */
  readonly rest: number;
}

/** @throws SnapshotError if the bytes are no snapshot. */
export function inspectSnapshot(bytes: Uint8Array): Inspection {
  const { mode, root, all } = readNodes(bytes);
  const inspector = new Inspector(root, all);
  const counts = { bytes: bytes.length, objects: all.length };
  if (mode !== modeCheckpoint) {
    const value = inspector.variable("(value)", root, 0);
    return { mode: "value", ...counts, fibers: [], modules: [], value, rest: bytes.length - value.bytes };
  }
  const fibers = inspector.fibers();
  const modules = inspector.modules();
  let rest = bytes.length;
  for (const { frames } of fibers) for (const frame of frames) rest -= frame.bytes;
  for (const module of modules) rest -= module.bytes;
  return { mode: "checkpoint", ...counts, fibers, modules, rest };
}

class Inspector {
  readonly #all: readonly Node[];
  readonly #claimed = new Set<Node>();
  /** Frames that wait for a promise. */
  readonly #waiters = new Map<Node, Node[]>();
  /** What a frame waits for. */
  readonly #waitsFor = new Map<Node, Node>();
  /** Frames that somebody else's frame, promise or generator hangs below. */
  readonly #inner = new Set<Node>();
  readonly #effects = new Map<Node, number>();
  /** Of promises: effects that settle them by others. */
  readonly #behind = new Map<Node, number[]>();
  readonly #ready = new Set<Node>();

  constructor(root: unknown, all: readonly Node[]) {
    this.#all = all;
    for (const node of all) this.#note(node);
    for (const node of all) {
      const parent = node.kind === kinds.frame ? node.refs[0] : undefined;
      if (!(parent instanceof Node)) continue;
      if (parent.kind === kinds.frame) this.#inner.add(parent);
      else for (const waiter of this.#waiters.get(parent) ?? []) this.#inner.add(waiter);
    }
    const effects = root instanceof Node ? root.field("effects") : undefined;
    for (const entry of effects instanceof Node ? effects.entries : []) {
      const [id, waiter] = entry.value instanceof Node ? entry.value.entries : [];
      if (typeof id?.value !== "number" || !(waiter?.value instanceof Node)) continue;
      const { value } = waiter;
      const promise = value.kind === kinds.effectWait ? value.field("promise") : value;
      if (promise instanceof Node) {
        this.#effects.set(promise, id.value);
        this.#follow(promise, id.value);
      }
    }
  }

  /** From a promise to those that are settled with it. */
  #follow(promise: Node, effect: number): void {
    const seen = new Set<Node>([promise]);
    for (const node of seen) {
      for (const next of node.values()) if (next instanceof Node && leadsOn(node, next)) seen.add(next);
      if (node === promise || node.kind !== kinds.promise) continue;
      const known = this.#behind.get(node);
      if (known === undefined) this.#behind.set(node, [effect]);
      else known.push(effect);
    }
  }

  #note(node: Node): void {
    if (node.kind === kinds.promise) {
      for (const reaction of node.refs) {
        const frame = frameOfReaction(reaction);
        if (frame === undefined) continue;
        this.#waitsFor.set(frame, node);
        const known = this.#waiters.get(node);
        if (known === undefined) this.#waiters.set(node, [frame]);
        else known.push(frame);
      }
    } else if (node.kind === kinds.reactionJob) {
      const frame = frameOfReaction(node.field("reaction"));
      if (frame !== undefined) this.#ready.add(frame);
    }
  }

  fibers(): InspectedFiber[] {
    const found: InspectedFiber[] = [];
    const seen = new Set<Node>();
    for (const leaf of this.#all) {
      if (leaf.kind !== kinds.frame || this.#inner.has(leaf)) continue;
      const frames: InspectedFrame[] = [];
      for (let at: Node | undefined = leaf; at !== undefined && !seen.has(at); at = this.#callerOf(at)) {
        seen.add(at);
        // What drives the program's main function is the runtime's own.
        if (!at.layout!.site.text.startsWith("%")) frames.push(this.#frame(at));
      }
      if (frames.length > 0) found.push({ frames, ...this.#wait(leaf) });
    }
    return found;
  }

  #callerOf(frame: Node): Node | undefined {
    const parent = frame.refs[0];
    if (!(parent instanceof Node)) return undefined;
    if (parent.kind === kinds.frame) return parent;
    const waiters = this.#waiters.get(parent);
    return waiters?.length === 1 ? waiters[0] : undefined;
  }

  #wait(leaf: Node): Omit<InspectedFiber, "frames"> {
    if (this.#ready.has(leaf)) return { waits: "ready", behind: [] };
    const promise = this.#waitsFor.get(leaf);
    if (promise === undefined) return { waits: "generator", behind: [] };
    const effect = this.#effects.get(promise);
    if (effect !== undefined) return { waits: "effect", effect, behind: [] };
    return { waits: "promise", behind: this.#behind.get(promise) ?? [] };
  }

  #frame(frame: Node): InspectedFrame {
    const { site: code, label, position, slots } = frame.layout!;
    const site = code.text;
    const variables: InspectedVariable[] = [];
    let bytes = this.#own(frame);
    for (const [index, name] of slots.entries()) {
      const { value, bytes: own } = frame.entries[index]!;
      if (value instanceof Node && value.kind === kinds.environment) {
        bytes += own + this.#environment(value, variables);
      } else if (value instanceof Node && value.kind === kinds.record) {
        bytes += own;
      } else variables.push(this.variable(name, value, own));
    }
    for (const variable of variables) bytes += variable.bytes;
    const hash = site.indexOf("#");
    return {
      name: shownName(site),
      module: hash < 0 ? site : site.slice(0, hash),
      site,
      label,
      position,
      variables,
      bytes,
    };
  }

  /** Captured variables are variables, too, up to those of the module. Answers what the environments themselves weigh. */
  #environment(innermost: Node, variables: InspectedVariable[]): number {
    let bytes = 0;
    let at: unknown = innermost;
    for (; at instanceof Node && at.kind === kinds.environment; at = at.refs[0]) {
      if (this.#claimed.has(at)) break;
      bytes += this.#own(at);
      for (const entry of at.entries)
        variables.push(this.variable(String(entry.key), entry.value, entry.bytes));
    }
    return bytes;
  }

  modules(): InspectedModule[] {
    return this.#all
      .filter(({ kind }) => kind === kinds.record)
      .map((record) => {
        let bytes = this.#own(record);
        const variables = record.entries.map(({ key, value, bytes: own }) =>
          this.variable(String(key), value, own),
        );
        for (const variable of variables) bytes += variable.bytes;
        return { module: record.text, variables, bytes };
      });
  }

  variable(name: string, value: unknown, own: number): InspectedVariable {
    const bytes = own + this.#claim(value);
    return { name: name === "$this" ? "this" : name, value: shownValue(value), bytes };
  }

  /** What a holder of variables weighs without them. */
  #own(node: Node): number {
    let bytes = this.#claimOne(node);
    for (const entry of node.entries) bytes -= entry.bytes;
    return bytes;
  }

  #claimOne(node: Node): number {
    if (this.#claimed.has(node)) return 0;
    this.#claimed.add(node);
    return node.bytes;
  }

  /** What a value leads to, unless it belongs to another variable. What has a place of its own is not gone into. */
  #claim(value: unknown): number {
    let bytes = 0;
    const open = [value];
    while (open.length > 0) {
      const node = open.pop();
      if (!(node instanceof Node) || this.#claimed.has(node)) continue;
      if (node.kind === kinds.frame || node.kind === kinds.record) continue;
      bytes += this.#claimOne(node);
      for (const held of node.values()) open.push(held);
    }
    return bytes;
  }
}

const settling: ReadonlySet<number> = new Set([
  ...[kinds.promise, kinds.effectWait, kinds.thenReaction, kinds.adoptReaction, kinds.elementReaction],
]);

/** Whether what settles `from` settles `next` in the end. What the runtime's own functions (of combinators, resolvers) hold is a part of them. */
function leadsOn(from: Node, next: Node): boolean {
  if (settling.has(next.kind)) return true;
  if (next.kind === kinds.closure) return next.site!.text.startsWith("%");
  const isPart = next.kind === kinds.environment || next.kind === kinds.shaped;
  return isPart && (from.kind === kinds.closure || from.kind === kinds.elementReaction);
}

function frameOfReaction(reaction: unknown): Node | undefined {
  if (!(reaction instanceof Node) || reaction.kind !== kinds.frameReaction) return undefined;
  const frame = reaction.field("frame");
  return frame instanceof Node && frame.kind === kinds.frame ? frame : undefined;
}
