/**
 * Scopes and names: which variable does an identifier mean, from which function is it used, which nodes contain a
 * suspension.
 *
 * R1. A binding belongs to one scope, a scope to one function. `captured` means: referred to from another function.
 * R2. `this`, `arguments` and `new.target` are bindings of the nearest function that is not an arrow.
 * R3. A node is `suspending` if it contains an `await`, a `yield`, a `for await` or (in an async function) a loop, that belongs to the same
 *     function as the node itself. The body of a module is an async function.
 * R4. Class members are functions of their own; heritage and computed keys belong to the surrounding function.
 */
import { assert } from "../../base/errors.ts";
import {
  boundIdentifiers,
  children,
  isClass,
  isFixedKey,
  isFunction,
  isLoop,
  type Node,
  staticKey,
} from "../node.ts";
import { containsClosure, containsSuper, mentionsItself } from "./contains.ts";
import { importedByText } from "./dynamic-imports.ts";
import type { Analysis, Binding, BindingKind, ClassInfo, Export, Fn, ImportSlot, Scope } from "./scope.ts";

export type Report = (node: Node, message: string, hint?: string) => void;

export function resolve(program: Node, report: Report): Analysis {
  return new Resolver(report).module(program);
}

/** Nodes that may write to what is no variable of the module. */
const writes: ReadonlySet<string> = new Set([
  "AssignmentExpression",
  "CallExpression",
  "ForInStatement",
  "ForOfStatement",
  "UnaryExpression",
  "UpdateExpression",
]);

const unset = { kind: "native", name: "" } as const;

class Resolver {
  readonly #report: Report;
  readonly #fns: Fn[] = [];
  readonly #scopes: Scope[] = [];
  readonly #scopeOf = new Map<Node, Scope>();
  readonly #nameScopeOf = new Map<Node, Scope>();
  readonly #fnOf = new Map<Node, Fn>();
  readonly #classOf = new Map<Node, ClassInfo>();
  readonly #bindingOf = new Map<Node, Binding>();
  readonly #suspending = new Set<Node>();
  readonly #nameOf = new Map<Node, string>();
  readonly #privateOwner = new Map<Node, ClassInfo>();
  readonly #superOwner = new Map<Node, { owner: ClassInfo; isStatic: boolean }>();
  readonly #imports: ImportSlot[] = [];
  readonly #exports: Export[] = [];
  readonly #reexports: { name: string; from: number; imported: string }[] = [];
  readonly #stars: number[] = [];
  readonly #dynamicImports: Node[] = [];
  readonly #names = new Set<string>();
  readonly #writers: Node[] = [];
  /** Functions of private methods and accessors, which are printed beside the text of their class. */
  readonly #privateMethods = new Set<Node>();
  /** Classes around the node being visited, innermost last. */
  readonly #classes: ClassInfo[] = [];
  /** From the current function's body down to the node being visited. */
  #path: Node[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  module(program: Node): Analysis {
    const fn = this.#fn({ kind: "module", node: program, parent: null, async: true, owner: null });
    fn.scope = fn.body = this.#scope("module", program, null, fn);
    this.#declareVars(program["body"], fn.scope);
    this.#declareLexical(program["body"], fn.scope);
    for (const node of program["body"]) this.#declareImport(node, fn.scope);
    this.#path = [];
    for (const node of program["body"]) this.#visit(node, fn.scope);
    this.#collectExports(program["body"], fn.scope);
    return {
      module: fn,
      fns: this.#fns,
      scopes: this.#scopes,
      scopeOf: this.#scopeOf,
      nameScopeOf: this.#nameScopeOf,
      fnOf: this.#fnOf,
      classOf: this.#classOf,
      bindingOf: this.#bindingOf,
      suspending: this.#suspending,
      nameOf: this.#nameOf,
      privateOwner: this.#privateOwner,
      superOwner: this.#superOwner,
      imports: this.#imports,
      exports: this.#exports,
      reexports: this.#reexports,
      stars: this.#stars,
      dynamicImports: importedByText(this.#dynamicImports, this.#bindingOf),
      names: this.#names,
      writers: this.#writers,
    };
  }

