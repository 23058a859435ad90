/**
 * The text of a compiled module (see protocol/abi.ts):
 *
 * ```js
 * "use strict";
 * const $S = $rt.suspended, $u = $rt.uninitialized, $g = $rt.signal, $R = $rt.returning;
 * function $make1($e) { … }                       // factories, bodies, helpers: functions, so their order does not matter
 * const $sites = $rt.define("src/app.ts", [{ id: "main", …, make: $make1, body: $body1, labels: […] }, …]);
 * return { id, imports, variables, exports, reexports, stars, sites: $sites, instantiate, body: $sites[0] };
 * ```
 */
import { assert } from "../../base/errors.ts";
import type { Parsed } from "../1-parse/parse.ts";
import type { Report } from "../2-analyze/resolve.ts";
import type { Analysis, Binding } from "../2-analyze/scope.ts";
import { hashText } from "../hash.ts";
import { b, children, isClass, isFunction, isUsing, type Node } from "../node.ts";
import { makeAsyncBody } from "./async-function.ts";
import { makeClass } from "./class.ts";
import { Context, type SiteEntry } from "./context.ts";
import { declareLocals, makeFunction, makeStarter } from "./function.ts";
import { makeGenerator } from "./generator.ts";
import type { HeldVariables } from "./held.ts";
import { type HelperName, helpers } from "./helpers.ts";
import { StatementRewriter } from "./rewrite-statement.ts";

export interface Lowered {
  readonly program: Node;
  /** Helper functions, as text to be put in front. */
  readonly preamble: string;
  held(): readonly HeldVariables[];
}

export function lowerModule(parsed: Parsed, analysis: Analysis, report: Report): Lowered {
  const cx = new Context(parsed, analysis, report);
  cx.site(analysis.module.node, "async", null);
  const instantiate = instantiateText(cx);
  const variables = variablesText(cx);
  for (let entry = cx.queue.shift(); entry !== undefined; entry = cx.queue.shift()) makeSite(cx, entry);
  const sites = b.call(
    cx.rt("define"),
    b.literal(parsed.id),
    b.array(cx.sites.map((entry) => siteText(cx, entry))),
  );
  const definition = b.object([
    b.property("id", b.literal(parsed.id)),
    b.property("imports", data(analysis.imports.map((slot) => slot.specifier))),
    b.property("imported", data(importedOf(cx))),
    b.property("variables", variables),
    b.property("exports", data(exportsOf(analysis))),
    b.property("reexports", data(analysis.reexports)),
    b.property("stars", data(analysis.stars)),
    b.property("sites", cx.id("sites")),
    ...(cx.templates.length === 0 ? [] : [b.property("templates", templateNames(cx))]),
    instantiate,
    b.property("body", b.index(cx.id("sites"), b.literal(0))),
    ...(children(analysis.module.node).some(awaits) ? [b.property("awaits", b.literal(true))] : []),
  ]);
  const program: Node = {
    type: "Program",
    sourceType: "script",
    body: [...cx.texts, ...templatesText(cx), b.const(cx.name("sites"), sites), b.return(definition)],
  };
  return { program, preamble: preamble(cx), held: () => cx.held.flatMap((ask) => ask()) };
}

function awaits(node: Node): boolean {
  if (isFunction(node)) return false;
  return (
    node.type === "AwaitExpression" ||
    (node.type === "ForOfStatement" && node["await"]) ||
    (node.type === "VariableDeclaration" && node["kind"] === "await using") ||
    children(node).some(awaits)
  );
}

/** `const $templates = [($s) => $s)`a${0}b`, …]`: the engine's own lists of strings. */
function templatesText(cx: Context): Node[] {
  if (cx.templates.length === 0) return [];
  const strings = cx.id("s");
  const lists = cx.templates.map(
    ({ quasi }): Node => ({ type: "TaggedTemplateExpression", tag: b.arrow([strings], strings), quasi }),
  );
  return [b.const(cx.name("templates"), b.array(lists))];
}

function templateNames(cx: Context): Node {
  const entries = cx.templates.map(({ name }, index): Node => {
    const strings = b.index(cx.id("templates"), b.literal(index));
    return b.object([b.property("name", b.literal(name)), b.property("strings", strings)]);
  });
  return b.array(entries);
}

function makeSite(cx: Context, entry: SiteEntry): void {
  if (entry.kind === "class") return makeClass(cx, entry);
  if (entry.kind === "function") return makeFunction(cx, entry);
  if (entry.kind !== "async") makeGenerator(cx, entry);
  else if (entry.node !== cx.analysis.module.node) makeStarter(cx, entry);
  makeAsyncBody(cx, entry);
}

function siteText(cx: Context, entry: SiteEntry): Node {
  const isModule = entry.node === cx.analysis.module.node;
  const properties = [
    b.property("id", b.literal(cx.siteId(entry.node))),
    b.property("name", b.literal(cx.siteName(entry.node) || "(anonymous)")),
    b.property("kind", b.literal(entry.kind)),
    b.property("position", data(isModule ? { line: 1, column: 0 } : cx.position(entry.node))),
    b.property("hash", b.literal(hashText(isModule ? cx.parsed.text : cx.textOf(entry.node)))),
    b.property("make", isModule ? b.arrow([], b.void0()) : b.id(entry.make)),
  ];
  if (entry.body !== undefined) properties.push(b.property("body", b.id(entry.body)));
  const shown = entry.body === undefined || isModule ? null : shownName(cx, entry.node);
  if (shown !== null) properties.push(b.property("shown", b.literal(shown)));
  if (entry.labels !== undefined) properties.push(b.property("labels", data(entry.labels)));
  if (entry.computed !== undefined) properties.push(b.property("computed", data(entry.computed)));
  return b.object(properties);
}

