/**
 * Which variables a frame has to keep at each suspension point: those that some path from there may read before it
 * writes them. Backward over the structured form; sets are bit masks over the function's variables.
 *
 * V1. A set may be too large (a value is kept longer than needed), never too small.
 * V2. Any point inside a `try` may continue in its handler: what the handler needs is live throughout the block.
 * V3. A jump may lead to any place that encloses it; the union is taken.
 */
import { boundIdentifiers, isFunction, type Node } from "../node.ts";
import type { Ir } from "./ir.ts";

type Mask = bigint;

interface Flow {
  /** Live where an exception leads. */
  readonly thrown: Mask;
  /** Live where any jump out of here may lead. */
  readonly jumps: Mask;
}

export function liveness(list: readonly Ir[], variables: readonly string[]): void {
  new Liveness(variables).list(list, 0n, { thrown: 0n, jumps: 0n });
}

class Liveness {
  readonly #bits = new Map<string, Mask>();
  readonly #names: readonly string[];
  readonly #uses = new WeakMap<Node, Mask>();
  readonly #loops = new WeakMap<Ir, Mask>();

  constructor(variables: readonly string[]) {
    this.#names = variables;
    for (const [index, name] of variables.entries()) this.#bits.set(name, 1n << BigInt(index));
  }

  list(list: readonly Ir[], out: Mask, flow: Flow): Mask {
    let live = out;
    for (let index = list.length - 1; index >= 0; index -= 1) live = this.#item(list[index]!, live, flow);
    return live;
  }

