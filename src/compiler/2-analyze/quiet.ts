/**
 * Which suspensions are *quiet*: the code from there to the next suspension calls nothing but what is named here, so nobody outside can
 * see that it has run. What such a suspension waits for may be told before it is durable (docs/internals/decisions/0005).
 *
 * Code is looked at backwards, from what follows a node to what goes before it. What follows is a {@link Rest}: `null` if it may call
 * something, else which variables have to hold simple values (numbers, short strings, booleans, `null`, `undefined`) so that operators on
 * them call nothing; the runtime looks at them when it wants to know.
 *
 * Q1. In doubt it is not quiet: what has no case here is not, and an `await` that was never reached has no entry.
 * Q2. Quiet are operators on simple values, assignments to variables, literals, closures being made, and the {@link words} of `continua` with
 *     closures and literals for arguments. No member is read, no iterator asked, nothing of the program called.
 * Q3. A loop that may come round without a suspension is not quiet: strings would grow in it without bound, and operators on them throw.
 * Q4. Where the function may end before the next suspension, whoever waits for it goes on: `returns` tells the runtime to look there, too. It may
 *     end with an error (what a word is given may be refused), so what waits for a function of the program goes on either way.
 */
import type { QuietRest } from "../../protocol/abi.ts";
import { isFunction, type Node } from "../node.ts";
import type { Analysis, Binding, Fn } from "./scope.ts";

/** What follows, up to the next suspension. */
type Rest = {
  /** Hold simple values. */
  readonly simple: ReadonlySet<Binding>;
  /** So do the places of expressions that are half evaluated. */
  readonly halves: boolean;
  readonly returns: boolean;
  /** Loops whose head follows without a suspension. */
  readonly rounds: ReadonlySet<Node>;
} | null;

/** Where statements go that do not end at their end. */
type Exit = (kind: "break" | "continue" | "return" | "throw", label: string | undefined) => Rest;

const nothing = new Set<never>();
const stops: NonNullable<Rest> = { simple: nothing, halves: false, returns: false, rounds: nothing };
const ends: Rest = { ...stops, returns: true };

/** Words of `continua` whose answer is never there at once. */
const words: ReadonlySet<string> = new Set(["step", "sleep"]);
const constants: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

/** A loop is looked at about three times, the loop in it nine times: those that are deeper are not quiet. */
const loopDepthMax = 4;

/** By the `await` expression; those that are not quiet have no entry. */
export function quietAwaits(analysis: Analysis): Map<Node, QuietRest> {
  const found = new Map<Node, QuietRest>();
  for (const fn of analysis.fns) {
    if (fn.async && !fn.generator && fn.lowered && fn.kind !== "module") new Quiet(analysis, found).look(fn);
  }
  return found;
}

class Quiet {
  readonly #analysis: Analysis;
  readonly #found: Map<Node, QuietRest>;
  readonly #rests = new Map<Node, Rest>();
  /** Whether what follows an `await` is known by now, and not only supposed (in a loop it follows itself). */
  #settled = true;
  #depth = 0;
  #exit: Exit = (kind) => (kind === "return" || kind === "throw" ? ends : null);

  constructor(analysis: Analysis, found: Map<Node, QuietRest>) {
    this.#analysis = analysis;
    this.#found = found;
  }

