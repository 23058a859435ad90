/**
 * The text of a test as it is compiled.
 *
 * A test of script goal becomes the text of a strict script: its `this` outside of functions is the global object, its variables are its
 * own (no test of the folders that are run looks for them on the global object in strict code).
 *
 * `injected` makes an async function of the main text, with `await 0` before every statement of it (not inside other functions):
 * so the tests of synchronous statements become tests of how those statements are entered again, and their variables are
 * slots of a frame.
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

/** The text as that of a strict script; null if it cannot be parsed. */
export function prepareScript(source: string): string | null {
  const strict = `"use strict";${source}`;
  const program = parsed(strict, false);
  if (program === null) return null;
  const edits: Edit[] = [];
  outerThis(program, edits);
  return edited(strict, edits);
}

/** The text as an expression whose value is an async function of it, to be called; null if it cannot be made one. */
export function injected(source: string): string | null {
  const [before, after] = ["async () => {\n", "\n}"];
  const strict = `"use strict";${before}${source}${after}`;
  const program: Any = parsed(strict, true);
  if (program === null) return null;
  const edits: Edit[] = [];
  outerThis(program, edits);
  awaits(program.body[1].expression.body, edits);
  return edited(strict, edits).slice(`"use strict";`.length);
}

/** As a script that tells `$ended` how it went: nothing that the test may replace is needed for that. */
export function injectedScript(source: string): string | null {
  const body = injected(source);
  if (body === null) return null;
  const main = `try { await (${body})(); } catch (error) { $ended({ error }); return; } $ended();`;
  return `"use strict"; (async () => { ${main} })();`;
}

/**
 * The text of a file of tests, whose synchronous tests (`it("…", () => { … })`) have become asynchronous ones that wait
 * before each of their statements.
 */
export function injectedTests(source: string, wait: string): string {
  const edits: Edit[] = [];
  const visit = (node: Any): void => {
    const body: Any = node.type === "CallExpression" ? node.arguments.at(-1) : undefined;
    const isTest = /^(it|test|specify)$/.test(node.callee?.name ?? "");
    const isSync = body !== undefined && !body.async && !body.generator && body.params?.length === 0;
    if (isTest && isSync && body.body.type === "BlockStatement") {
      edits.push({ start: body.start, end: body.start, text: "async " });
      awaits(body.body, edits, wait);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parse(source, { ecmaVersion: "latest", sourceType: "module" }));
  return edited(source, edits);
}

function parsed(text: string, isFunction: boolean): AnyNode | null {
  try {
    const program: Any = parse(text, { ecmaVersion: "latest", sourceType: "script" });
    // What closes the function and goes on behind it is no body.
    const isOne =
      !isFunction ||
      (program.body.length === 2 && program.body[1].expression?.type === "ArrowFunctionExpression");
    return isOne ? program : null;
  } catch {
    return null;
  }
}

/** `this` of the script itself. */
function outerThis(node: Any, edits: Edit[]): void {
  switch (node.type) {
    case "ThisExpression":
      edits.push({ start: node.start, end: node.end, text: "globalThis" });
      return;
    case "UnaryExpression":
      // No name may stand there.
      if (node.operator === "delete" && node.argument.type === "ThisExpression")
        edits.push({ start: node.argument.start, end: node.argument.end, text: "(0, globalThis)" });
      else outerThis(node.argument, edits);
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

function awaits(node: Any, edits: Edit[], wait = "await 0; "): void {
  if (/Function|Class|StaticBlock/.test(node.type)) return;
  const before = (statement: Any): void => {
    if (statement.directive !== undefined || /^(Function|Class)Declaration$/.test(statement.type)) return;
    edits.push({ start: statement.start, end: statement.start, text: wait });
  };
  const wrapped = (statement: Any): void => {
    if (statement.type === "BlockStatement" || statement.type === "EmptyStatement") return;
    edits.push({ start: statement.start, end: statement.start, text: `{ ${wait}` });
    edits.push({ start: statement.end, end: statement.end, text: " }" });
  };
  if (node.type === "Program" || node.type === "BlockStatement") node.body.forEach(before);
  else if (node.type === "SwitchCase") node.consequent.forEach(before);
  else if (/^(For|While|DoWhile)/.test(node.type)) wrapped(node.body);
  else if (node.type === "IfStatement") {
    wrapped(node.consequent);
    if (node.alternate !== null && node.alternate.type !== "IfStatement") wrapped(node.alternate);
  }
  for (const child of childrenOf(node)) awaits(child, edits, wait);
}

function childrenOf(node: Any): Any[] {
  const found: Any[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) found.push(...value.filter((each) => typeof each?.type === "string"));
    else if (typeof (value as Any)?.type === "string") found.push(value);
  }
  return found;
}
