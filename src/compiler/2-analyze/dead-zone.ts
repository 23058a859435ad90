/**
 * The proof that a variable is initialised wherever it is read, so that reads need no check. It is simple on purpose: what it
 * does not see gets a check, which costs a comparison.
 *
 * A read is safe if
 * - it stands in the variable's own function, behind the declaration (and not in another case of a `switch`), or
 * - it stands in a closure that is made behind the declaration, or
 * - nothing between the entry of the scope and the declaration can run code of the program, and no other
 *   module can come in before (modules in an import cycle can).
 */
import { isClass, isFunction, isUsing, type Node } from "../node.ts";
import type { Analysis, Binding, Fn, Reference } from "./scope.ts";

/** Whether the parameters are taken apart in the body, by assignments, instead of by the engine. */
export function takesParamsApart(fn: Fn): boolean {
  return fn.closuresInParams || (fn.lowered && !hasPlainParams(fn.node));
}

/** Names, whose defaults mean nothing where they are evaluated once more: when the function goes on. */
function hasPlainParams(node: Node): boolean {
  return node["params"].every(
    (param: Node) =>
      param.type === "Identifier" ||
      (param.type === "AssignmentPattern" &&
        param["left"].type === "Identifier" &&
        isConstant(param["right"])),
  );
}

function isConstant(node: Node): boolean {
  if (node.type === "UnaryExpression") return node["operator"] === "-" && isConstant(node["argument"]);
  return node.type === "Literal" && !node["regex"];
}

export interface ReadyOptions {
  /** Another module may call functions of this one before its body has run. */
  readonly cyclic: boolean;
}

export function isReady(binding: Binding, analysis: Analysis, options: ReadyOptions): boolean {
  const { kind, scope } = binding;
  if (kind === "this") return !scope.fn.derived;
  if (kind === "param" && !takesParamsApart(scope.fn)) return true;
  if (kind === "name" && binding.readyAt < 0) return true;
  if (!["let", "const", "class", "param", "name"].includes(kind)) return true;
  let quiet: boolean | undefined;
  return binding.references.every((reference) => {
    if (scope.kind !== "switch" && comesBehind(binding, reference)) return true;
    if (kind === "param" || kind === "name") return false;
    quiet ??= isQuietUntil(binding, analysis) && !(scope.kind === "module" && options.cyclic);
    return reference.fn !== scope.fn && quiet;
  });
}

/** Whether a reference comes when the variable, declared by `let` or `const`, has its value. */
export function comesBehind(binding: Binding, reference: Reference): boolean {
  const { scope, readyAt } = binding;
  if (reference.fn === scope.fn) return reference.node.start! >= readyAt;
  let fn: Fn = reference.fn;
  while (fn.parent !== null && fn.parent !== scope.fn) fn = fn.parent;
  if (fn.hoistedTo === null) return fn.node.start! >= readyAt;
  return fn.hoistedTo !== scope && fn.hoistedTo.node.start! >= readyAt;
}

function isQuietUntil(binding: Binding, analysis: Analysis): boolean {
  const { scope } = binding;
  const statements: Node[] | undefined =
    scope.kind === "module" || scope.kind === "block"
      ? scope.node["body"]
      : scope.kind === "body"
        ? scope.node["body"]
        : scope.kind === "function" && isFunction(scope.node) && scope.node["body"].type === "BlockStatement"
          ? scope.node["body"].body
          : undefined;
  if (statements === undefined) return false;
  if (scope.kind === "function" && !scope.node["params"]?.every((param: Node) => param.type === "Identifier"))
    return false;
  for (const statement of statements) {
    if (statement.start! >= binding.readyAt) return true;
    if (!isQuietStatement(statement, analysis)) return false;
  }
  return true;
}

function isQuietStatement(statement: Node, analysis: Analysis): boolean {
  const node: Node =
    statement.type.startsWith("Export") && statement["declaration"] ? statement["declaration"] : statement;
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "FunctionDeclaration":
    case "EmptyStatement":
      return true;
    case "ClassDeclaration":
      return isQuiet(node, analysis);
    case "VariableDeclaration":
      return (
        !isUsing(node) &&
        node["declarations"].every(
          (declarator: Node) =>
            declarator["id"].type === "Identifier" &&
            (declarator["init"] === null || isQuiet(declarator["init"], analysis)),
        )
      );
    case "ExpressionStatement":
      return isQuiet(node["expression"], analysis);
    default:
      return node !== statement && isQuiet(node, analysis); // export default <expression>
  }
}