function moduleBindings(analysis: Analysis): Binding[] {
  return [...analysis.module.scope.bindings.values()].filter((binding) => binding.storage.kind === "module");
}

function fieldOf(binding: Binding): string {
  assert(binding.storage.kind === "module", "a module variable has a field");
  return binding.storage.field;
}

function exportsOf(analysis: Analysis): Record<string, string> {
  return Object.fromEntries(analysis.exports.map(({ name, binding }) => [name, fieldOf(binding)]));
}

/** Names that have to be there, import by import, with the places where they are asked for. */
function importedOf(cx: Context): object[][] {
  const found: object[][] = cx.analysis.imports.map(() => []);
  for (const { storage, node } of cx.analysis.module.scope.bindings.values()) {
    if (storage.kind !== "import" || storage.name === null) continue;
    found[storage.from]!.push({ name: storage.name, ...cx.position(node) });
  }
  return found;
}

/** `Account.deposit`: how stacks call a method. */
function shownName(cx: Context, node: Node): string | null {
  const owner = cx.analysis.fnOf.get(node)?.owner;
  if (owner == null || !isClass(owner.node)) return null;
  const name = cx.siteName(owner.node);
  return name === "" ? null : `${name}.${cx.siteName(node) || "(anonymous)"}`;
}

/** `instantiate($e) { $e.x = $u; … $e.f = $rt.closure(…) }`: every field in one order, functions ready. */
function instantiateText(cx: Context): Node {
  const { module } = cx.analysis;
  const unit = cx.unit(null);
  const rewriter = new StatementRewriter(cx, module, unit, null);
  const body: Node[] = [];
  for (const binding of moduleBindings(cx.analysis)) {
    if (binding.kind === "function") continue;
    const initial = binding.kind === "var" ? b.void0() : cx.uninitialized();
    body.push(b.set(rewriter.place(binding), initial));
  }
  body.push(...rewriter.enter(module.scope));
  const value = b.functionExpression([cx.id("e")], b.block([...cx.prelude(unit), ...body]));
  return { ...b.property("instantiate", value), method: true };
}

function variablesText(cx: Context): Node {
  return b.array(
    moduleBindings(cx.analysis).map((binding) => {
      const kind = binding.kind === "import" || binding.kind === "param" ? "const" : binding.kind;
      const properties = [
        b.property("name", b.literal(fieldOf(binding))),
        b.property("kind", b.literal(kind)),
        b.property("position", data(cx.position(binding.node))),
      ];
      const again = againText(cx, binding);
      if (again !== null) properties.push(b.property("again", again));
      return b.object(properties);
    }),
  );
}

/** The initialiser of a constant once more, for a value that cannot be saved; null if it makes nothing that could be such. */
function againText(cx: Context, binding: Binding): Node | null {
  if (binding.kind !== "const" || binding.declaration.type !== "VariableDeclaration") return null;
  if (isUsing(binding.declaration)) return null;
  const declarator: Node | undefined = binding.declaration["declarations"].find(
    (each: Node) => each["id"] === binding.node,
  );
  if (
    declarator?.["init"] == null ||
    cx.analysis.suspending.has(declarator["init"]) ||
    !makes(declarator["init"])
  )
    return null;
  const unit = cx.unit(null);
  const rewriter = new StatementRewriter(cx, cx.analysis.module, unit, null);
  const value = rewriter.expr(declarator["init"]);
  const name = cx.fresh("again");
  cx.texts.push(
    b.functionDeclaration(
      name,
      [cx.id("e")],
      [...declareLocals(rewriter.locals), ...cx.prelude(unit), b.return(value)],
    ),
  );
  return b.id(name);
}

function makes(node: Node): boolean {
  if (isFunction(node) || isClass(node)) return false;
  return node.type === "CallExpression" || node.type === "NewExpression" || children(node).some(makes);
}

function data(value: unknown): Node {
  if (Array.isArray(value)) return b.array(value.map(data));
  if (typeof value === "object" && value !== null) {
    return b.object(
      Object.entries(value).map(([key, each]) =>
        key === "__proto__" ? b.property(b.literal(key), data(each)) : b.property(key, data(each)),
      ),
    );
  }
  return b.literal(value as string | number | boolean | null);
}

function preamble(cx: Context): string {
  const dollar = (code: string): string => code.replace(/\$(?=[a-zA-Z])/g, () => cx.name(""));
  const rt = cx.name("rt") === "$rt" ? "" : `const ${cx.name("rt")} = $rt;\n`;
  const needed = [...cx.helpers].toSorted().map((name: HelperName) => `${dollar(helpers[name].code)}\n`);
  const constants = dollar(
    "const $S = $rt.suspended, $u = $rt.uninitialized, $g = $rt.signal, $R = $rt.returning;\n",
  );
  return `"use strict";\n${rt}${constants}${needed.join("")}`;
}
