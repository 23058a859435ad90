/**
 * The text of a compiled module (see protocol/abi.ts):
 *
 * ```js
 * "use strict";
 * const { suspended: $S, uninitialized: $u, signal: $g, returning: $R, stamp: $F, closure: $C } = $rt;
 * const $m1 = ($e) => …;                          // factories: function values over an environment
 * function $b1($f, $e, $self) { … }               // bodies of functions that can be suspended
 * const $L = $rt.sites("src/app.ts", `…`, [$b0, $m1, $b1, …]);        // tables: see protocol/tables.ts
 * return $rt.module("src/app.ts", $L, { imports: […], variables: "…", exports: "main", … });
 * ```
 */
import { assert } from "../../base/errors.ts";
import type { ImportedName } from "../../protocol/abi.ts";
import {
  type SiteData,
  type VariableData,
  writeExports,
  writeImported,
  writeSites,
  writeVariables,
} from "../../protocol/tables.ts";
import type { Parsed } from "../1-parse/parse.ts";
import type { Report } from "../2-analyze/resolve.ts";
import type { Analysis, Binding } from "../2-analyze/scope.ts";
import { b, children, isClass, isFunction, isUsing, type Node } from "../node.ts";
import { makeAsyncBody } from "./async-function.ts";
import { makeClass } from "./class.ts";
import { Context, type SiteEntry, siteKind } from "./context.ts";
import { declareLocals, makeFunction, makeStarter } from "./function.ts";
import { makeGenerator } from "./generator.ts";
import { type Held, heldByModule } from "./held.ts";
import { type HelperName, helpers } from "./helpers.ts";
import { StatementRewriter } from "./rewrite-statement.ts";
import { siteHash } from "./site-hash.ts";

export interface Lowered {
  readonly program: Node;
  /** Helper functions, as text to be put in front. */
  readonly preamble: string;
  held(): Held;
}