/** Evaluating it runs no code of the program. */
export function isQuiet(node: Node | null, analysis: Analysis): boolean {
  if (node === null) return true;
  if (isFunction(node)) return true;
  if (isClass(node)) return isQuietClass(node, analysis);
  switch (node.type) {
    case "Literal":
    case "Identifier":
    case "ThisExpression":
      return true;
    case "TemplateLiteral":
      return node["expressions"].every((each: Node) => isPrimitive(each, analysis));
    case "UnaryExpression":
      return node["operator"] === "void" || node["operator"] === "!" || node["operator"] === "typeof"
        ? isQuiet(node["argument"], analysis)
        : isPrimitive(node["argument"], analysis);
    case "BinaryExpression":
      return isPrimitive(node["left"], analysis) && isPrimitive(node["right"], analysis);
    case "LogicalExpression":
      return isQuiet(node["left"], analysis) && isQuiet(node["right"], analysis);
    case "ConditionalExpression":
      return (
        isQuiet(node["test"], analysis) &&
        isQuiet(node["consequent"], analysis) &&
        isQuiet(node["alternate"], analysis)
      );
    case "ArrayExpression":
      return node["elements"].every((each: Node | null) => isQuiet(each, analysis));
    case "ObjectExpression":
      return node["properties"].every(
        (each: Node) => each.type === "Property" && !each["computed"] && isQuiet(each["value"], analysis),
      );
    case "MemberExpression":
      return !node["computed"] && isBuiltin(node["object"], analysis);
    case "NewExpression":
    case "CallExpression":
      return isQuietCall(node, analysis);
    default:
      return false;
  }
}

const quietConstructors = new Set([
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "Date",
  "Array",
  "Error",
  "Object",
  "URL",
  "RegExp",
]);
const quietFunctions = new Set(["Symbol", "BigInt", "Number", "String", "Boolean"]);

function isQuietCall(node: Node, analysis: Analysis): boolean {
  const callee: Node = node["callee"];
  const args: Node[] = node["arguments"];
  if (callee.type === "MemberExpression") {
    return (
      isBuiltin(callee["object"], analysis) &&
      callee["object"].name === "Object" &&
      callee["property"].name === "freeze" &&
      args.every((each) => isQuiet(each, analysis))
    );
  }
  if (!isBuiltin(callee, analysis)) return false;
  if (quietFunctions.has(callee["name"])) return args.every((each) => isPrimitive(each, analysis));
  // An iterable other than a plain list of lists could be anything.
  return (
    node.type === "NewExpression" &&
    quietConstructors.has(callee["name"]) &&
    args.every((each) =>
      each.type === "ArrayExpression" ? isQuiet(each, analysis) : isPrimitive(each, analysis),
    )
  );
}

function isBuiltin(node: Node, analysis: Analysis): boolean {
  return node.type === "Identifier" && !analysis.bindingOf.has(node);
}

function isPrimitive(node: Node, analysis: Analysis): boolean {
  switch (node.type) {
    case "Literal":
      return !node["regex"];
    case "TemplateLiteral":
      return node["expressions"].every((each: Node) => isPrimitive(each, analysis));
    case "UnaryExpression":
      return isPrimitive(node["argument"], analysis);
    case "BinaryExpression":
      return isPrimitive(node["left"], analysis) && isPrimitive(node["right"], analysis);
    case "Identifier": {
      const binding = analysis.bindingOf.get(node);
      if (binding?.kind !== "const" || binding.declaration.type !== "VariableDeclaration") return false;
      const declarator = binding.declaration["declarations"].find(
        (each: Node) => each["id"] === binding.node,
      );
      // Only what stands in front of its use: `const a = b + 1, b = a + 1` would never come to an end.
      if (declarator?.init == null || declarator.init.end > node.start!) return false;
      return isPrimitive(declarator.init, analysis);
    }
    default:
      return false;
  }
}

function isQuietClass(node: Node, analysis: Analysis): boolean {
  if (node["superClass"] !== null && node["superClass"].type !== "Identifier") return false;
  return node["body"].body.every((member: Node) => {
    if (member["computed"] || member.type === "StaticBlock") return false;
    return !(member.type === "PropertyDefinition" && member["static"] && !isQuiet(member["value"], analysis));
  });
}
