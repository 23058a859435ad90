/**
 * Private members. A private name can be put on an object only by the constructor of the class that declares it, which is
 * code of the program and must not run when an object is thawed. So each run of private fields is declared by a class of its
 * own around the class of the program, whose constructor puts them on any object it is given:
 *
 * ```js
 * class Account extends Base {                     // source
 *   #balance = 0; #log = [];
 *   owner = who();
 *   #note(x) { this.#log.push(x); }
 * }
 *
 * let $f0;                                         // output
 * class $h0 extends $hide { #balance; #log; constructor($o, $0, $1) { super($o); this.#balance = $0; this.#log = $1; } static {
 * class $h1 extends $hide { get #note() { return $f0; } static {
 *   $c = { ["Account"]: class extends $s {
 *     owner = (new $h1(this), new $h0(this, 0, []), $m.who());
 *   } }["Account"];
 *   $f0 = { ["#note"](x) { this.#log.push(x); } }["#note"];
 *   $rt.hidden($c, { instance: [{ names: [], has: ($o) => #note in $o, … }, …], fixed: [], methods: { note: $f0 } });
 * } } } }
 * ```
 *
 * P1. Fields come into being one after the other, as in the source: a field starts a new run if making its value may run code
 *     of the program, which could look for those before it.
 * P2. Methods and accessors come first. They are read from accessors, so that all of them see all names of the class.
 * P3. What the wrappers contain is no code of the program; it may run at a thaw.
 * P4. Code outside the class text reaches private members through `$private` of the class's environment.
 */
import { isQuiet } from "../2-analyze/dead-zone.ts";
import type { ClassInfo } from "../2-analyze/scope.ts";
import { b, type Node } from "../node.ts";
import type { Context } from "./context.ts";

interface Wrapper {
  readonly name: string;
  /** Its private members. */
  readonly members: Node[];
  /** Names of its fields. */
  readonly fields: string[];
  /** A name by which an object shows that it has them. */
  readonly brand: string;
}

/** A private method: where its function is kept, and the function. */
export interface PrivateFunction {
  readonly name: string;
  readonly variable: string;
  readonly value: Node;
}

export class Privates {
  readonly #cx: Context;
  readonly #info: ClassInfo;
  readonly #instance: Wrapper[] = [];
  readonly #fixed: Wrapper[] = [];
  readonly #functions: PrivateFunction[] = [];
  readonly #methods = new Map<string, string>();
  #open: { readonly wrapper: Wrapper; readonly values: Node[] } | null = null;
  /** What has to happen at the next instance field. */
  #pending: Node[] = [];
  #count = 0;
  #noted = false;

  constructor(cx: Context, info: ClassInfo) {
    this.#cx = cx;
    this.#info = info;
  }

