/**
 * Writes to what belongs to the process and not to the task: globals, built-ins and their prototypes, `process`, objects of packages.
 *
 * Such a write is not saved, other tasks of the process see it, and whoever takes the task up elsewhere does not have it (design H3).
 *
 *   globalThis.cache = new Map();                      error    a global
 *   counter = 1;                                       error    a global that no module declares
 *   Array.prototype.last = function () { … };          error    a built-in
 *   Object.assign(Math, { random: seeded });           error    a built-in
 *   process.env.MODE = "test"; axios.defaults.x = 1;   advice   the process's own, and set again where it matters
 *
 * R1. Names are followed to constants made of them (`const g = globalThis`), no further: what cannot be seen in the text is not told.
 * R2. What only fills in what every supported Node has, `Symbol.dispose ??= …`, writes nothing.
 */
import type { Node } from "../node.ts";
import { type Analysis, type Binding, initialiserOf } from "./scope.ts";

export interface RealmWrite {
  readonly node: Node;
  /** `process` writes compile, and are told of as advice. */
  readonly owner: "realm" | "process";
  readonly message: string;
  readonly hint: string;
}

export function realmWrites(analysis: Analysis): RealmWrite[] {
  const finder = new Finder(analysis);
  for (const node of analysis.writers) finder.look(node);
  return finder.found;
}

/** What a name leads to, and by which properties. */
interface Place {
  /** `globalThis`, a global's name, or what a package was imported as. */
  readonly root: string;
  readonly isPackage: boolean;
  readonly keys: readonly string[];
}

/** Functions that write to their first argument. */
const writers: Readonly<Record<string, ReadonlySet<string>>> = {
  Object: new Set([
    "assign",
    "defineProperties",
    "defineProperty",
    "freeze",
    "preventExtensions",
    "seal",
    "setPrototypeOf",
  ]),
  Reflect: new Set(["defineProperty", "deleteProperty", "preventExtensions", "set", "setPrototypeOf"]),
};
const ownGlobal: ReadonlySet<string> = new Set(["globalThis", "global"]);
/** Settings of the process, which change nothing that a program computes, or that it has to make anew wherever it goes. */
const settings: ReadonlySet<string> = new Set(["process", "Error.stackTraceLimit"]);
const commonJs: ReadonlySet<string> = new Set(["module", "exports"]);
const filledIn: ReadonlySet<string> = new Set(["Symbol.dispose", "Symbol.asyncDispose"]);

class Finder {
  readonly found: RealmWrite[] = [];
  readonly #analysis: Analysis;

  constructor(analysis: Analysis) {
    this.#analysis = analysis;
  }

  look(node: Node): void {
    switch (node.type) {
      case "AssignmentExpression":
        return this.#targets(node["left"], node["operator"]);
      case "UpdateExpression":
        return this.#targets(node["argument"], node["operator"]);
      case "UnaryExpression":
        return node["operator"] === "delete" ? this.#targets(node["argument"], "delete") : undefined;
      case "ForInStatement":
      case "ForOfStatement":
        return node["left"].type === "VariableDeclaration" ? undefined : this.#targets(node["left"], "=");
      case "CallExpression":
        return this.#call(node);
    }
  }

