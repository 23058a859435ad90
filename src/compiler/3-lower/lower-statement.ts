/**
 * Statements that contain a suspension, to the structured form of ir.ts. What contains none goes over as it is.
 *
 * | source                          | form |
 * | ------------------------------- | ---- |
 * | `const x = await f()`           | suspend x = call f() |
 * | `while (await t()) A`           | loop { poll; suspend t1; if (!t1) break; A } |
 * | `for (I; T; U) A`               | I; loop (T; U) { poll; A } |
 * | `for (I; T; await u()) A`       | I; loop (T) { poll; c: A; suspend call u() }, `continue` leaves c |
 * | `for (const x of xs) A`         | i = iterate(xs); forOf i { poll; x = i.value; A } |
 * | `for (const k in o) A`          | o1 = o; ks = keys(o1); n = 0; loop (n < ks.length; n++) { poll; if (!(ks[n] in o1)) continue; k = ks[n]; A } |
 * | `for await (const x of xs) A`   | loop { poll; suspend r = next; if (r.done) break; record { x = r.value; A } finally { close if left } } |
 * | `try A catch (e) H finally F`   | finally { try A catch H } F, or record if F suspends |
 * | `using x = r; A`                | d = $rt.disposals(); finally { try { x = d.add(r); A } catch (e) d.fail(e) } d.dispose() |
 * | `await using x = r; A`          | the same as a record { … } loop (d.step()) { suspend await d.awaited, errors into d }; d.finish() |
 * | `switch (v) { case await a: … }`| i = index of the case; switch i |
 *
 * S1. Variables of a scope that contains a suspension are hoisted, so blocks vanish here; entering one is a list of
 *     plain statements (environment, closures of its functions).
 * S2. A jump that leaves a block whose `finally` suspends notes where it goes and ends the block; it is carried out behind the `finally`.
 */
import { assert } from "../../base/errors.ts";
import { b, isUsing, type Node } from "../node.ts";
import { branch, endedByThrow, endedNormally, type Ir, plain } from "./ir.ts";
import { ExpressionLowering } from "./lower-expression.ts";
import { placesOf } from "./module-places.ts";
import { containsClosure } from "./rewrite-statement.ts";

type Target =
  | {
      readonly kind: "statement";
      readonly labels: readonly string[];
      /** Loops take `continue`; loops and switches take a `break` without label. */
      readonly isLoop: boolean;
      readonly isSwitch: boolean;
      /** `continue` leaves this block. */
      readonly continueLabel?: string;
      /** `break` is the business of the same loop's target further out. */
      readonly continueOnly?: boolean;
      /** `continue` is an orderly end of the body of this for-of loop. */
      readonly flag?: string;
    }
  | {
      readonly kind: "record";
      readonly label: string;
      readonly state: string;
      readonly value: string;
      /** What happens behind the `finally`: a jump of the source, or null for the return. */
      readonly exits: (Node | null)[];
    };

export class Lowering extends ExpressionLowering {
  readonly #targets: Target[] = [];

  // --- jumps ----------------------------------------------------------------------------------------------------