  // --- declaring ---------------------------------------------------------------------------------------------

  #fn(of: Pick<Fn, "kind" | "node" | "parent" | "async" | "owner"> & { derived?: boolean }): Fn {
    const fn = {
      generator: of.node["generator"] === true,
      lowered: of.async || of.node["generator"] === true,
      derived: false,
      closuresInParams: false,
      superInArrow: false,
      hoistedTo: null,
      globals: new Set<string>(),
      ...of,
    } as unknown as Fn;
    this.#fns.push(fn);
    this.#fnOf.set(of.node, fn);
    return fn;
  }

  #scope(kind: Scope["kind"], node: Node, parent: Scope | null, fn: Fn): Scope {
    const scope: Scope = { kind, node, parent, fn, bindings: new Map(), functions: [], env: null };
    this.#scopes.push(scope);
    return scope;
  }

  #declare(
    scope: Scope,
    kind: BindingKind,
    node: Node,
    name: string,
    declaration: Node,
    readyAt: number,
  ): Binding {
    this.#names.add(name);
    const declared = scope.bindings.get(name);
    // `var x; function x() {}` and their kind: one variable, written twice.
    if (declared !== undefined) declared.assigned = true;
    const binding = declared ?? this.#bind(scope, kind, node, name, declaration, readyAt);
    this.#bindingOf.set(node, binding);
    return binding;
  }

  #bind(
    scope: Scope,
    kind: BindingKind,
    node: Node,
    name: string,
    declaration: Node,
    readyAt: number,
  ): Binding {
    const binding: Binding = {
      name,
      kind,
      scope,
      node,
      readyAt,
      declaration,
      references: [],
      captured: false,
      assigned: false,
      storage: unset,
      checked: false,
    };
    scope.bindings.set(name, binding);
    return binding;
  }

  #declarePattern(scope: Scope, kind: BindingKind, pattern: Node, declaration: Node, readyAt: number): void {
    for (const id of boundIdentifiers(pattern))
      this.#declare(scope, kind, id, id["name"], declaration, readyAt);
  }

  /** `var` declarations anywhere in these statements, and function declarations at their top. */
  #declareVars(statements: readonly Node[], scope: Scope): void {
    const walk = (node: Node): void => {
      if (isFunction(node) || isClass(node)) return;
      if (node.type === "VariableDeclaration" && node["kind"] === "var") {
        for (const declarator of node["declarations"]) {
          this.#declarePattern(scope, "var", declarator.id, node, -1);
        }
      }
      for (const child of children(node)) walk(child);
    };
    for (const statement of statements) walk(statement);
  }

  /** `let`, `const`, classes and functions that stand directly in these statements. */
  #declareLexical(statements: readonly Node[], scope: Scope): void {
    for (const statement of statements) {
      const node =
        statement["declaration"] && statement.type.startsWith("Export")
          ? statement["declaration"]
          : statement;
      switch (node.type) {
        case "VariableDeclaration":
          if (node.kind === "var") break;
          for (const declarator of node.declarations) {
            this.#declarePattern(
              scope,
              node.kind === "let" ? "let" : "const",
              declarator.id,
              node,
              declarator.end,
            );
          }
          break;
        case "FunctionDeclaration":
          scope.functions.push(node);
          this.#declare(scope, "function", node, node.id?.name ?? "*default*", node, -1);
          break;
        case "ClassDeclaration":
          this.#declare(scope, "class", node, node.id?.name ?? "*default*", node, node.end);
          break;
        default:
          if (statement.type === "ExportDefaultDeclaration") {
            this.#declare(scope, "const", statement, "*default*", statement, statement.end!);
          }
      }
    }
  }

  /** A namespace is an import of its own: what is imported by name is read from something else (src/runtime/import-readers.ts). */
  #import(source: Node, attributes: Node[] | undefined, whole = false): number {
    const specifier = String(source["value"]);
    const json = (attributes ?? []).some(
      (attribute) =>
        staticKey({ type: "", key: attribute["key"] }) === "type" && attribute["value"].value === "json",
    );
    const found = this.#imports.findIndex((slot) => slot.specifier === specifier && slot.whole === whole);
    if (found >= 0) return found;
    return this.#imports.push({ specifier, json, whole }) - 1;
  }

  /** Imports and re-exports alike count in the order of the source, in which modules are evaluated. */
  #declareImport(node: Node, scope: Scope): void {
    if (!node["source"]) return;
    const specifiers: Node[] = node["specifiers"] ?? [];
    const isWhole = ({ type }: Node): boolean => type === "ImportNamespaceSpecifier";
    const whole = node.type === "ImportDeclaration" && specifiers.length > 0 && specifiers.every(isWhole);
    const named = whole ? -1 : this.#import(node["source"], node["attributes"]);
    if (node.type !== "ImportDeclaration") return;
    for (const specifier of specifiers) {
      const from = isWhole(specifier) ? this.#import(node["source"], node["attributes"], true) : named;
      const local: Node = specifier.local;
      const binding = this.#declare(scope, "import", local, local["name"], node, -1);
      const imported: Node | undefined = specifier.imported;
      const name =
        specifier.type === "ImportNamespaceSpecifier"
          ? null
          : specifier.type === "ImportDefaultSpecifier"
            ? "default"
            : (imported?.["name"] ?? String(imported?.["value"]));
      binding.storage = { kind: "import", from, name };
    }
  }

  #collectExports(statements: readonly Node[], scope: Scope): void {
    for (const node of statements) {
      if (node.type === "ExportAllDeclaration") {
        const from = this.#import(node["source"], node["attributes"]);
        if (node["exported"] === null) this.#stars.push(from);
        else this.#reexports.push({ name: exportName(node["exported"]), from, imported: "*" });
      } else if (node.type === "ExportDefaultDeclaration") {
        this.#export("default", this.#bindingOf.get(node["declaration"]) ?? this.#bindingOf.get(node)!);
      } else if (node.type === "ExportNamedDeclaration") {
        const from = node["source"] ? this.#import(node["source"], node["attributes"]) : -1;
        for (const specifier of node["specifiers"]) {
          const name = exportName(specifier.exported);
          if (from >= 0) this.#reexports.push({ name, from, imported: exportName(specifier.local) });
          else this.#export(name, scope.bindings.get(specifier.local.name)!);
        }
        const declaration: Node | null = node["declaration"];
        if (declaration?.type === "VariableDeclaration") {
          for (const declarator of declaration["declarations"]) {
            for (const id of boundIdentifiers(declarator.id))
              this.#export(id["name"], this.#bindingOf.get(id)!);
          }
        } else if (declaration !== null)
          this.#export(declaration["id"].name, this.#bindingOf.get(declaration)!);
      }
    }
  }

  #export(name: string, binding: Binding): void {
    if (binding.storage.kind === "import") {
      const { from, name: imported } = binding.storage;
      this.#reexports.push({ name, from, imported: imported ?? "*" });
    } else this.#exports.push({ name, binding });
  }

  // --- referring ---------------------------------------------------------------------------------------------

  #refer(node: Node, name: string, scope: Scope, write: boolean): void {
    this.#names.add(name);
    for (let at: Scope | null = scope; at !== null; at = at.parent) {
      const binding = at.bindings.get(name);
      if (binding === undefined || (binding.kind === "arguments" && binding.scope.fn !== thisFn(scope.fn)))
        continue;
      this.#link(node, binding, scope.fn, write);
      return;
    }
    if (name === "arguments") return this.#referPseudo(node, "arguments", scope);
    for (let fn: Fn | null = scope.fn; fn !== null; fn = fn.parent) fn.globals.add(name);
  }

  #link(node: Node, binding: Binding, fn: Fn, write: boolean): void {
    binding.references.push({ node, fn, write });
    if (binding.scope.fn !== fn) binding.captured = true;
    if (write) binding.assigned = true;
    this.#bindingOf.set(node, binding);
  }

  #referPseudo(node: Node, kind: "this" | "arguments" | "newTarget", scope: Scope): void {
    const fn = thisFn(scope.fn);
    if (fn.kind === "module") return; // `this` is undefined there; the other two are syntax errors
    const name = kind === "newTarget" ? "new.target" : kind;
    const binding = fn.scope.bindings.get(name) ?? this.#bind(fn.scope, kind, fn.node, name, fn.node, -1);
    this.#link(node, binding, scope.fn, false);
  }

  #markSuspending(): void {
    for (let index = this.#path.length - 1; index >= 0; index -= 1) {
      const node = this.#path[index]!;
      if (this.#suspending.has(node)) break;
      this.#suspending.add(node);
    }
  }

  // --- visiting ----------------------------------------------------------------------------------------------

  #visit(node: Node | null | undefined, scope: Scope): void {
    if (node == null) return;
    this.#path.push(node);
    this.#visitNode(node, scope);
    this.#path.pop();
  }

  #visitAll(nodes: readonly (Node | null)[], scope: Scope): void {
    for (const node of nodes) this.#visit(node, scope);
  }

  #visitNode(node: Node, scope: Scope): void {
    if (isFunction(node))
      return this.#visitFunction(
        node,
        scope,
        node.type === "ArrowFunctionExpression" ? "arrow" : "function",
        null,
      );
    if (isClass(node)) return this.#visitClass(node, scope);
    if (isLoop(node) && scope.fn.async) this.#markSuspending();
    if (node.type === "VariableDeclaration" && node["kind"] === "await using") this.#markSuspending();
    if (writes.has(node.type)) this.#writers.push(node);
    switch (node.type) {
      case "Identifier":
        return this.#refer(node, node["name"], scope, false);
      case "ThisExpression":
        return this.#referPseudo(node, "this", scope);
      case "MetaProperty":
        if (node["meta"].name === "new") this.#referPseudo(node, "newTarget", scope);
        return;
      case "Super":
        return this.#visitSuper(node, scope);
      case "MemberExpression":
        this.#visit(node["object"], scope);
        if (node["computed"]) this.#visit(node["property"], scope);
        else if (node["property"].type === "PrivateIdentifier") this.#visitPrivate(node["property"], scope);
        return;
      case "PrivateIdentifier":
        return this.#visitPrivate(node, scope);
      case "ObjectExpression":
        return this.#visitObject(node, scope);
      case "Property":
        return this.#visitProperty(node, scope, scope, null);
      case "AwaitExpression":
        this.#markSuspending();
        return this.#visit(node["argument"], scope);
      case "YieldExpression":
        if (scope.fn.lowered) this.#markSuspending();
        return this.#visit(node["argument"], scope);
      case "ReturnStatement":
        // An async generator awaits what it returns.
        if (scope.fn.async && scope.fn.generator && node["argument"] !== null) this.#markSuspending();
        return this.#visit(node["argument"], scope);
      case "CallExpression":
        if (node["callee"].type === "Identifier" && node["callee"].name === "eval") {
          this.#report(
            node,
            "not supported: direct eval",
            "write (0, eval)(text), or a function of the values it needs",
          );
        }
        if (node["callee"].type === "Super") this.#visitSuperCall(node["callee"], scope);
        else this.#visit(node["callee"], scope);
        return this.#visitAll(node["arguments"], scope);
      case "ImportExpression":
        this.#dynamicImports.push(node);
        this.#visit(node["source"], scope);
        return this.#visit(node["options"], scope);
      case "AssignmentExpression":
        // A name in brackets, `(f) = () => {}`, names nothing.
        if (node["left"].type === "Identifier" && node["left"].start === node.start)
          this.#hintName(node["right"], node["left"].name);
        this.#visitPattern(node["left"], scope, false);
        return this.#visit(node["right"], scope);
      case "UpdateExpression":
        return this.#visitPattern(node["argument"], scope, false);
      case "VariableDeclarator":
        if (node["id"].type === "Identifier") this.#hintName(node["init"], node["id"].name);
        this.#visitPattern(node["id"], scope, true);
        return this.#visit(node["init"], scope);
      default:
        this.#visitStatement(node, scope);
    }
  }

  #visitStatement(node: Node, scope: Scope): void {
    switch (node.type) {
      case "BlockStatement":
        return this.#visitBlock(node, node["body"], scope, "block");
      case "SwitchStatement": {
        this.#visit(node["discriminant"], scope);
        const statements = node["cases"].flatMap((each: Node) => each["consequent"]);
        return this.#visitBlock(node, statements, scope, "switch", node["cases"]);
      }
      case "CatchClause":
        return this.#visitCatch(node, scope);
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        return this.#visitFor(node, scope);
      case "LabeledStatement":
        return this.#visit(node["body"], scope);
      case "BreakStatement":
      case "ContinueStatement":
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        return;
      case "ExportNamedDeclaration":
        if (node["declaration"]) this.#visit(node["declaration"], scope);
        return;
      case "ExportDefaultDeclaration":
        this.#hintName(node["declaration"], "default");
        return this.#visit(node["declaration"], scope);
      default:
        this.#visitAll(children(node), scope);
    }
  }

  /** `declaring`: the identifiers are the pattern's own variables; otherwise they are assigned to. */
  #visitPattern(pattern: Node | null, scope: Scope, declaring: boolean): void {
    if (pattern === null) return;
    this.#path.push(pattern);
    switch (pattern.type) {
      case "Identifier":
        if (!declaring) this.#refer(pattern, pattern["name"], scope, true);
        else if (!this.#bindingOf.has(pattern)) assert(false, `${pattern["name"]} is not declared`);
        break;
      case "ObjectPattern":
        for (const property of pattern["properties"]) {
          this.#path.push(property);
          if (property.type === "RestElement") this.#visitPattern(property.argument, scope, declaring);
          else {
            if (property.computed) this.#visit(property.key, scope);
            this.#visitPattern(property.value, scope, declaring);
          }
          this.#path.pop();
        }
        break;
      case "ArrayPattern":
        for (const element of pattern["elements"]) this.#visitPattern(element, scope, declaring);
        break;
      case "AssignmentPattern":
        if (pattern["left"].type === "Identifier") this.#hintName(pattern["right"], pattern["left"].name);
        this.#visitPattern(pattern["left"], scope, declaring);
        this.#visit(pattern["right"], scope);
        break;
      case "RestElement":
        this.#visitPattern(pattern["argument"], scope, declaring);
        break;
      default:
        this.#visitNode(pattern, scope);
    }
    this.#path.pop();
  }

  /** Methods that use `super` get an environment in which they find their object. */
  #visitObject(node: Node, scope: Scope): void {
    const isMethod = (each: Node): boolean =>
      each.type === "Property" && (each["method"] || each["kind"] !== "init");
    const usesSuper = node["properties"].some((each: Node) => isMethod(each) && containsSuper(each["value"]));
    let inner = scope;
    let owner: ClassInfo | null = null;
    if (usesSuper) {
      inner = this.#scope("object", node, scope, scope.fn);
      this.#scopeOf.set(node, inner);
      owner = {
        node,
        scope: inner,
        fn: scope.fn,
        early: false,
        needsHome: true,
        outsidePrivate: new Set(),
      };
    }
    for (const each of node["properties"] as Node[]) {
      if (owner === null || !isMethod(each)) this.#visit(each, scope);
      else {
        this.#path.push(each);
        this.#visitProperty(each, scope, inner, owner);
        this.#path.pop();
      }
    }
  }

  /** `inner`: the scope of a method. */
  #visitProperty(node: Node, scope: Scope, inner: Scope, owner: ClassInfo | null): void {
    if (node["computed"]) this.#visit(node["key"], scope);
    const value: Node = node["value"];
    if (node["method"] || node["kind"] !== "init") {
      const key = staticKey(node);
      const prefix = node["method"] ? "" : `${node["kind"]} `;
      this.#nameOf.set(value, key === null ? "" : `${prefix}${key}`);
      this.#visitFunction(value, inner, node["method"] ? "method" : "accessor", owner);
      return;
    }
    const key = staticKey(node);
    if (key !== null && key !== "__proto__") this.#hintName(value, key);
    this.#visit(value, scope);
  }

  #visitBlock(
    node: Node,
    statements: Node[],
    scope: Scope,
    kind: "block" | "switch",
    parts = statements,
  ): void {
    const inner = this.#scope(kind, node, scope, scope.fn);
    this.#declareLexical(statements, inner);
    if (inner.bindings.size === 0) this.#scopes.pop();
    else this.#scopeOf.set(node, inner);
    for (const part of parts) {
      const within = inner.bindings.size === 0 ? scope : inner;
      if (part.type !== "SwitchCase") this.#visit(part, within);
      else {
        this.#path.push(part);
        this.#visit(part["test"], within);
        this.#visitAll(part["consequent"], within);
        this.#path.pop();
      }
    }
  }

  #visitCatch(node: Node, scope: Scope): void {
    const inner = this.#scope("catch", node, scope, scope.fn);
    if (node["param"] !== null) {
      this.#declarePattern(inner, "catch", node["param"], node, -1);
      this.#visitPattern(node["param"], inner, true);
    }
    if (inner.bindings.size === 0) this.#scopes.pop();
    else this.#scopeOf.set(node, inner);
    this.#visit(node["body"], inner.bindings.size === 0 ? scope : inner);
  }

  #visitFor(node: Node, scope: Scope): void {
    const head: Node | null = node["init"] ?? node["left"] ?? null;
    let inner = scope;
    if (head?.type === "VariableDeclaration" && head["kind"] !== "var") {
      inner = this.#scope("loop", node, scope, scope.fn);
      this.#scopeOf.set(node, inner);
      if (head["kind"] === "await using") this.#markSuspending();
      for (const declarator of head["declarations"]) {
        const kind = head["kind"] === "let" ? "let" : "const";
        const readyAt = node.type === "ForStatement" ? declarator.end : node["right"].end;
        this.#declarePattern(inner, kind, declarator.id, head, readyAt);
      }
    }
    if (node.type === "ForStatement") {
      this.#visit(node["init"], inner);
      this.#visit(node["test"], inner);
      this.#visit(node["update"], inner);
    } else {
      if (node["await"]) this.#markSuspending();
      if (head!.type === "VariableDeclaration") {
        this.#path.push(head!);
        for (const declarator of head!["declarations"]) {
          this.#visitPattern(declarator.id, inner, true);
          for (const id of boundIdentifiers(declarator.id)) {
            if (head!["kind"] === "var") this.#bindingOf.get(id)!.assigned = true;
          }
        }
        this.#path.pop();
      } else this.#visitPattern(head, inner, false);
      this.#visit(node["right"], inner === scope ? scope : this.#headScope(inner, node["right"], scope));
    }
    this.#visit(node["body"], inner);
  }

  /** The object is evaluated outside of the iterations, but may not use their variables either. */
  #headScope({ bindings }: Scope, right: Node, scope: Scope): Scope {
    const head = this.#scope("head", right, scope, scope.fn);
    for (const { name, node } of bindings.values())
      this.#bind(head, "let", node, name, right, Number.POSITIVE_INFINITY);
    return head;
  }

  #visitFunction(node: Node, scope: Scope, kind: Fn["kind"], owner: ClassInfo | null, derived = false): void {
    const fn = this.#fn({ kind, node, parent: scope.fn, async: node["async"] === true, owner, derived });
    let outer = scope;
    if (node.type === "FunctionExpression" && node["id"]) {
      outer = this.#scope("name", node, scope, scope.fn);
      this.#nameScopeOf.set(node, outer);
      this.#declare(outer, "name", node["id"], node["id"].name, node, -1);
    }
    if (node.type === "FunctionDeclaration") {
      fn.hoistedTo = scope;
      if (node["id"]) this.#names.add(node["id"].name);
    }
    const outerPath = this.#path;
    this.#path = [];
    fn.scope = fn.body = this.#scope("function", node, outer, fn);
    for (const param of node["params"]) this.#declarePattern(fn.scope, "param", param, node, param.end);
    fn.closuresInParams = node["params"].some(containsClosure);
    if (node["body"].type === "BlockStatement") {
      if (fn.closuresInParams) fn.body = this.#scope("body", node["body"], fn.scope, fn);
      this.#declareVars(node["body"].body, fn.body);
      this.#declareLexical(node["body"].body, fn.body);
    }
    for (const param of node["params"]) this.#visitPattern(param, fn.scope, true);
    if (node["body"].type === "BlockStatement") {
      this.#path.push(node["body"]);
      this.#visitAll(node["body"].body, fn.body);
      this.#path.pop();
    } else this.#visit(node["body"], fn.body);
    this.#path = outerPath;
  }

  // --- classes -----------------------------------------------------------------------------------------------

  #visitClass(node: Node, scope: Scope): void {
    const inner = this.#scope("class", node, scope, scope.fn);
    const early = mentionsItself(node);
    const info: ClassInfo = {
      node,
      scope: inner,
      fn: scope.fn,
      early,
      needsHome: early,
      outsidePrivate: new Set(),
    };
    this.#classOf.set(node, info);
    this.#scopeOf.set(node, inner);
    if (node["id"]) this.#declare(inner, "name", node["id"], node["id"].name, node, early ? node.end! : -1);
    if (node["decorators"]?.length) this.#report(node, "not supported yet: decorators");
    // Heritage and computed keys are evaluated before the environment of the class exists, unless they ask for it.
    const outer = early ? inner : scope;
    this.#classes.push(info);
    this.#visit(node["superClass"], outer);
    for (const member of node["body"].body) {
      if (member.computed) this.#visit(member.key, outer);
      if (member.computed && isFixedKey(member.key) && this.#bindingOf.has(member.key.object)) {
        this.#report(
          member,
          "not supported: a member name from a variable called Symbol",
          "rename the variable",
        );
      }
      this.#visitMember(member, inner, info);
    }
    this.#classes.pop();
  }

  #visitMember(member: Node, scope: Scope, owner: ClassInfo): void {
    if (member.type === "MethodDefinition") {
      const fn: Node = member["value"];
      const key = staticKey(member) ?? "";
      this.#nameOf.set(fn, key);
      const derived = member["kind"] === "constructor" && owner.node["superClass"] !== null;
      const sited: boolean = fn["async"] === true || fn["generator"] === true;
      if (member["key"].type === "PrivateIdentifier") this.#privateMethods.add(fn);
      this.#visitFunction(fn, scope, sited ? "method" : "member", owner, derived);
    } else if (member.type === "PropertyDefinition") {
      // A static private field is made by the static part, which finds its class by the environment.
      if (member["static"] && member["key"].type === "PrivateIdentifier") owner.needsHome = true;
      if (member["value"] === null) return;
      const key = staticKey(member);
      if (key !== null) this.#hintName(member["value"], key);
      this.#visitPart(member, "field", scope, owner, [member["value"]]);
    } else if (member.type === "StaticBlock") {
      this.#visitPart(member, "static", scope, owner, member["body"]);
    } else this.#report(member, `not supported yet: ${member.type} in a class`);
  }

  #visitPart(node: Node, kind: "field" | "static", scope: Scope, owner: ClassInfo, body: Node[]): void {
    const fn = this.#fn({ kind, node, parent: scope.fn, async: false, owner });
    fn.scope = fn.body = this.#scope("function", node, scope, fn);
    if (kind === "static") {
      this.#declareVars(body, fn.scope);
      this.#declareLexical(body, fn.scope);
    }
    const outerPath = this.#path;
    this.#path = [];
    this.#visitAll(body, fn.scope);
    this.#path = outerPath;
  }

  /** Whether code of `fn` is printed outside the text of `owner`. */
  #isOutside(fn: Fn, owner: ClassInfo): boolean {
    for (let at: Fn | null = fn; at !== null; at = at.parent) {
      const isStaticPart = at.kind === "static" || (at.kind === "field" && at.node["static"] === true);
      if (at.owner === owner) return at.kind === "method" || isStaticPart;
      if (at.kind === "function" || at.kind === "arrow" || at.kind === "method" || at.kind === "accessor")
        return true;
      if (at.owner !== null) return true; // inside another class, which is a text of its own
    }
    return true; // in the heritage or a computed key of a class of the module
  }

  #visitPrivate(node: Node, scope: Scope): void {
    for (const owner of this.#classes.toReversed()) {
      const declares = owner.node["body"].body.some(
        (member: Node) => member["key"]?.type === "PrivateIdentifier" && member["key"].name === node["name"],
      );
      if (!declares) continue;
      if (!this.#isOutside(scope.fn, owner)) return;
      owner.needsHome = true;
      owner.outsidePrivate.add(node["name"]);
      this.#privateOwner.set(node, owner);
      return;
    }
  }

  /** `super()` in an arrow function goes through an arrow function that the constructor itself makes. */
  #visitSuperCall(node: Node, scope: Scope): void {
    let fn = scope.fn;
    while (fn.kind === "arrow") fn = fn.parent!;
    if (fn === scope.fn) return;
    fn.superInArrow = true;
    this.#referPseudo(node, "this", scope);
  }

  #visitSuper(node: Node, scope: Scope): void {
    let fn = scope.fn;
    while (fn.kind === "arrow") fn = fn.parent!;
    assert(fn.owner !== null, "the parser refuses super elsewhere");
    if (fn.owner.node.type === "ObjectExpression") {
      this.#superOwner.set(node, { owner: fn.owner, isStatic: true });
      return this.#referPseudo(node, "this", scope);
    }
    const isPrivate = this.#privateMethods.has(fn.node);
    if (fn === scope.fn && !isPrivate && !this.#isOutside(fn, fn.owner)) return;
    fn.owner.needsHome = true;
    const member = fn.node;
    const isStatic =
      fn.kind === "field" || fn.kind === "static"
        ? member["static"] === true || member.type === "StaticBlock"
        : fn.owner.node["body"].body.some((each: Node) => each["value"] === member && each["static"]);
    this.#superOwner.set(node, { owner: fn.owner, isStatic });
    this.#referPseudo(node, "this", scope);
  }

  #hintName(node: Node | null, name: string): void {
    if (node === null) return;
    const anonymous =
      node.type === "ArrowFunctionExpression" ||
      ((node.type === "FunctionExpression" || isClass(node) || node.type === "FunctionDeclaration") &&
        !node["id"]);
    if (anonymous) this.#nameOf.set(node, name);
  }
}

/** The function whose `this` and `arguments` a function sees: arrows have none of their own. */
function thisFn(fn: Fn): Fn {
  let at = fn;
  while (at.kind === "arrow") at = at.parent!;
  return at;
}

function exportName(node: Node): string {
  return node["name"] ?? String(node["value"]);
}