  #item(item: Ir, out: Mask, flow: Flow): Mask {
    switch (item.kind) {
      case "plain":
        return this.#plain(item.node, out, flow);
      case "suspend": {
        const answer = item.answer === undefined ? 0n : this.#usesOf(item.answer);
        const kept = (out & ~this.#bit(item.target)) | flow.thrown | answer;
        item.slots = this.#slots(kept);
        return kept | this.#usesOf(item.operation);
      }
      case "poll":
        item.slots = this.#slots(out | flow.thrown);
        return out | flow.thrown;
      case "if":
        return (
          this.#usesOf(item.test) |
          this.list(item.then, out, flow) |
          this.list(item.otherwise, out, flow) |
          flow.thrown
        );
      case "loop": {
        const head = this.#loop(item, out, flow);
        if (item.poll !== undefined) item.poll.slots = this.#slots(head);
        return head;
      }
      case "forOf": {
        const iterator = this.#bit(item.iterator);
        const head = this.#fixpoint(item, iterator | out | flow.thrown, (next) =>
          this.list(item.body, next, {
            thrown: flow.thrown | iterator,
            jumps: flow.jumps | next | out | iterator,
          }),
        );
        if (item.poll !== undefined) item.poll.slots = this.#slots(head);
        return head;
      }
      case "block":
        return this.list(item.body, out, { ...flow, jumps: flow.jumps | out });
      case "try": {
        const handler =
          item.clause === null
            ? this.list(item.handler, out, flow) & ~this.#bit(item.thrown)
            : this.#plain(item.clause, out, flow);
        return this.list(item.block, out, { thrown: handler | flow.thrown, jumps: flow.jumps }) | flow.thrown;
      }
      case "finally": {
        const after = out | flow.jumps | flow.thrown | this.#usesOf(item.finalizer);
        return this.list(item.block, after, { thrown: after, jumps: after });
      }
      case "record": {
        const record = this.#bit(item.state) | this.#bit(item.value);
        const after = out | flow.jumps | flow.thrown | record;
        const inner = this.list(item.finalizer, after, flow) & ~record;
        return this.list(item.block, inner, { thrown: inner, jumps: inner });
      }
      case "switch": {
        const within = { ...flow, jumps: flow.jumps | out };
        let live = out;
        let entered = out;
        for (const body of item.cases.toReversed()) {
          live = this.list(body, live, within);
          entered |= live;
        }
        return this.#usesOf(item.value) | entered | flow.thrown;
      }
    }
  }

  #loop(item: Ir & { kind: "loop" }, out: Mask, flow: Flow): Mask {
    const test = item.test === null ? 0n : this.#usesOf(item.test) | out;
    const update = item.update === null ? 0n : this.#usesOf(item.update);
    if (item.form === "do") {
      return this.#fixpoint(item, flow.thrown, (start) => {
        const end = test | start;
        return this.list(item.body, end, { ...flow, jumps: flow.jumps | end | out });
      });
    }
    return this.#fixpoint(item, test | flow.thrown, (head) => {
      const end = update | head;
      return this.list(item.body, end, { ...flow, jumps: flow.jumps | end | out });
    });
  }

  /** Sets only grow from round to round, also over the rounds of an outer loop, so the last result is where to begin. */
  #fixpoint(item: Ir, least: Mask, around: (head: Mask) => Mask): Mask {
    let head = least | (this.#loops.get(item) ?? 0n);
    for (;;) {
      const next = head | around(head);
      if (next === head) break;
      head = next;
    }
    this.#loops.set(item, head);
    return head;
  }

  #plain(node: Node, out: Mask, flow: Flow): Mask {
    const jumps = this.#jumps(node) ? flow.jumps : 0n;
    if (
      node.type === "ReturnStatement" ||
      node.type === "BreakStatement" ||
      node.type === "ContinueStatement"
    ) {
      return this.#usesOf(node) | jumps | flow.thrown;
    }
    if (node.type === "ThrowStatement") return this.#usesOf(node) | flow.thrown;
    const assignment: Node | null = node.type === "ExpressionStatement" ? node["expression"] : null;
    if (assignment?.type !== "AssignmentExpression" || assignment["operator"] !== "=") {
      return this.#usesOf(node) | out | jumps | flow.thrown;
    }
    let killed = 0n;
    for (const id of boundIdentifiers(assignment["left"])) killed |= this.#bit(id["name"]);
    const uses = this.#usesOf(assignment["right"]) | this.#usesOfTarget(assignment["left"]);
    return (out & ~killed) | uses | flow.thrown;
  }

  #jumps(node: Node): boolean {
    return scan(
      node,
      (each) =>
        each.type === "ReturnStatement" ||
        each.type === "BreakStatement" ||
        each.type === "ContinueStatement",
    );
  }

  #bit(name: string | null): Mask {
    return name === null ? 0n : (this.#bits.get(name) ?? 0n);
  }

  #usesOf(node: Node): Mask {
    const known = this.#uses.get(node);
    if (known !== undefined) return known;
    let mask = 0n;
    scan(node, (each) => {
      if (each.type === "Identifier") mask |= this.#bit(each["name"]);
      return false;
    });
    this.#uses.set(node, mask);
    return mask;
  }

  /** What an assignment pattern reads: defaults, computed keys, objects of members. */
  #usesOfTarget(target: Node | null): Mask {
    switch (target?.type) {
      case undefined:
      case "Identifier":
        return 0n;
      case "ObjectPattern":
        return target!["properties"].reduce(
          (mask: Mask, property: Node) =>
            mask |
            (property["computed"] ? this.#usesOf(property["key"]) : 0n) |
            this.#usesOfTarget(property.type === "RestElement" ? property["argument"] : property["value"]),
          0n,
        );
      case "ArrayPattern":
        return target!["elements"].reduce(
          (mask: Mask, each: Node | null) => mask | this.#usesOfTarget(each),
          0n,
        );
      case "AssignmentPattern":
        return this.#usesOfTarget(target!["left"]) | this.#usesOf(target!["right"]);
      case "RestElement":
        return this.#usesOfTarget(target!["argument"]);
      default:
        return this.#usesOf(target!);
    }
  }

  #slots(mask: Mask): readonly string[] {
    return this.#names.filter((_, index) => (mask >> BigInt(index)) & 1n);
  }
}

/** Visits the nodes that are evaluated (no property names, no labels, no nested functions) until `found` says so. */
function scan(node: Node, found: (node: Node) => boolean): boolean {
  if (found(node)) return true;
  if (isFunction(node)) return false;
  for (const key in node) {
    if (key === "loc" || (key === "label" && node.type !== "LabeledStatement")) continue;
    if (key === "label" || ((key === "property" || key === "key") && !node["computed"])) continue;
    const value = node[key];
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item?.type === "string" && scan(item, found)) return true;
    } else if (typeof value.type === "string" && scan(value, found)) return true;
  }
  return false;
}
