/**
 * Statements without a suspension keep their shape, too. What changes is how scopes with captured variables are entered:
 *
 * | source                                   | output |
 * | ---------------------------------------- | ------ |
 * | `{ let x = 1; f = () => x }`             | `{ $e2 = { $up: $e1, x: void 0 }; $e2.x = 1; $e1.f = … }` |
 * | `function g() {}` in a block             | `let g = $C(…)` where the block begins |
 * | `for (let i = 0; t; u) …` (i captured)   | `$e2 = { … }; $e2.i = 0; for (; t; $e2 = { …a copy }, u) …` |
 * | `for (const x of xs) …` (x captured)     | `for (const $x1 of xs) { $e2 = { … }; $e2.x = $x1; … }` |
 * | `using x = r; A`                         | `const $d1 = $rt.disposals(); try { const x = $d1.add(r, false); A } catch ($x) { $d1.fail($x); } finally { $d1.dispose(); }` |
 * | `catch ({ a, b }) …` (a captured)        | `catch ($x1) { $e2 = { … }; ({ a: $e2.a, b } = $x1); … }` |
 */
import type { Scope } from "../2-analyze/scope.ts";
import { b, boundIdentifiers, children, isClass, isFunction, isUsing, type Node } from "../node.ts";
import { ExpressionRewriter } from "./rewrite-expression.ts";

export class StatementRewriter extends ExpressionRewriter {
  /** Of the innermost statement list with a `using`. */
  #disposals: Node | null = null;

  // --- entering a scope -----------------------------------------------------------------------------------------

  /** What has to happen when control enters the scope; from here on closures get its environment. */
  enter(scope: Scope | undefined, values?: ReadonlyMap<string, Node>): Node[] {
    return scope === undefined ? [] : [...this.open(scope, values), ...this.hoisted(scope)];
  }

  /** The environment of a scope. */
  open(scope: Scope, values: ReadonlyMap<string, Node> = new Map()): Node[] {
    const found: Node[] = [];
    if (scope.env !== null) {
      const literal = this.envLiteral(scope, values);
      this.env = scope.env;
      found.push(b.set(this.envRef(scope.env), literal));
    }
    for (const binding of scope.bindings.values()) {
      if (binding.storage.kind !== "hoisted" || !binding.checked) continue;
      found.push(b.set(this.place(binding), this.cx.uninitialized()));
    }
    return found;
  }

  /** The functions that are declared in a scope. They are made behind its parameters: they may take those along (captures.ts), and have the last word where the names are the same. */
  hoisted(scope: Scope): Node[] {
    const found: Node[] = [];
    for (const node of scope.functions) {
      const binding = this.cx.analysis.bindingOf.get(node)!;
      const closure = this.closure(node);
      if (binding.storage.kind !== "native") found.push(b.set(this.place(binding), closure));
      else if (binding.kind === "param") found.push(b.set(b.id(binding.storage.name), closure));
      else {
        const kind = scope.kind === "function" || scope.kind === "body" ? "var" : "let";
        found.push(b.declare(kind, [[b.id(binding.storage.name), closure]]));
      }
    }
    return found;
  }

  /** Runs `inside` with the scope entered, and leaves it again. */
  within<T>(scope: Scope | undefined, inside: (entry: Node[]) => T, values?: ReadonlyMap<string, Node>): T {
    const { env } = this;
    const result = inside(this.enter(scope, values));
    this.env = env;
    return result;
  }

  /** `$e2 = { $up: $e2.$up, i: $e2.i }`: the environment of the next iteration. */
  copyEnv(scope: Scope): Node {
    const values = new Map<string, Node>();
    for (const { storage } of scope.bindings.values()) {
      if (storage.kind === "env") values.set(storage.field, b.member(this.envRef(scope.env), storage.field));
    }
    return b.assign(this.envRef(scope.env), this.envLiteral(scope, values));
  }

