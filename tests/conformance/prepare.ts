/**
 * The text of a test as it is compiled.
 *
 * A test of script goal becomes the text of a strict script: its `this` outside of functions is the global object, its variables are its
 * own (no test of the folders that are run looks for them on the global object in strict code).
 *
 * `inject` puts `await 0` before every statement of the main text (not inside functions): so the tests of synchronous statements
 * become tests of how those statements are entered again.
 */
import { type AnyNode, parse } from "acorn";

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// biome-ignore lint/suspicious/noExplicitAny: acorn's tree, walked by its names
type Any = any;

export function edited(source: string, edits: readonly Edit[]): string {
  let text = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    text += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.slice(at);
}

/** The text to be compiled; null if it cannot be parsed. */
export function prepareScript(source: string, inject: boolean): string | null {
  const strict = `"use strict";${source}`;
  let program: AnyNode;
  try {
    program = parse(strict, { ecmaVersion: "latest", sourceType: "script" });
  } catch {
    return null;
  }
  const edits: Edit[] = [];
  outerThis(program, edits);
  if (inject) awaits(program, edits);
  return edited(strict, edits);
}

/** `this` of the script itself. */
function outerThis(node: Any, edits: Edit[]): void {
  switch (node.type) {
    case "ThisExpression":
      edits.push({ start: node.start, end: node.end, text: "globalThis" });
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "StaticBlock":
      return;
    case "PropertyDefinition":
    case "MethodDefinition":
      if (node.computed) outerThis(node.key, edits);
      return;
    case "Property":
      if (node.computed) outerThis(node.key, edits);
      outerThis(node.value, edits);
      return;
    default:
      for (const child of childrenOf(node)) outerThis(child, edits);
  }
}

function awaits(node: Any, edits: Edit[]): void {
  if (/Function|Class|StaticBlock/.test(node.type)) return;
  const before = (statement: Any): void => {
    if (statement.directive !== undefined || /^(Function|Class)Declaration$/.test(statement.type)) return;
    edits.push({ start: statement.start, end: statement.start, text: "await 0; " });
  };
  const wrapped = (statement: Any): void => {
    if (statement.type === "BlockStatement" || statement.type === "EmptyStatement") return;
    edits.push({ start: statement.start, end: statement.start, text: "{ await 0; " });
    edits.push({ start: statement.end, end: statement.end, text: " }" });
  };
  if (node.type === "Program" || node.type === "BlockStatement") node.body.forEach(before);
  else if (node.type === "SwitchCase") node.consequent.forEach(before);
  else if (/^(For|While|DoWhile)/.test(node.type)) wrapped(node.body);
  else if (node.type === "IfStatement") {
    wrapped(node.consequent);
    if (node.alternate !== null && node.alternate.type !== "IfStatement") wrapped(node.alternate);
  }
  for (const child of childrenOf(node)) awaits(child, edits);
}

function childrenOf(node: Any): Any[] {
  const found: Any[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) found.push(...value.filter((each) => typeof each?.type === "string"));
    else if (typeof (value as Any)?.type === "string") found.push(value);
  }
  return found;
}