  override labeled<T>(node: Node, labels: readonly string[], isLoop: boolean, inside: () => T): T {
    return this.#within(
      { kind: "statement", labels, isLoop, isSwitch: node.type === "SwitchStatement" },
      inside,
    );
  }

  #within<T>(target: Target, inside: () => T): T {
    this.#targets.push(target);
    const result = inside();
    this.#targets.pop();
    return result;
  }

  override jump(node: Node): Node[] {
    const isContinue = node.type === "ContinueStatement";
    const label: string | null = node["label"]?.name ?? null;
    const index = this.#targets.findLastIndex(
      (target) =>
        target.kind === "statement" &&
        (isContinue || target.continueOnly !== true) &&
        (label !== null ? target.labels.includes(label) : target.isLoop || (target.isSwitch && !isContinue)),
    );
    assert(index >= 0, "a jump has a target");
    const crossed = this.#targets.findLastIndex((target, at) => at > index && target.kind === "record");
    if (crossed >= 0) return [this.#exit(crossed, node)];
    const target = this.#targets[index]!;
    assert(target.kind === "statement", "jumps lead to statements");
    if (isContinue && target.continueLabel !== undefined) return [b.at(b.break(target.continueLabel), node)];
    if (isContinue && target.flag !== undefined)
      return [b.block([b.set(b.id(target.flag), b.literal(0)), node])];
    return [node];
  }

  #exit(at: number, jump: Node | null, value: Node | null = null): Node {
    const record = this.#targets[at]!;
    assert(record.kind === "record", "exits are noted in records");
    let code = record.exits.indexOf(jump);
    if (code < 0) code = record.exits.push(jump) - 1;
    const nodes = value === null ? [] : [b.set(b.id(record.value), value)];
    return b.block([...nodes, b.set(b.id(record.state), b.literal(code + 1)), b.break(record.label)]);
  }

  override returnStatement(node: Node): Node[] {
    return [b.at(this.#return(node["argument"] && this.expr(node["argument"])), node)];
  }

  override leave(value: Node): Node {
    return this.#return(value);
  }

  #return(value: Node | null): Node {
    const crossed = this.#targets.findLastIndex((target) => target.kind === "record");
    return crossed >= 0 ? this.#exit(crossed, null, value ?? b.void0()) : b.return(value);
  }

  // --- statements -----------------------------------------------------------------------------------------------

  lowerAll(nodes: readonly Node[], out: Ir[]): void {
    const { node: owner } = this.fn;
    const places = nodes === owner["body"] ? placesOf(owner) : undefined;
    const each = (list: Ir[]): void => {
      for (const node of nodes) {
        const place = places?.get(node);
        if (place !== undefined) list.push(plain(this.#at(place)));
        this.lower(node, list);
      }
    };
    const used = nodes.filter(isUsing);
    if (used.length === 0) return each(out);
    this.#disposing(
      used.some((node) => node["kind"] === "await using"),
      used[0]!,
      out,
      each,
    );
  }

  /** Says which statement of the module is about to run. */
  #at(place: string): Node {
    const site = b.index(this.cx.id("L"), b.literal(0));
    return b.statement(b.call(this.kernel("at"), site, b.literal(place)));
  }

  /** Statements that end with the disposal of what they use; `waits`: by `await using`. */
  #disposing(waits: boolean, at: Node, out: Ir[], inside: (out: Ir[]) => void): void {
    const disposals = this.set(this.temporary(), b.call(this.cx.rt("disposals")), out);
    const call = (method: string, ...args: Node[]): Node => b.call(b.member(disposals, method), ...args);
    const thrown = this.cx.id("x");
    const guarded = (block: Ir[]): Ir => {
      const clause = {
        type: "CatchClause",
        param: thrown,
        body: b.block([b.statement(call("fail", thrown))]),
      };
      return { kind: "try", block, clause, thrown: "", caught: "", handler: [], low: 0, high: 0 };
    };
    const used = (): Ir[] => {
      const block: Ir[] = [];
      this.using(disposals, () => inside(block));
      return [guarded(block)];
    };
    if (!waits) {
      const finalizer = b.block([b.statement(call("dispose"))]);
      out.push({ kind: "finally", block: used(), finalizer, low: 0, high: 0 });
      return;
    }
    const { record, item } = this.#record(used);
    const wait: Ir[] = [];
    this.wait(b.call(this.kernel("await"), b.member(disposals, "awaited")), at, wait);
    const finalizer: Ir[] = [
      {
        kind: "loop",
        labels: [],
        form: "for",
        test: call("step"),
        update: null,
        body: [guarded(wait)],
        low: 0,
        high: 0,
      },
      plain(b.statement(call("finish"))),
    ];
    out.push({ ...item, finalizer, exits: this.#dispatch(record) });
  }

  /** A statement as a list of its own. */
  #list(node: Node): Ir[] {
    const out: Ir[] = [];
    this.lower(node, out);
    return out;
  }

  lower(node: Node, out: Ir[], labels: readonly string[] = []): void {
    if (!this.suspends(node)) {
      out.push(...this.statement(node, labels).map(plain));
      return;
    }
    switch (node.type) {
      case "LabeledStatement":
        return this.lower(node["body"], out, [...labels, node["label"].name]);
      case "ForStatement":
        return this.#for(node, out, labels);
      case "WhileStatement":
      case "DoWhileStatement":
        return this.#while(node, out, labels);
      case "ForOfStatement":
        return node["await"] ? this.#forAwait(node, out, labels) : this.#forOf(node, out, labels);
      case "ForInStatement":
        return this.#forIn(node, out, labels);
      case "SwitchStatement":
        return this.#switch(node, out, labels);
      default: {
        if (labels.length === 0) return this.#simple(node, out);
        const body: Ir[] = [];
        this.labeled(node, labels, false, () => this.#simple(node, body));
        out.push({ kind: "block", labels, body, low: 0, high: 0 });
      }
    }
  }

  #simple(node: Node, out: Ir[]): void {
    switch (node.type) {
      case "ExpressionStatement":
        return this.#expressionStatement(node, out);
      case "VariableDeclaration":
        for (const each of node["declarations"]) this.#declarator(each, node["kind"], out);
        return;
      case "ClassDeclaration":
        out.push(plain(this.declareAs(null, node, this.value(node, out))));
        return;
      case "ReturnStatement": {
        const value = this.value(node["argument"], out);
        const isAwaited = this.fn.generator && this.fn.async;
        const result = isAwaited ? this.wait(b.call(this.kernel("await"), value), node, out) : value;
        out.push(plain(b.at(this.#return(result), node)));
        return;
      }
      case "ThrowStatement":
        out.push(plain({ ...node, argument: this.value(node["argument"], out) }));
        return;
      case "IfStatement": {
        const test = this.value(node["test"], out);
        const otherwise = node["alternate"] === null ? [] : this.#list(node["alternate"]);
        out.push(branch(test, this.#list(node["consequent"]), otherwise));
        return;
      }
      case "BlockStatement":
        this.within(this.cx.analysis.scopeOf.get(node), (entry) => {
          out.push(...entry.map(plain));
          this.lowerAll(node["body"], out);
        });
        return;
      case "TryStatement":
        return this.#try(node, out);
      case "ExportNamedDeclaration":
        return this.lower(node["declaration"], out);
      case "ExportDefaultDeclaration": {
        const declaration: Node = node["declaration"];
        if (declaration.type === "ClassDeclaration") return this.#simple(declaration, out);
        out.push(plain(this.declareAs(null, node, this.value(declaration, out))));
        return;
      }
      default:
        assert(false, `no lowering for ${node.type}`);
    }
  }

  #expressionStatement(node: Node, out: Ir[]): void {
    const expression: Node = node["expression"];
    if (expression.type === "AwaitExpression") {
      this.suspend(expression, null, out);
      return;
    }
    if (expression.type === "AssignmentExpression" && expression["operator"] === "=") {
      const target = this.#directTarget(expression["left"], expression["right"], false);
      if (target !== null) {
        this.suspend(expression["right"], target, out);
        return;
      }
    }
    const value = this.value(expression, out);
    if (value.type !== "Identifier") out.push(plain(b.at(b.statement(value), node)));
  }

  /** The variable into which `left = await …` can put its result without a temporary. */
  #directTarget(left: Node, right: Node | null, initialize: boolean): string | null {
    if (right?.type !== "AwaitExpression" || left.type !== "Identifier") return null;
    const binding = this.cx.analysis.bindingOf.get(left);
    if (binding?.storage.kind !== "hoisted" && binding?.storage.kind !== "native") return null;
    if (!initialize && (this.isConstant(binding) || this.needsCheck(binding, left))) return null;
    return this.place(binding)["name"];
  }

  #declarator(node: Node, kind: string, out: Ir[]): void {
    const { id, init } = node as Node & { id: Node; init: Node | null };
    if (!this.suspends(node)) {
      const declaration: Node = { type: "VariableDeclaration", kind, declarations: [node] };
      out.push(...this.variableDeclaration(declaration).map(plain));
      return;
    }
    const isResource = kind === "using" || kind === "await using";
    const target = isResource ? null : this.#directTarget(id, init, true);
    if (target !== null) {
      this.suspend(init!, target, out);
      return;
    }
    const value = this.resource(kind, this.value(init!, out));
    if (this.suspends(id)) this.destructure(id, this.hold(value, init, out), true, out);
    else out.push(plain(b.at(b.set(this.target(id, true), value), node)));
  }

  // --- loops ----------------------------------------------------------------------------------------------------

  /** What the body of a loop begins with. Nothing that is synchronous can be frozen. */
  #poll(node: Node): Ir[] {
    if (!this.fn.async) return [];
    this.unit.usesKernel = true;
    return [{ kind: "poll", at: node, label: 0, slots: [] }];
  }

  /** Adds the test at the head of a body, if it suspends; answers the test of the loop. */
  #test(test: Node | null, body: Ir[]): Node | null {
    if (test === null) return null;
    if (!this.suspends(test)) return this.expr(test);
    const value = this.value(test, body);
    body.push(plain(b.if(b.unary("!", value), b.break(null))));
    return null;
  }

  #while(node: Node, out: Ir[], labels: readonly string[]): void {
    const body: Ir[] = this.#poll(node);
    if (node.type === "WhileStatement") {
      const test = this.#test(node["test"], body);
      this.labeled(node, labels, true, () => this.lower(node["body"], body));
      out.push({ kind: "loop", labels, form: "for", test, update: null, body, low: 0, high: 0 });
      return;
    }
    if (!this.suspends(node["test"])) {
      this.labeled(node, labels, true, () => this.lower(node["body"], body));
      out.push({
        kind: "loop",
        labels,
        form: "do",
        test: this.expr(node["test"]),
        update: null,
        body,
        low: 0,
        high: 0,
      });
      return;
    }
    this.#bodyWithTail(node, labels, body);
    const value = this.value(node["test"], body);
    body.push(plain(b.if(b.unary("!", value), b.break(null))));
    out.push({ kind: "loop", labels, form: "for", test: null, update: null, body, low: 0, high: 0 });
  }

  /** The body as a block that `continue` leaves, since something follows that `continue` must not skip. */
  #bodyWithTail(node: Node, labels: readonly string[], out: Ir[]): void {
    const continueLabel = this.cx.fresh("c");
    const inner: Ir[] = [];
    this.#within({ kind: "statement", labels, isLoop: true, isSwitch: false, continueLabel }, () =>
      this.lower(node["body"], inner),
    );
    out.push({ kind: "block", labels: [continueLabel], body: inner, low: 0, high: 0 });
  }

  #for(node: Node, out: Ir[], labels: readonly string[], isDisposing = isUsing(node["init"])): void {
    const head: Node | null = node["init"];
    if (isDisposing) {
      const waits = head!["kind"] === "await using";
      return this.#disposing(waits, node, out, (list) => this.#for(node, list, labels, false));
    }
    const scope = this.cx.analysis.scopeOf.get(node);
    this.within(scope, (entry) => {
      out.push(...entry.map(plain));
      if (head?.type === "VariableDeclaration") this.lower(head, out);
      else if (head !== null)
        this.#expressionStatement({ type: "ExpressionStatement", expression: head }, out);
      const copy = this.perIteration(head, scope);
      if (copy !== null && containsClosure(head!)) out.push(plain(b.statement(this.copyEnv(scope!))));
      const body: Ir[] = this.#poll(node);
      const test = this.#test(node["test"], body);
      let update: Node | null = null;
      if (!this.suspends(node["update"])) {
        this.labeled(node, labels, true, () => this.lower(node["body"], body));
        update = this.joinUpdate(copy, node["update"] && this.expr(node["update"]));
      } else {
        this.#bodyWithTail(node, labels, body);
        if (copy !== null) body.push(plain(b.statement(copy)));
        this.#expressionStatement({ type: "ExpressionStatement", expression: node["update"] }, body);
      }
      out.push({ kind: "loop", labels, form: "for", test, update, body, low: 0, high: 0 });
    });
  }

  /** Enters the scope of an iteration and gives the loop's variable its value. */
  #bindAndRun(node: Node, value: Node, body: Ir[]): void {
    const left: Node = node["left"];
    if (!isUsing(left)) {
      this.#bind(node, value, body);
      this.lower(node["body"], body);
      return;
    }
    this.#disposing(left["kind"] === "await using", left, body, (list) => {
      list.push(...this.eachResource(left, value).map(plain));
      this.lower(node["body"], list);
    });
  }

  #bind(node: Node, value: Node, body: Ir[]): void {
    const left: Node = node["left"];
    const isDeclaration = left.type === "VariableDeclaration";
    const pattern: Node = isDeclaration ? left["declarations"][0].id : left;
    if (this.suspends(pattern)) this.destructure(pattern, this.hold(value, null, body), isDeclaration, body);
    else body.push(plain(b.at(b.set(this.target(pattern, isDeclaration), value), left)));
  }

  #iterationScope(node: Node, body: Ir[], inside: () => void): void {
    this.within(this.cx.analysis.scopeOf.get(node), (entry) => {
      body.push(...entry.map(plain));
      inside();
    });
  }

  #forOf(node: Node, out: Ir[], labels: readonly string[]): void {
    const iterator = this.temporary();
    const flag = this.cx.fresh("c");
    this.set(
      iterator,
      b.at(b.call(this.cx.rt("iterate"), this.value(node["right"], out)), node["right"]),
      out,
    );
    const body: Ir[] = this.#poll(node);
    this.#within({ kind: "statement", labels, isLoop: true, isSwitch: false, flag }, () =>
      this.#iterationScope(node, body, () => {
        this.#bindAndRun(node, b.member(b.id(iterator), "value"), body);
      }),
    );
    out.push({ kind: "forOf", labels, iterator, flag, body, low: 0, high: 0 });
  }

  #forIn(node: Node, out: Ir[], labels: readonly string[]): void {
    const object = this.set(this.temporary(), this.value(node["right"], out), out);
    const keys = this.set(this.temporary(), b.call(this.cx.rt("keys"), object), out);
    const index = this.set(this.temporary(), b.literal(0), out);
    const key = b.index(keys, index);
    const isGone = b.unary("!", b.binary(key, "in", b.call(b.id("Object"), object)));
    const body: Ir[] = [...this.#poll(node), plain(b.if(isGone, b.continue(null)))];
    this.labeled(node, labels, true, () =>
      this.#iterationScope(node, body, () => {
        this.#bind(node, key, body);
        this.lower(node["body"], body);
      }),
    );
    const test = b.binary(index, "<", b.member(keys, "length"));
    const update: Node = { type: "UpdateExpression", operator: "++", prefix: false, argument: index };
    out.push({ kind: "loop", labels, form: "for", test, update, body, low: 0, high: 0 });
  }

  /** The asynchronous protocol, which the runtime also gives to objects that have only the synchronous one. */
  #forAwait(node: Node, out: Ir[], labels: readonly string[]): void {
    const source = this.set(
      this.temporary(),
      b.at(b.call(this.kernel("asyncIterator"), this.value(node["right"], out)), node["right"]),
      out,
    );
    const item = this.temporary();
    const body: Ir[] = this.#poll(node);
    body.push(
      this.#waitInto(item, b.call(this.kernel("next"), source), node),
      plain(b.if(b.member(b.call(this.cx.helper("result"), b.id(item)), "done"), b.break(null))),
      plain(b.set(b.id(item), b.member(b.id(item), "value"))),
    );
    // A `break` ends the record; behind it, in the loop itself, it is carried out.
    this.#within({ kind: "statement", labels, isLoop: true, isSwitch: false }, () => {
      const { record, item: recorded } = this.#record(() => {
        const block: Ir[] = [];
        const continueLabel = this.cx.fresh("c");
        const inner: Target = {
          kind: "statement",
          labels,
          isLoop: true,
          isSwitch: false,
          continueLabel,
          continueOnly: true,
        };
        this.#within(inner, () =>
          this.#iterationScope(node, block, () => {
            this.#bindAndRun(node, b.id(item), block);
          }),
        );
        return [{ kind: "block", labels: [continueLabel], body: block, low: 0, high: 0 }];
      });
      const closing = this.#closeAsync(source, record.state, node);
      const isLeft = b.binary(b.id(record.state), "!==", b.literal(endedNormally));
      body.push({ ...recorded, finalizer: [branch(isLeft, closing, [])], exits: this.#dispatch(record) });
    });
    out.push({ kind: "loop", labels, form: "for", test: null, update: null, body, low: 0, high: 0 });
  }

  #waitInto(target: string, operation: Node, at: Node): Ir {
    return { kind: "suspend", operation, target, at, label: 0, slots: [] };
  }

  /** `return` of the iterator is awaited; if the loop was left by an exception, that one wins over any of its own. */
  #closeAsync(source: Node, state: string, at: Node): Ir[] {
    const method = this.temporary();
    const result = this.temporary();
    const failed = b.binary(b.id(state), "===", b.literal(endedByThrow));
    const call = (): Ir[] => [
      plain(b.set(b.id(method), b.member(b.member(source, "iterator"), "return"))),
      branch(
        b.binary(b.id(method), "!=", b.literal(null)),
        [
          this.#waitInto(result, b.call(this.kernel("call"), b.id(method), b.member(source, "iterator")), at),
          plain(b.if(b.unary("!", failed), b.statement(b.call(this.cx.helper("result"), b.id(result))))),
        ],
        [],
      ),
    ];
    const ignore: Node = { type: "CatchClause", param: null, body: b.block([]) };
    const quietly: Ir = {
      kind: "try",
      block: call(),
      clause: ignore,
      thrown: "",
      caught: "",
      handler: [],
      low: 0,
      high: 0,
    };
    return [branch(failed, [quietly], call())];
  }

  // --- switch ---------------------------------------------------------------------------------------------------

  #switch(node: Node, out: Ir[], labels: readonly string[]): void {
    const cases: Node[] = node["cases"];
    const value = this.hold(this.value(node["discriminant"], out), null, out);
    this.within(this.cx.analysis.scopeOf.get(node), (entry) => {
      out.push(...entry.map(plain));
      const fallback = cases.findIndex((each) => each["test"] === null);
      const index = this.#caseIndex(cases, value, fallback < 0 ? cases.length : fallback, out);
      const bodies = this.labeled(node, labels, false, () =>
        cases.map((each) => {
          const body: Ir[] = [];
          this.lowerAll(each["consequent"], body);
          return body;
        }),
      );
      out.push({ kind: "switch", labels, value: index, cases: bodies, low: 0, high: 0 });
    });
  }

  #caseIndex(cases: Node[], value: Node, fallback: number, out: Ir[]): Node {
    const tests = cases
      .map((each, index) => ({ test: each["test"] as Node | null, index }))
      .filter((each) => each.test !== null);
    if (!tests.some(({ test }) => this.suspends(test))) {
      return tests.reduceRight<Node>(
        (rest, { test, index }) =>
          b.conditional(b.binary(value, "===", this.expr(test!)), b.literal(index), rest),
        b.literal(fallback),
      );
    }
    const found = this.set(this.temporary(), b.literal(-1), out);
    for (const { test, index } of tests) {
      const then: Ir[] = [];
      const matches = b.binary(value, "===", this.value(test!, then));
      then.push(plain(b.if(matches, b.set(found, b.literal(index)))));
      out.push(branch(b.binary(found, "===", b.literal(-1)), then, []));
    }
    return b.conditional(b.binary(found, "===", b.literal(-1)), b.literal(fallback), found);
  }

  // --- try ------------------------------------------------------------------------------------------------------

  #try(node: Node, out: Ir[]): void {
    if (node["finalizer"] === null) return this.#tryCatch(node, out);
    const inside = (): Ir[] => {
      const block: Ir[] = [];
      if (node["handler"] === null) this.lower(node["block"], block);
      else this.#tryCatch(node, block);
      return block;
    };
    if (!this.suspends(node["finalizer"])) {
      out.push({
        kind: "finally",
        block: inside(),
        finalizer: this.block(node["finalizer"]),
        low: 0,
        high: 0,
      });
      return;
    }
    const { record, item } = this.#record(inside);
    out.push({ ...item, finalizer: this.#list(node["finalizer"]), exits: this.#dispatch(record) });
  }

  #record(inside: () => Ir[]): { record: Target & { kind: "record" }; item: Ir & { kind: "record" } } {
    const state = this.temporary();
    const value = this.temporary();
    const label = this.cx.fresh("f");
    const record: Target & { kind: "record" } = { kind: "record", label, state, value, exits: [] };
    const block = this.#within(record, inside);
    return {
      record,
      item: { kind: "record", block, finalizer: [], label, state, value, exits: [], low: 0, high: 0 },
    };
  }

  /** What was noted in a record, carried out behind it. */
  #dispatch(record: Target & { kind: "record" }): Node[][] {
    return record.exits.map((exit) => (exit === null ? [this.#return(b.id(record.value))] : this.jump(exit)));
  }

  #tryCatch(node: Node, out: Ir[]): void {
    const { handler } = node as Node & { handler: Node };
    const block = this.#list(node["block"]);
    if (!this.suspends(handler)) {
      out.push({
        kind: "try",
        block,
        clause: this.catchClause(handler),
        thrown: "",
        caught: "",
        handler: [],
        low: 0,
        high: 0,
      });
      return;
    }
    const thrown = this.temporary();
    const body: Ir[] = [];
    this.within(this.cx.analysis.scopeOf.get(handler), (entry) => {
      body.push(...entry.map(plain));
      const { param } = handler as Node & { param: Node | null };
      if (param !== null) {
        if (this.suspends(param)) this.destructure(param, b.id(thrown), true, body);
        else body.push(plain(b.set(this.target(param, true), b.id(thrown))));
      }
      this.lower(handler["body"], body);
    });
    const caught = this.cx.fresh("c");
    out.push({ kind: "try", block, clause: null, thrown, caught, handler: body, low: 0, high: 0 });
  }
}