  look({ node }: Fn): void {
    const { body } = node as Node & { body: Node };
    if (body.type === "BlockStatement") this.#statement(body, ends);
    else this.#returned(body);
    for (const [each, rest] of this.#rests) {
      if (rest === null || rest.rounds.size > 0) continue;
      const simple = [...rest.simple].map(nameOf);
      this.#found.set(each, {
        answer: this.#answers.has(each),
        halves: rest.halves,
        returns: rest.returns,
        simple: [...new Set(simple)],
      });
    }
  }

  /** Awaits whose answer has to be simple. */
  readonly #answers = new Set<Node>();

  // ---- statements ---------------------------------------------------------------------------------------------------

  #statements(list: readonly Node[], rest: Rest): Rest {
    return list.reduceRight<Rest>((after, each) => this.#statement(each, after), rest);
  }

  #statement(node: Node | null, rest: Rest, label?: string): Rest {
    if (node === null) return rest;
    switch (node.type) {
      case "EmptyStatement":
      case "FunctionDeclaration":
        return rest;
      case "BlockStatement":
        return this.#within(label, rest, () => this.#statements(node["body"], rest));
      case "ExpressionStatement":
        return this.#value(node["expression"], rest);
      case "VariableDeclaration":
        return this.#declaration(node, rest);
      case "IfStatement": {
        const branches = this.#within(label, rest, () =>
          either(this.#statement(node["consequent"], rest), this.#statement(node["alternate"], rest)),
        );
        return this.#value(node["test"], branches);
      }
      case "LabeledStatement":
        return this.#statement(node["body"], rest, node["label"].name);
      case "BreakStatement":
        return this.#exit("break", node["label"]?.name);
      case "ContinueStatement":
        return this.#exit("continue", node["label"]?.name);
      case "ReturnStatement":
        return node["argument"] === null ? this.#exit("return", undefined) : this.#returned(node["argument"]);
      case "ForStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        return this.#loop(node, rest, label);
      case "ForOfStatement":
      case "ForInStatement":
        // Iterators are asked; in the body there may be stretches between two suspensions.
        this.#within(label, rest, () => this.#statement(node["body"], null), null);
        return null;
      case "TryStatement":
        return this.#try(node, rest);
      default:
        return null;
    }
  }

  #declaration(node: Node, rest: Rest): Rest {
    if (node["kind"].endsWith("using")) return null;
    return node["declarations"].reduceRight((after: Rest, { id, init }: Node) => {
      if (id.type !== "Identifier") return null;
      if (init === null && node["kind"] === "var") return after;
      return this.#assigned(id, init, after);
    }, rest);
  }

  #returned(value: Node): Rest {
    const after = this.#exit("return", undefined);
    if (value.type !== "ObjectExpression") return this.#simple(value, after);
    // A `then` of it would be called.
    const then = value["properties"].some(({ key }: Node) => (key?.name ?? key?.value) === "then");
    return then ? null : this.#value(value, after);
  }

  /** A loop, or a statement with a label, out of which `break` leads to `rest`. */
  #within(label: string | undefined, rest: Rest, look: () => Rest, head?: Rest): Rest {
    const outer = this.#exit;
    const isLoop = head !== undefined;
    if (!isLoop && label === undefined) return look();
    this.#exit = (kind, to) => {
      const here = to === undefined ? isLoop : to === label;
      if (here && kind === "break") return rest;
      return here && kind === "continue" && isLoop ? head : outer(kind, to);
    };
    const found = look();
    this.#exit = outer;
    return found;
  }

  #loop(node: Node, rest: Rest, label: string | undefined): Rest {
    const { test = null, update = null } = node as Node & { test?: Node | null; update?: Node | null };
    const isDo = node.type === "DoWhileStatement";
    /** What comes at the head of the loop, if `head` comes there the next time. */
    const round = (head: Rest): Rest => {
      const next = isDo ? this.#value(test, either(head, rest)) : this.#value(update, head);
      const body = this.#within(label, rest, () => this.#statement(node["body"], next), next);
      return isDo ? body : this.#value(test, test === null ? body : either(body, rest));
    };
    this.#depth++;
    const head = this.#depth > loopDepthMax ? null : this.#head(node, round);
    const found = round(head);
    this.#depth--;
    return node.type === "ForStatement" ? this.#forInit(node["init"], found) : found;
  }

  /** What comes at the head of a loop, supposed first and then looked at until it is so. */
  #head(node: Node, round: (head: Rest) => Rest): Rest {
    const settled = this.#settled;
    this.#settled = false;
    let head: Rest = { ...stops, rounds: new Set([node]) };
    const first = round(head);
    // Q3.
    if (first === null || first.rounds.has(node)) head = null;
    else for (let next: Rest = first; next !== head; next = same(round(head), head)) head = next;
    this.#settled = settled;
    return head;
  }

  #forInit(init: Node | null, rest: Rest): Rest {
    return init?.type === "VariableDeclaration" ? this.#declaration(init, rest) : this.#value(init, rest);
  }

  #try({ block, handler, finalizer }: Node, rest: Rest): Rest {
    const outer = this.#exit;
    const finished = (after: Rest): Rest => {
      const before = this.#exit;
      this.#exit = outer;
      const found = this.#statement(finalizer, after);
      this.#exit = before;
      return found;
    };
    const after = finished(rest);
    // Each exit once: with finalizers in finalizers it would be looked at twice as often at each depth.
    const exits = new Map<string, Rest>();
    const inner: Exit = (kind, label) => {
      const key = `${kind} ${label ?? ""}`;
      if (!exits.has(key)) exits.set(key, finished(outer(kind, label)));
      return exits.get(key)!;
    };
    this.#exit = inner;
    let caught = inner("throw", undefined);
    if (handler !== null) {
      const param: Node | null = handler["param"];
      const body = this.#statement(handler["body"], after);
      caught = param === null || param.type === "Identifier" ? this.#without(param, body) : null;
    }
    this.#exit = (kind, label) => (kind === "throw" ? caught : inner(kind, label));
    const found = this.#statement(block, after);
    this.#exit = outer;
    return found;
  }

  // ---- expressions --------------------------------------------------------------------------------------------------

  #values(list: readonly (Node | null)[], rest: Rest): Rest {
    return list.reduceRight<Rest>((after, each) => this.#value(each, after), rest);
  }

  #allSimple(list: readonly Node[], rest: Rest): Rest {
    const halves = list.some((each, index) => index > 0 && this.#suspends(each));
    return list.reduceRight((after, each) => this.#simple(each, after), halves ? withHalves(rest) : rest);
  }

  /** Evaluates the node; its value may be anything. */
  #value(node: Node | null, rest: Rest): Rest {
    if (node === null || isFunction(node)) return rest;
    switch (node.type) {
      case "Literal":
        return rest;
      case "Identifier":
      case "ThisExpression":
        return this.#isThere(node) ? rest : null;
      case "ArrayExpression":
        return this.#values(node["elements"], rest);
      case "ObjectExpression":
        return this.#object(node, rest);
      case "SequenceExpression":
        return this.#values(node["expressions"], rest);
      case "LogicalExpression":
        return this.#value(node["left"], either(rest, this.#value(node["right"], rest)));
      case "ConditionalExpression":
        return this.#conditional(node, (each) => this.#value(each, rest));
      case "AwaitExpression":
        this.#note(node, this.#afterAwait(node, rest), false);
        return this.#awaited(node["argument"]);
      case "CallExpression":
        return this.#word(node) ? this.#arguments(node["arguments"], rest) : null;
      case "BinaryExpression":
        if (node["operator"] === "===" || node["operator"] === "!==")
          return this.#values([node["left"], node["right"]], rest);
        return this.#simple(node, rest);
      case "AssignmentExpression":
        if (node["operator"] === "=" && node["left"].type === "Identifier")
          return this.#assigned(node["left"], node["right"], rest);
        return this.#simple(node, rest);
      case "UnaryExpression":
        if (["!", "void", "typeof"].includes(node["operator"])) return this.#value(node["argument"], rest);
        return this.#simple(node, rest);
      case "TemplateLiteral":
      case "UpdateExpression":
        return this.#simple(node, rest);
      default:
        return null;
    }
  }

  /** Evaluates the node; its value has to be simple. */
  #simple(node: Node, rest: Rest): Rest {
    switch (node.type) {
      case "Literal":
        return node["regex"] || node["bigint"] ? null : rest;
      case "Identifier":
        return this.#needs(node, rest);
      case "TemplateLiteral":
        return this.#allSimple(node["expressions"], rest);
      case "UnaryExpression":
        if (["!", "void", "typeof"].includes(node["operator"])) return this.#value(node, rest);
        return node["operator"] === "delete" ? null : this.#simple(node["argument"], rest);
      case "BinaryExpression":
        if (node["operator"] === "===" || node["operator"] === "!==") return this.#value(node, rest);
        if (node["operator"] === "in" || node["operator"] === "instanceof") return null;
        return this.#allSimple([node["left"], node["right"]], rest);
      case "LogicalExpression":
        return this.#simple(node["left"], either(rest, this.#simple(node["right"], rest)));
      case "ConditionalExpression":
        return this.#conditional(node, (each) => this.#simple(each, rest));
      case "SequenceExpression": {
        const list: Node[] = node["expressions"];
        return this.#values(list.slice(0, -1), this.#simple(list.at(-1)!, rest));
      }
      case "AssignmentExpression":
        return this.#assignment(node, rest);
      case "UpdateExpression": {
        const { argument } = node as Node & { argument: Node };
        return argument.type === "Identifier" ? this.#needs(argument, this.#written(argument, rest)) : null;
      }
      case "AwaitExpression":
        this.#note(node, this.#afterAwait(node, rest), true);
        return this.#awaited(node["argument"]);
      default:
        return this.#value(node, null);
    }
  }

  /** `x = value`, and a declaration; without a value it is `undefined`. */
  #assigned(target: Node, value: Node | null, rest: Rest): Rest {
    const binding = this.#analysis.bindingOf.get(target);
    const after = this.#written(target, rest);
    if (value === null) return after;
    return rest !== null && binding !== undefined && rest.simple.has(binding)
      ? this.#simple(value, after)
      : this.#value(value, after);
  }

  #assignment({ operator, left, right }: Node, rest: Rest): Rest {
    if (left.type !== "Identifier") return null;
    const after = this.#written(left, rest);
    if (operator === "=") return this.#simple(right, after);
    if (["&&=", "||=", "??="].includes(operator)) return null;
    return this.#needs(left, this.#simple(right, this.#suspends(right) ? withHalves(after) : after));
  }

  #conditional({ test, consequent, alternate }: Node, look: (node: Node) => Rest): Rest {
    return this.#value(test, either(look(consequent), look(alternate)));
  }

  #object({ properties }: Node, rest: Rest): Rest {
    return properties.reduceRight((after: Rest, property: Node) => {
      if (property.type !== "Property" || property["computed"] || property["kind"] !== "init") return null;
      if ((property["key"].name ?? property["key"].value) === "__proto__") return null;
      return this.#value(property["value"], after);
    }, rest);
  }

  /** Q4. A function of the program may end with an error, too: of one of our words that a refusal of what it is given. */
  #afterAwait({ argument }: Node, rest: Rest): Rest {
    const isWord = argument.type === "CallExpression" && this.#word(argument);
    return isWord ? rest : either(rest, this.#exit("throw", undefined));
  }

  /** What is awaited: only where the wait cannot be over before it began. */
  #awaited(node: Node): Rest {
    if (node.type !== "CallExpression" || !this.#word(node)) return null;
    return this.#arguments(node["arguments"], stops);
  }

  #word({ callee, optional }: Node): boolean {
    const storage = this.#analysis.bindingOf.get(callee)?.storage;
    if (optional || callee.type !== "Identifier" || storage?.kind !== "import") return false;
    const { specifier, json } = this.#analysis.imports[storage.from]!;
    return specifier === "continua" && !json && storage.name !== null && words.has(storage.name);
  }

  /** Of one of our words, which reads its options. */
  #arguments(args: readonly Node[], rest: Rest): Rest {
    const plain = args.every(
      (each) => isFunction(each) || isConstant(each) || (isOptions(each) && each["properties"].length > 0),
    );
    if (!plain) return null;
    // It looks at everything else that it is given, and may refuse it.
    const refuses = args.length !== 1 || !isFunction(args[0]!);
    return refuses ? either(rest, this.#exit("throw", undefined)) : rest;
  }

  // ---- variables ----------------------------------------------------------------------------------------------------

  #isThere(node: Node): boolean {
    const binding = this.#analysis.bindingOf.get(node);
    if (binding === undefined) return constants.has(node["name"]);
    return !binding.checked && binding.storage.kind !== "import";
  }

  #needs(node: Node, rest: Rest): Rest {
    if (rest === null || !this.#isThere(node)) return null;
    const binding = this.#analysis.bindingOf.get(node);
    if (binding === undefined || rest.simple.has(binding)) return rest;
    return { ...rest, simple: new Set([...rest.simple, binding]) };
  }

  /** Before the variable is written. */
  #written(node: Node, rest: Rest): Rest {
    const binding = this.#analysis.bindingOf.get(node);
    if (binding === undefined || binding.storage.kind === "import") return null;
    const declares = binding.node === node;
    if (!declares && (binding.checked || binding.kind === "const" || binding.kind === "name")) return null;
    return this.#without(node, rest);
  }

  #without(node: Node | null, rest: Rest): Rest {
    const binding = node === null ? undefined : this.#analysis.bindingOf.get(node);
    if (rest === null || binding === undefined || !rest.simple.has(binding)) return rest;
    return { ...rest, simple: new Set([...rest.simple].filter((each) => each !== binding)) };
  }

  #suspends(node: Node): boolean {
    return this.#analysis.suspending.has(node);
  }

  #note(node: Node, rest: Rest, answer: boolean): void {
    if (!this.#settled) return;
    if (answer) this.#answers.add(node);
    this.#rests.set(node, this.#rests.has(node) ? either(this.#rests.get(node)!, rest) : rest);
  }
}