  // --- statements -----------------------------------------------------------------------------------------------

  statements(nodes: readonly Node[]): Node[] {
    if (nodes.some(isUsing)) return this.disposing(() => nodes.flatMap((node) => this.statement(node)));
    return nodes.flatMap((node) => this.statement(node));
  }

  /** Statements that end with the disposal of what they use. */
  disposing(inside: () => Node[]): Node[] {
    const disposals = this.cx.fresh("d");
    const block = this.using(b.id(disposals), () => b.block(inside()));
    const thrown = this.cx.id("x");
    const call = (method: string, ...args: Node[]): Node =>
      b.statement(b.call(b.member(b.id(disposals), method), ...args));
    return [
      b.const(disposals, b.call(this.cx.rt("disposals"))),
      {
        type: "TryStatement",
        block,
        handler: { type: "CatchClause", param: thrown, body: b.block([call("fail", thrown)]) },
        finalizer: b.block([call("dispose")]),
      },
    ];
  }

  /** Runs `inside`, whose `using` declarations add to `disposals`. */
  using<T>(disposals: Node, inside: () => T): T {
    const outer = this.#disposals;
    this.#disposals = disposals;
    const result = inside();
    this.#disposals = outer;
    return result;
  }

  /** The value of a variable declared by `kind`, as a resource if it is one. */
  resource(kind: string, value: Node): Node {
    if (kind !== "using" && kind !== "await using") return value;
    return b.call(b.member(this.#disposals!, "add"), value, b.literal(kind === "await using"));
  }

  single(node: Node): Node {
    const statements = this.statement(node);
    return statements.length === 1 && statements[0]!.type !== "VariableDeclaration"
      ? statements[0]!
      : b.at(b.block(statements), node);
  }

  block(node: Node): Node {
    return this.within(this.cx.analysis.scopeOf.get(node), (entry) =>
      b.at(b.block([...entry, ...this.statements(node["body"])]), node),
    );
  }

  statement(node: Node, labels: readonly string[] = []): Node[] {
    switch (node.type) {
      case "FunctionDeclaration":
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "EmptyStatement":
        return labels.length === 0 ? [] : [this.label(labels, b.block([]))];
      case "ClassDeclaration":
        return this.classDeclaration(node);
      case "VariableDeclaration":
        return this.variableDeclaration(node);
      case "ExportNamedDeclaration":
        return node["declaration"] === null ? [] : this.statement(node["declaration"]);
      case "ExportDefaultDeclaration":
        return this.exportDefault(node);
      case "BlockStatement":
        return [
          this.label(
            labels,
            this.labeled(node, labels, false, () => this.block(node)),
          ),
        ];
      case "LabeledStatement":
        return this.statement(node["body"], [...labels, node["label"].name]);
      case "ForStatement":
        return this.forStatement(node, labels);
      case "ForInStatement":
      case "ForOfStatement":
        return this.forEach(node, labels);
      case "WhileStatement":
      case "DoWhileStatement":
        return [
          this.label(
            labels,
            this.labeled(node, labels, true, () => ({
              ...node,
              test: this.expr(node["test"]),
              body: this.single(node["body"]),
            })),
          ),
        ];
      case "IfStatement":
        return [
          this.label(
            labels,
            this.labeled(node, labels, false, () => ({
              ...node,
              test: this.expr(node["test"]),
              consequent: this.single(node["consequent"]),
              alternate: node["alternate"] && this.single(node["alternate"]),
            })),
          ),
        ];
      case "SwitchStatement":
        return this.switchStatement(node, labels);
      case "TryStatement":
        return [
          this.label(
            labels,
            this.labeled(node, labels, false, () => this.tryStatement(node)),
          ),
        ];
      case "ReturnStatement":
        return this.returnStatement(node);
      case "BreakStatement":
      case "ContinueStatement":
        return this.jump(node);
      default:
        return [this.label(labels, this.map(node))];
    }
  }

  label(labels: readonly string[], node: Node): Node {
    return labels.reduceRight((body, label) => b.labeled(label, body), node);
  }

  // Jumps are natively what they were; a lowered function has more to say here.

  labeled<T>(_node: Node, _labels: readonly string[], _isLoop: boolean, inside: () => T): T {
    return inside();
  }

  returnStatement(node: Node): Node[] {
    return [{ ...node, argument: node["argument"] && this.expr(node["argument"]) }];
  }

  jump(node: Node): Node[] {
    return [node];
  }

  // --- declarations ---------------------------------------------------------------------------------------------

  isNative(pattern: Node): boolean {
    return boundIdentifiers(pattern).every(
      (id) => this.cx.analysis.bindingOf.get(id)!.storage.kind === "native",
    );
  }

  variableDeclaration(node: Node): Node[] {
    if (node["declarations"].every((each: Node) => this.isNative(each["id"]))) {
      return [
        {
          ...node,
          kind: isUsing(node) ? "const" : node["kind"],
          declarations: node["declarations"].map((each: Node) => ({
            ...each,
            id: this.target(each["id"], true),
            init: each["init"] && this.resource(node["kind"], this.expr(each["init"])),
          })),
        },
      ];
    }
    return node["declarations"].flatMap((each: Node) => {
      if (each["init"] !== null)
        return [
          b.at(
            b.set(this.target(each["id"], true), this.resource(node["kind"], this.expr(each["init"]))),
            each,
          ),
        ];
      return node["kind"] === "var" ? [] : [b.at(b.set(this.target(each["id"], true), b.void0()), each)];
    });
  }

  classDeclaration(node: Node): Node[] {
    const binding = this.cx.analysis.bindingOf.get(node)!;
    return [
      this.declareAs(
        binding.storage.kind === "native" ? binding.storage.name : null,
        node,
        this.classValue(node),
      ),
    ];
  }

  declareAs(native: string | null, node: Node, value: Node): Node {
    if (native !== null) return b.at(b.declare("let", [[b.id(native), value]]), node);
    return b.at(b.set(this.place(this.cx.analysis.bindingOf.get(node)!), value), node);
  }

  exportDefault(node: Node): Node[] {
    const declaration: Node = node["declaration"];
    if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") {
      return this.statement(declaration);
    }
    return [this.declareAs(null, node, this.expr(declaration))];
  }

  // --- loops ----------------------------------------------------------------------------------------------------

  forStatement(node: Node, labels: readonly string[], isDisposing = isUsing(node["init"])): Node[] {
    if (isDisposing) return [b.block(this.disposing(() => this.forStatement(node, labels, false)))];
    const head: Node | null = node["init"];
    const isDeclaration = head?.type === "VariableDeclaration";
    const isPlain = !isDeclaration || head["declarations"].every((each: Node) => this.isNative(each["id"]));
    const scope = this.cx.analysis.scopeOf.get(node);
    return this.within(scope, (entry) => {
      const before = isPlain ? entry : [...entry, ...this.variableDeclaration(head)];
      const init =
        isPlain && head !== null
          ? isDeclaration
            ? this.variableDeclaration(head)[0]!
            : this.expr(head)
          : null;
      const perIteration = this.perIteration(head, scope);
      if (perIteration !== null && containsClosure(head!)) before.push(b.statement(this.copyEnv(scope!)));
      const loop = this.labeled(node, labels, true, () => ({
        ...node,
        init,
        test: node["test"] && this.expr(node["test"]),
        update: this.joinUpdate(perIteration, node["update"] && this.expr(node["update"])),
        body: this.single(node["body"]),
      }));
      return [...before, this.label(labels, loop)];
    });
  }

  /** The copy at the iteration boundary, for a loop whose `let` is captured. */
  perIteration(head: Node | null, scope: Scope | undefined): Node | null {
    return scope?.env != null && head?.["kind"] === "let" ? this.copyEnv(scope) : null;
  }

  joinUpdate(copy: Node | null, update: Node | null): Node | null {
    if (copy === null || update === null) return copy ?? update;
    return b.sequence(copy, update);
  }

  forEach(node: Node, labels: readonly string[]): Node[] {
    const left: Node = node["left"];
    const right = this.consumed(node["right"]);
    const isDeclaration = left.type === "VariableDeclaration";
    const scope = this.cx.analysis.scopeOf.get(node);
    const isPlain = isDeclaration ? this.isNative(left["declarations"][0].id) : true;
    const loop = this.labeled(node, labels, true, () => {
      if (isUsing(left)) {
        const each = this.cx.fresh("x");
        const body = this.within(scope, (entry) => [
          ...entry,
          ...this.disposing(() => [...this.eachResource(left, b.id(each)), this.single(node["body"])]),
        ]);
        return { ...node, left: b.declare("const", [[b.id(each), null]]), right, body: b.block(body) };
      }
      if (isPlain) {
        const head = isDeclaration
          ? {
              ...left,
              declarations: [
                { ...left["declarations"][0], id: this.target(left["declarations"][0].id, true) },
              ],
            }
          : this.target(left);
        return { ...node, left: head, right, body: this.single(node["body"]) };
      }
      return this.within(scope, (entry) => {
        const each = this.cx.fresh("x");
        const bind = b.set(this.target(left["declarations"][0].id, true), b.id(each));
        const body = b.block([...entry, bind, this.single(node["body"])]);
        return { ...node, left: b.declare("const", [[b.id(each), null]]), right, body };
      });
    });
    return [this.label(labels, loop)];
  }

  /** The variable of `for (using x of …)`, with its value. */
  eachResource(left: Node, value: Node): Node[] {
    const { id } = left["declarations"][0] as { id: Node };
    const resource = this.resource(left["kind"], value);
    if (this.isNative(id)) return [b.at(b.declare("const", [[this.target(id, true), resource]]), left)];
    return [b.at(b.set(this.target(id, true), resource), left)];
  }

  // --- switch, try ----------------------------------------------------------------------------------------------

  switchStatement(node: Node, labels: readonly string[]): Node[] {
    const scope = this.cx.analysis.scopeOf.get(node);
    const discriminant = this.expr(node["discriminant"]);
    return this.within(scope, (entry) => {
      const build = (value: Node): Node =>
        this.label(
          labels,
          this.labeled(node, labels, false, () => ({
            ...node,
            discriminant: value,
            cases: node["cases"].map((each: Node) => ({
              ...each,
              test: each["test"] && this.expr(each["test"]),
              consequent: this.statements(each["consequent"]),
            })),
          })),
        );
      if (entry.length === 0) return [build(discriminant)];
      const value = this.cx.fresh("x");
      return [b.block([b.const(value, discriminant), ...entry, build(b.id(value))])];
    });
  }

  tryStatement(node: Node): Node {
    return {
      ...node,
      block: this.block(node["block"]),
      handler: node["handler"] && this.catchClause(node["handler"]),
      finalizer: node["finalizer"] && this.block(node["finalizer"]),
    };
  }

  catchClause(node: Node): Node {
    const scope = this.cx.analysis.scopeOf.get(node);
    if (node["param"] === null) return { ...node, body: this.block(node["body"]) };
    return this.within(scope, (entry) => {
      if (this.isNative(node["param"])) {
        return { ...node, param: this.target(node["param"], true), body: this.block(node["body"]) };
      }
      const thrown = this.cx.fresh("x");
      const bind = b.set(this.target(node["param"], true), b.id(thrown));
      return { ...node, param: b.id(thrown), body: b.block([...entry, bind, this.block(node["body"])]) };
    });
  }
}

export function containsClosure(node: Node): boolean {
  return isFunction(node) || isClass(node) || children(node).some(containsClosure);
}
