/**
 * The form between source and output for functions that can be suspended: structured statements in which every suspension is
 * a statement of its own. Expressions in it are ESTree, rewritten, without suspension. Every variable that can live
 * across a suspension has one name in the whole function.
 *
 * ```text
 * x = f(await g(y)) + z      plain     $t1 = f
 *                            suspend   $t2 = call g(y)
 *                            plain     x = $t1($t2) + z
 * ```
 */
import { children, isFunction, type Node } from "../node.ts";

export interface Suspend {
  readonly kind: "suspend";
  /** Answers the value or `suspended`. */
  readonly operation: Node;
  readonly target: string | null;
  readonly at: Node;
  /**
   * `begin`: where a generator waits for its first `next`. `yield`: a synchronous generator hands out the value of the operation.
   * `pass`: the same with the result of an inner iterator as it is. Without: an operation of the kernel.
   */
  readonly form?: "begin" | "yield" | "pass";
  /** What the suspension is worth once resumed, if not what the kernel or the frame says. */
  readonly answer?: Node;
  label: number;
  slots: readonly string[];
}

/** The back-edge of a loop: at the head of its body, or the loop's own (`OwnPoll`). */
export interface Poll {
  readonly kind: "poll";
  readonly at: Node;
  label: number;
  slots: readonly string[];
}

/** Where the poll is the only place at which a loop is suspended, it stands outside of the loop (polls.ts). */
export interface OwnPoll {
  poll?: Poll;
}

export interface Range {
  /** Labels inside, from `low` to `high`; 0 if there are none. */
  low: number;
  high: number;
}

export type Ir =
  | { readonly kind: "plain"; readonly node: Node }
  | Suspend
  | Poll
  | ({ readonly kind: "if"; readonly test: Node; readonly then: Ir[]; readonly otherwise: Ir[] } & Range)
  | ({
      readonly kind: "loop";
      readonly labels: readonly string[];
      readonly form: "for" | "do";
      readonly test: Node | null;
      readonly update: Node | null;
      readonly body: Ir[];
    } & OwnPoll &
      Range)
  /** `flag` is 1 while leaving the body means leaving the loop. */
  | ({
      readonly kind: "forOf";
      readonly labels: readonly string[];
      readonly iterator: string;
      readonly flag: string;
      readonly body: Ir[];
    } & OwnPoll &
      Range)
  | ({ readonly kind: "block"; readonly labels: readonly string[]; readonly body: Ir[] } & Range)
  /** The handler is either native (a catch clause) or follows the native `try`, which only notes that there was an exception. */
  | ({
      readonly kind: "try";
      readonly block: Ir[];
      readonly clause: Node | null;
      readonly thrown: string;
      readonly caught: string;
      readonly handler: Ir[];
    } & Range)
  /** A `finally` without suspension. */
  | ({ readonly kind: "finally"; readonly block: Ir[]; readonly finalizer: Node } & Range)
  /** A `finally` with suspension: how the block ended is kept in `state` and `value`. */
  | ({
      readonly kind: "record";
      readonly block: Ir[];
      readonly finalizer: Ir[];
      readonly label: string;
      readonly state: string;
      readonly value: string;
      readonly exits: readonly Node[][];
    } & Range)
  | ({
      readonly kind: "switch";
      readonly labels: readonly string[];
      /** Index of the case to enter. */
      readonly value: Node;
      readonly cases: readonly Ir[][];
    } & Range);

/** How a block ended whose `finally` suspends. Numbers above are exits: return, break, continue. */
export const endedNormally = 0;
export const endedByThrow = -1;

/** Content of `$p` while a function is being left by suspension: its native `finally` blocks stay quiet. */
export const leaving = -1;

export function plain(node: Node): Ir {
  return { kind: "plain", node };
}

export function branch(test: Node, then: Ir[], otherwise: Ir[]): Ir {
  return { kind: "if", test, then, otherwise, low: 0, high: 0 };
}

/** Numbers the suspension points in the order of the text, from 1. Answers the next number. */
export function number(list: readonly Ir[], next: number): number {
  let label = next;
  for (const item of list) {
    if (item.kind === "plain") continue;
    if (item.kind === "suspend" || item.kind === "poll") {
      item.label = label;
      label += 1;
      continue;
    }
    const first = label;
    const own = ownPoll(item);
    if (own !== undefined) {
      own.label = label;
      label += 1;
    }
    for (const part of parts(item)) label = number(part, label);
    item.low = label > first ? first : 0;
    item.high = label > first ? label - 1 : 0;
  }
  return label;
}

export function ownPoll(item: Ir): Poll | undefined {
  return item.kind === "loop" || item.kind === "forOf" ? item.poll : undefined;
}

/** The lists inside an item. */
export function parts(item: Exclude<Ir, { kind: "plain" } | Suspend | Poll>): readonly (readonly Ir[])[] {
  switch (item.kind) {
    case "if":
      return [item.then, item.otherwise];
    case "loop":
    case "forOf":
    case "block":
      return [item.body];
    case "try":
      return [item.block, item.handler];
    case "finally":
      return [item.block];
    case "record":
      return [item.block, item.finalizer];
    case "switch":
      return item.cases;
  }
}

/** Highest label of an item, 0 if there is none. */
export function highest(item: Ir): number {
  if (item.kind === "plain") return 0;
  return item.kind === "suspend" || item.kind === "poll" ? item.label : item.high;
}

export function highestOf(list: readonly Ir[]): number {
  return list.reduce((high, item) => Math.max(high, highest(item)), 0);
}

/** Whether something in an item goes elsewhere than behind it, by a statement of these types. */
export function mayJump(item: Ir, types: ReadonlySet<string>): boolean {
  switch (item.kind) {
    case "plain":
      return jumps(item.node, types);
    case "suspend":
    case "poll":
      return false;
    default: {
      const more =
        item.kind === "finally" ? [item.finalizer] : item.kind === "record" ? item.exits.flat() : [];
      if (item.kind === "try" && item.clause !== null) more.push(item.clause);
      return (
        more.some((node) => jumps(node, types)) ||
        parts(item).some((part) => part.some((each) => mayJump(each, types)))
      );
    }
  }
}

export function jumps(node: Node, types: ReadonlySet<string>): boolean {
  if (types.has(node.type)) return true;
  return !isFunction(node) && children(node).some((child) => jumps(child, types));
}