function either(one: Rest, other: Rest): Rest {
  if (one === null || other === null) return null;
  return {
    simple: new Set([...one.simple, ...other.simple]),
    halves: one.halves || other.halves,
    returns: one.returns || other.returns,
    rounds: new Set([...one.rounds, ...other.rounds]),
  };
}

function withHalves(rest: Rest): Rest {
  return rest === null ? null : { ...rest, halves: true };
}

/** `before`, if `next` says the same. */
function same(next: Rest, before: Rest): Rest {
  if (next === null || before === null) return next;
  const grown =
    [...next.simple].some((each) => !before.simple.has(each)) ||
    (next.halves && !before.halves) ||
    (next.returns && !before.returns) ||
    [...next.rounds].some((each) => !before.rounds.has(each));
  return grown ? either(next, before) : before;
}

/** As frames and environments know it. */
function nameOf({ name, storage }: Binding): string {
  return storage.kind === "env" || storage.kind === "module" ? storage.field : name;
}

function isConstant(node: Node): boolean {
  return node.type === "Literal" && !node["regex"];
}

function isOptions(node: Node): boolean {
  return (
    node.type === "ObjectExpression" &&
    node["properties"].every(
      ({ type, computed, kind, value }: Node) =>
        type === "Property" && !computed && kind === "init" && (isConstant(value) || isOptions(value)),
    )
  );
}