  /** All places that a pattern writes to. */
  #targets(pattern: Node | null, operator: string): void {
    switch (pattern?.type) {
      case "Identifier":
        return this.#name(pattern);
      case "MemberExpression":
        return this.#member(pattern, operator);
      case "AssignmentPattern":
        return this.#targets(pattern["left"], "=");
      case "RestElement":
        return this.#targets(pattern["argument"], "=");
      case "ArrayPattern":
        for (const element of pattern["elements"]) this.#targets(element, "=");
        return;
      case "ObjectPattern":
        for (const each of pattern["properties"])
          this.#targets(each.type === "RestElement" ? each : each.value, "=");
    }
  }

  #name(node: Node): void {
    if (this.#analysis.bindingOf.has(node)) return;
    this.#tell(node, { root: "globalThis", isPackage: false, keys: [] }, node["name"]);
  }

  #member(node: Node, operator: string): void {
    const place = this.#placeOf(node["object"]);
    if (place === undefined) return;
    const key = keyOf(node);
    if (operator === "??=" && key !== undefined && filledIn.has(textOf(place, key))) return;
    this.#tell(node, place, key);
  }

  #call(node: Node): void {
    const callee = this.#placeOf(node["callee"]);
    const [argument, name]: (Node | undefined)[] = node["arguments"];
    const [method] = callee?.keys ?? [];
    if (callee === undefined || argument === undefined || method === undefined || callee.keys.length > 1)
      return;
    if (callee.isPackage || !writers[callee.root]?.has(method)) return;
    const place = this.#placeOf(argument);
    if (place !== undefined)
      this.#tell(node, place, name?.type === "Literal" ? String(name["value"]) : undefined);
  }

  /** Where a chain of names leads that begins with what is not the task's. */
  #placeOf(node: Node, depth = 0): Place | undefined {
    if (node.type === "MemberExpression") {
      const place = this.#placeOf(node["object"], depth);
      const key = keyOf(node);
      if (place === undefined || key === undefined) return undefined;
      if (place.root !== "globalThis") return { ...place, keys: [...place.keys, key] };
      return ownGlobal.has(key) ? place : { ...place, root: key };
    }
    if (node.type !== "Identifier") return undefined;
    const binding = this.#analysis.bindingOf.get(node);
    if (binding === undefined) {
      const name: string = node["name"];
      return { root: ownGlobal.has(name) ? "globalThis" : name, isPackage: false, keys: [] };
    }
    if (binding.kind === "import") return this.#imported(binding);
    const init = binding.kind === "const" && depth < 3 ? initialiserOf(binding) : undefined;
    return init === undefined || init.type === "CallExpression" ? undefined : this.#placeOf(init, depth + 1);
  }

  #imported({ storage, name }: Binding): Place | undefined {
    if (storage.kind !== "import") return undefined;
    const { specifier } = this.#analysis.imports[storage.from]!;
    if (/^(\.|\/|#|continua(\/|$))/.test(specifier)) return undefined;
    if (/^(node:)?process$/.test(specifier)) {
      const keys = storage.name === null || storage.name === "default" ? [] : [storage.name];
      return { root: "process", isPackage: false, keys };
    }
    return { root: name, isPackage: true, keys: [] };
  }

  #tell(node: Node, place: Place, key: string | undefined): void {
    const text = textOf(place, key);
    const { root, isPackage } = place;
    // What a task puts in the place of a method of its console is its own.
    if (root === "console" && !isPackage && place.keys.length === 0) return;
    if (isPackage || settings.has(root) || settings.has(text)) {
      this.found.push({
        node,
        owner: "process",
        message: `${text} belongs to the process: the task does not have what is written here once it goes on in another`,
        hint: isPackage
          ? `hand it over with each call, or keep an object of one's own behind resource(open, close)`
          : "keep it in a variable, and hand it over where it is needed",
      });
      return;
    }
    const reason = commonJs.has(root)
      ? "a compiled module has no module.exports"
      : `${root === "globalThis" ? "globals" : "built-ins"} belong to the process, which the task shares and leaves`;
    this.found.push({
      node,
      owner: "realm",
      message: `not supported: a write to ${text}: ${reason}`,
      hint: hintFor(place, key),
    });
  }
}

function hintFor({ root, keys }: Place, key: string | undefined): string {
  if (root === "globalThis")
    return `declare a variable of the module${key === undefined ? "" : `, let ${key}`}: it is saved with the task`;
  if (commonJs.has(root)) return "write export";
  return keys[0] === "prototype"
    ? `write a function that takes the value, or a class that extends ${root}`
    : "write a function of the program's own, and call that";
}

function keyOf(node: Node): string | undefined {
  const property: Node = node["property"];
  if (!node["computed"]) return property["name"];
  return property.type === "Literal" ? String(property["value"]) : undefined;
}

function textOf({ root, keys }: Place, key: string | undefined): string {
  return [root, ...keys, ...(key === undefined ? [] : [key])].join(".");
}
