/**
 * TypeScript that stripping types does not make JavaScript of, or not the JavaScript that is meant. What the transform says nothing of is found here, in
 * its output: forms of CommonJS, and names of one part of a namespace in another part of it.
 */
import { boundIdentifiers, children, isClass, isFunction, type Node } from "../node.ts";

export interface Mistake {
  readonly node: Node;
  readonly message: string;
  readonly hint: string;
}

/** `program`: what the transform made of `source`. */
export function leftOfTypeScript(program: Node, source: string): Mistake[] {
  const found = commonJs(program["body"], source);
  namespaces(program["body"], found);
  return found;
}

const importEquals = /(?:^|;)[ \t]*(?:export[ \t]+)?import[ \t]+([\w$]+)[ \t]*=[ \t]*require[ \t]*\(/gm;
const exportEquals = /^[ \t]*export[ \t]*=/m;

function commonJs(statements: readonly Node[], source: string): Mistake[] {
  const required = new Set([...source.matchAll(importEquals)].map(([, name]) => name!));
  const found: Mistake[] = [];
  for (const statement of statements) {
    const declaration: Node = statement["declaration"] ?? statement;
    const declarator: Node | undefined =
      declaration.type === "VariableDeclaration" ? declaration["declarations"][0] : undefined;
    const name: string | undefined = declarator?.["id"].name;
    if (name !== undefined && required.has(name) && declarator?.["init"]?.callee?.name === "require")
      found.push({
        node: declarator["id"],
        message: `not supported: import ${name} = require()`,
        hint: `write import ${name} from ${JSON.stringify(declarator["init"].arguments[0]?.value ?? "…")}`,
      });
    const assigned: Node | undefined = statement["expression"]?.left;
    const isExports = assigned?.["object"]?.name === "module" && assigned["property"].name === "exports";
    if (isExports && exportEquals.test(source))
      found.push({
        node: statement["expression"].right,
        message: "not supported: export =",
        hint: "write export default",
      });
  }
  return found;
}

/** A part of a namespace: `(function (_A) { … })(A || (A = {}))`. */
interface Part {
  readonly name: string;
  readonly param: string;
  readonly body: Node;
}

function partOf(statement: Node): Part | undefined {
  const call: Node | undefined = statement["expression"];
  if (statement.type !== "ExpressionStatement" || call?.type !== "CallExpression") return undefined;
  const callee: Node = call["callee"];
  const [argument] = call["arguments"] as (Node | undefined)[];
  if (callee.type !== "FunctionExpression" || argument?.type !== "LogicalExpression") return undefined;
  const name: string | undefined = argument["left"].name;
  const param: string | undefined = callee["params"][0]?.name;
  if (name === undefined || param === undefined || argument["right"].left?.name !== name) return undefined;
  return { name, param, body: callee["body"] };
}

/** In TypeScript a part sees what the others export; the transform knows each for itself. */
function namespaces(statements: readonly Node[], found: Mistake[]): void {
  const exported = new Map<string, Set<string>>();
  for (const statement of statements) {
    const part = partOf(statement);
    if (part === undefined) continue;
    const { name, param, body } = part;
    const before = exported.get(name) ?? new Set();
    exported.set(name, before);
    const own = declaredIn(body);
    for (const node of namesIn(body)) {
      if (!before.has(node["name"]) || own.has(node["name"])) continue;
      found.push({
        node,
        message: `not supported: ${node["name"]}, which another part of namespace ${name} exports`,
        hint: `write ${name}.${node["name"]}`,
      });
    }
    for (const each of exportedBy(body, param)) before.add(each);
    namespaces(body["body"], found);
  }
}

/** `_A.x = …` */
function exportedBy(node: Node, param: string): string[] {
  const { left } = node as Node & { left?: Node };
  const isExport =
    node.type === "AssignmentExpression" &&
    left!.type === "MemberExpression" &&
    left!["object"].name === param;
  const own: string[] = isExport && !left!["computed"] ? [left!["property"].name] : [];
  return [...own, ...children(node).flatMap((child) => exportedBy(child, param))];
}

/** Any name that is declared somewhere in it: whether it is seen where it is used is not looked at. */
function declaredIn(node: Node): Set<string> {
  const names = new Set<string>();
  const walk = (at: Node): void => {
    const patterns: Node[] =
      at.type === "VariableDeclarator" ? [at["id"]] : isFunction(at) ? at["params"] : [];
    for (const pattern of patterns) for (const id of boundIdentifiers(pattern)) names.add(id["name"]);
    if ((isFunction(at) || isClass(at)) && at["id"]) names.add(at["id"].name);
    if (at.type === "CatchClause" && at["param"])
      for (const id of boundIdentifiers(at["param"])) names.add(id["name"]);
    for (const child of children(at)) walk(child);
  };
  walk(node);
  return names;
}

/** Identifiers that stand for variables. */
function namesIn(node: Node): Node[] {
  if (node.type === "Identifier") return [node];
  const isKey = (child: Node): boolean =>
    (child === node["property"] && node.type === "MemberExpression" && !node["computed"]) ||
    (child === node["key"] && !node["computed"] && !node["shorthand"]);
  return children(node).flatMap((child) => (isKey(child) ? [] : namesIn(child)));
}