  #fresh(name: string): string {
    this.#count += 1;
    return this.#cx.name(`${name}${this.#count - 1}`);
  }

  // ---- what a class has ---------------------------------------------------------------------------------------------

  /** `part`: of an accessor its half, of a method "value". */
  method(name: string, part: "get" | "set" | "value", isStatic: boolean, value: Node): void {
    const variable = this.#fresh("f");
    this.#functions.push({ name, variable, value });
    if (part === "value") this.#methods.set(name, variable);
    const wrappers = isStatic ? this.#fixed : this.#instance;
    let wrapper = wrappers.find(({ fields }) => fields.length === 0);
    if (wrapper === undefined) {
      wrapper = { name: this.#fresh("h"), members: [], fields: [], brand: name };
      wrappers.unshift(wrapper);
      if (!isStatic) this.#pending.unshift(this.#made(wrapper, []));
    }
    wrapper.members.push(accessorText(name, part, b.id(variable), this.#cx.id("v")));
  }

  /** A private field of instances. */
  field(member: Node, value: Node | null): void {
    const name: string = member["key"].name;
    const given = value ?? b.void0();
    if (this.#open === null || !isQuiet(member["value"], this.#cx.analysis)) {
      this.#flush();
      const wrapper: Wrapper = { name: this.#fresh("h"), members: [], fields: [], brand: name };
      this.#instance.push(wrapper);
      this.#open = { wrapper, values: [] };
    }
    this.#open.wrapper.members.push(fieldText(name));
    this.#open.wrapper.fields.push(name);
    this.#open.values.push(given);
  }

  /** A private field of the class itself; its value is given by the static part. */
  staticField(member: Node): void {
    const name: string = member["key"].name;
    this.#fixed.push({ name: this.#fresh("h"), members: [fieldText(name)], fields: [name], brand: name });
  }

  /** The value of a public instance field, behind what has to happen before. */
  before(value: Node | null): Node | null {
    this.#flush();
    if (this.#pending.length === 0) return value;
    this.#noteStranger();
    const all = b.sequence(...this.#pending, value ?? b.void0());
    this.#pending = [];
    return all;
  }

  /** A last field, if there is something to do behind the others. */
  last(): Node[] {
    this.#flush();
    if (this.#pending.length === 0) return [];
    this.#noteStranger();
    const taken = new Set(this.#info.node["body"].body.map((member: Node) => member["key"]?.name));
    let name = this.#cx.name("i");
    while (taken.has(name)) name += "$";
    const value = b.unary("void", b.sequence(...this.#pending));
    return [{ ...fieldText(name), value }];
  }

  #flush(): void {
    if (this.#open !== null) this.#pending.push(this.#made(this.#open.wrapper, this.#open.values));
    this.#open = null;
  }

  /** A superclass may answer any object, which nothing else shows to have members of this class. */
  #noteStranger(): void {
    if (this.#info.node["superClass"] === null || this.#noted) return;
    this.#noted = true;
    const note = b.call(this.#cx.rt("stranger"), this.#cx.id("c"), { type: "ThisExpression" });
    this.#pending.unshift(note);
  }

  #made(wrapper: Wrapper, values: Node[]): Node {
    return create(wrapper, { type: "ThisExpression" }, values);
  }

  // ---- the text -----------------------------------------------------------------------------------------------------

  /** `statements`, which make the class `$c`, inside everything that its private names need. */
  around(statements: Node[]): Node[] {
    const wrappers = [...this.#instance, ...this.#fixed];
    const inner = [
      ...statements,
      ...this.#functions.map(({ variable, value }) => b.set(b.id(variable), value)),
    ];
    if (wrappers.length > 0) inner.push(...this.#hidden());
    const isMadeOutside = this.#fixed.some(({ fields }) => fields.length > 0);
    if (this.#info.outsidePrivate.size > 0 || isMadeOutside) inner.push(...this.#outside());
    const whole = wrappers.reduceRight((body: Node[], wrapper) => [this.#wrapperText(wrapper, body)], inner);
    const variables = this.#functions.map(({ variable }): [Node, null] => [b.id(variable), null]);
    return variables.length === 0 ? whole : [b.declare("let", variables), ...whole];
  }

  #wrapperText(wrapper: Wrapper, body: Node[]): Node {
    const members = [...wrapper.members];
    if (wrapper.fields.length > 0) members.push(constructorText(this.#cx, wrapper.fields));
    return {
      type: "ClassDeclaration",
      id: b.id(wrapper.name),
      superClass: this.#cx.helper("hide"),
      body: { type: "ClassBody", body: [...members, { type: "StaticBlock", body }] },
    };
  }

  /** `$rt.hidden($c, …)`, and the private methods of the class itself. */
  #hidden(): Node[] {
    const cls = this.#cx.id("c");
    const methods = [...this.#methods].map(([name, variable]) => b.property(name, b.id(variable)));
    const groups = (wrappers: Wrapper[]): Node => b.array(wrappers.map((wrapper) => this.#group(wrapper)));
    const parts = b.object([
      b.property("instance", groups(this.#instance)),
      b.property("fixed", groups(this.#fixed)),
      b.property("methods", b.object(methods)),
    ]);
    const made = this.#fixed
      .filter(({ fields }) => fields.length === 0)
      .map((wrapper) => b.statement(create(wrapper, cls, [])));
    return [...made, b.statement(b.call(this.#cx.rt("hidden"), cls, parts))];
  }

  #group(wrapper: Wrapper): Node {
    const object = this.#cx.id("o");
    const values = this.#cx.id("v");
    const places = wrapper.fields.map((name) => privatePlace(object, name));
    const writes = places.map((place, index) => b.set(place, b.index(values, b.literal(index))));
    return b.object([
      b.property("names", b.array(wrapper.fields.map((name) => b.literal(name)))),
      b.property("has", b.arrow([object], hasPrivate(object, wrapper.brand))),
      b.property("make", b.arrow([object], b.block([b.statement(create(wrapper, object, []))]))),
      b.property("read", b.arrow([object], b.array(places))),
      b.property("write", b.arrow([object, values], b.block(writes))),
    ]);
  }

  /** `$private` of the class's environment. */
  #outside(): Node[] {
    const object = this.#cx.id("o");
    const value = this.#cx.id("v");
    const actions = [...this.#info.outsidePrivate].flatMap((name) => {
      const place = privatePlace(object, name);
      return [
        b.property(`get_${name}`, b.arrow([object], place)),
        b.property(`set_${name}`, b.arrow([object, value], b.assign(place, value))),
        b.property(`has_${name}`, b.arrow([object], hasPrivate(object, name))),
      ];
    });
    const makers = this.#fixed
      .filter(({ fields }) => fields.length > 0)
      .map((wrapper) =>
        b.property(
          `make_${wrapper.brand}`,
          b.arrow([object, value], b.block([b.statement(create(wrapper, object, [value]))])),
        ),
      );
    const all = b.object([...actions, ...makers]);
    const define = this.#cx.helper("method");
    return [b.statement(b.call(define, this.#cx.id("e"), b.literal("$private"), all))];
  }
}

function create(wrapper: Wrapper, object: Node, values: Node[]): Node {
  return { type: "NewExpression", callee: b.id(wrapper.name), arguments: [object, ...values] };
}

function privateName(name: string): Node {
  return { type: "PrivateIdentifier", name };
}

function privatePlace(object: Node, name: string): Node {
  return { type: "MemberExpression", object, property: privateName(name), computed: false, optional: false };
}

function hasPrivate(object: Node, name: string): Node {
  return { type: "BinaryExpression", operator: "in", left: privateName(name), right: object };
}

function fieldText(name: string): Node {
  return { type: "PropertyDefinition", key: privateName(name), value: null, computed: false, static: false };
}

function methodText(kind: string, key: Node, params: Node[], body: Node[]): Node {
  const value = b.functionExpression(params, b.block(body));
  return { type: "MethodDefinition", kind, key, value, computed: false, static: false };
}

/** `get #note() { return $f0; }`, and for accessors of the program a call of its function. */
function accessorText(name: string, part: "get" | "set" | "value", fn: Node, value: Node): Node {
  if (part === "value") return methodText("get", privateName(name), [], [b.return(fn)]);
  const self: Node = { type: "ThisExpression" };
  const call = b.call(b.member(b.id("Reflect"), "apply"), fn, self, b.array(part === "set" ? [value] : []));
  return part === "get"
    ? methodText("get", privateName(name), [], [b.return(call)])
    : methodText("set", privateName(name), [value], [b.statement(call)]);
}

function constructorText(cx: Context, fields: readonly string[]): Node {
  const object = cx.id("o");
  const values = fields.map((_, index) => cx.id(`v${index}`));
  const sets = fields.map((name, index) =>
    b.set(privatePlace({ type: "ThisExpression" }, name), values[index]!),
  );
  const call = b.statement({
    type: "CallExpression",
    callee: { type: "Super" },
    arguments: [object],
    optional: false,
  });
  return methodText("constructor", b.id("constructor"), [object, ...values], [call, ...sets]);
}