/** `remakes`: see CompileOptions. */
export function lowerModule(
  parsed: Parsed,
  analysis: Analysis,
  report: Report,
  { remakes = false, ownRealm = false }: { readonly remakes?: boolean; readonly ownRealm?: boolean },
): Lowered {
  const cx = new Context(parsed, analysis, report, ownRealm);
  cx.site(analysis.module.node, "async", null);
  const again: Node[] = [];
  const variables = variablesOf(cx, again, remakes);
  for (let entry = cx.queue.shift(); entry !== undefined; entry = cx.queue.shift()) makeSite(cx, entry);
  const table = cx.sites.map((entry) => siteData(cx, entry));
  const functions = cx.sites.flatMap((entry) => {
    const made = entry.body === undefined ? [] : [b.id(entry.body)];
    return isModule(cx, entry) || entry.starter !== undefined ? made : [b.id(entry.make), ...made];
  });
  const id = b.literal(parsed.id);
  const sites = b.call(cx.rt("sites"), id, text(writeSites(table)), b.array(functions));
  const imported = importedOf(cx);
  const parts: [string, Node][] = [
    ["imports", data(analysis.imports.map((slot) => slot.specifier))],
    ["imported", data(imported.some((names) => names !== "") ? imported : [])],
    ["variables", text(writeVariables(variables, table))],
    ["exports", text(writeExports(exportsOf(analysis)))],
    ["again", b.array(again)],
    ["reexports", data(analysis.reexports)],
    ["stars", data(analysis.stars)],
    ["templates", templateNames(cx)],
    ...(children(analysis.module.node).some(awaits) ? [["awaits", b.literal(true)] as [string, Node]] : []),
  ];
  const told = parts.filter(([, value]) => value.type !== "ArrayExpression" || value["elements"].length > 0);
  const definition = b.call(
    cx.rt("module"),
    id,
    cx.id("L"),
    b.object(told.map(([key, value]) => b.property(key, value))),
  );
  const program: Node = {
    type: "Program",
    sourceType: "script",
    body: [...cx.texts, ...templatesText(cx), b.const(cx.name("L"), sites), b.return(definition)],
  };
  return {
    program,
    preamble: preamble(cx),
    held: () => ({ functions: cx.held.flatMap((ask) => ask()), ...heldByModule(cx) }),
  };
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

function isModule(cx: Context, { node }: SiteEntry): boolean {
  return node === cx.analysis.module.node;
}

function siteData(cx: Context, entry: SiteEntry): SiteData {
  const { node, kind, labels, computed, starter } = entry;
  const module = isModule(cx, entry);
  return {
    id: cx.siteId(node),
    name: cx.siteName(node) || "(anonymous)",
    shown: entry.body === undefined || module ? undefined : shownName(cx, node),
    kind: module ? "module" : kind,
    position: module ? { line: 1, column: 0 } : cx.position(node),
    hash: siteHash(cx, entry),
    labels,
    computed,
    starter,
  };
}

/** A table, as a literal that keeps its lines. */
function text(table: string): Node {
  if (!table.includes("\n")) return b.literal(table);
  const quasi: Node = { type: "TemplateElement", value: { raw: table, cooked: table }, tail: true };
  return { type: "TemplateLiteral", quasis: [quasi], expressions: [] };
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
function importedOf(cx: Context): string[] {
  const found: ImportedName[][] = cx.analysis.imports.map(() => []);
  for (const { storage, node, references } of cx.analysis.module.scope.bindings.values()) {
    if (storage.kind !== "import" || storage.name === null) continue;
    // What TypeScript leaves in and nothing reads is exported again, and may be a type.
    if (references.length === 0 && /\.[cm]?tsx?$/.test(cx.parsed.id)) continue;
    found[storage.from]!.push({ name: storage.name, ...cx.position(node) });
  }
  return found.map(writeImported);
}

/** `Account.deposit`: how stacks call a method. */
function shownName(cx: Context, node: Node): string | undefined {
  const owner = cx.analysis.fnOf.get(node)?.owner;
  if (owner == null || !isClass(owner.node)) return undefined;
  const name = cx.siteName(owner.node);
  return name === "" ? undefined : `${name}.${cx.siteName(node) || "(anonymous)"}`;
}

/** The module's variables; adds what makes constants again to `again`. */
function variablesOf(cx: Context, again: Node[], remakes: boolean): VariableData[] {
  const closures = new Map<Binding, number>();
  for (const node of cx.analysis.module.scope.functions) {
    const entry = cx.site(node, siteKind(cx.fnOf(node)), null);
    closures.set(cx.analysis.bindingOf.get(node)!, entry.index);
  }
  return moduleBindings(cx.analysis).map((binding) => {
    const initialiser = againText(cx, binding, remakes);
    if (initialiser !== null) again.push(initialiser);
    return {
      name: fieldOf(binding),
      kind: binding.kind === "import" || binding.kind === "param" ? "const" : (binding.kind as "const"),
      position: cx.position(binding.node),
      site: closures.get(binding),
      again: initialiser !== null,
    };
  });
}

/**
 * The initialiser of a constant once more, for a value that cannot be saved; null if it makes nothing that could be such. With `remakes` that of any
 * variable, if it does not wait.
 */
function againText(cx: Context, binding: Binding, remakes: boolean): Node | null {
  if (!(remakes || binding.kind === "const") || binding.declaration.type !== "VariableDeclaration")
    return null;
  if (isUsing(binding.declaration)) return null;
  const declarator: Node | undefined = binding.declaration["declarations"].find(
    (each: Node) => each["id"] === binding.node,
  );
  if (
    declarator?.["init"] == null ||
    cx.analysis.suspending.has(declarator["init"]) ||
    !(remakes || makes(declarator["init"]))
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
    "const { suspended: $S, uninitialized: $u, signal: $g, returning: $R, stamp: $F, closure: $C } = $rt;\n",
  );
  return `"use strict";\n${rt}${constants}${needed.join("")}`;
}
