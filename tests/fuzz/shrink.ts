/**
 * Makes a program that differs small: takes away statements, puts the parts of a statement or an expression in its place, as long as it still
 * differs; modules go as a whole or by their parts. Steps that are counted stay, so that what is left still ends.
 */
import { type AnyNode, parse } from "acorn";
import { entry, type ModuleText, modulesOf } from "./modules.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `differs` says whether a candidate is as good. */
export async function shrink(
  source: string,
  differs: (candidate: string) => Promise<boolean>,
  triesMax: number,
): Promise<string> {
  let best = source;
  let tries = 0;
  for (let changed = true; changed && tries < triesMax; ) {
    changed = false;
    // Large pieces first; behind a success the rest of the list still fits as far as it lies before the change.
    for (const edit of editsOf(best)) {
      if (tries >= triesMax) break;
      const candidate = best.slice(0, edit.start) + edit.text + best.slice(edit.end);
      if (candidate.length >= best.length || !parses(candidate)) continue;
      tries += 1;
      if (!(await differs(candidate))) continue;
      best = candidate;
      changed = true;
      break;
    }
  }
  const dense = best.replaceAll(/\n\s*\n+/g, "\n");
  return (await differs(dense)) ? dense : best;
}

function parseProgram(source: string): AnyNode | undefined {
  try {
    return parse(source, { ecmaVersion: "latest", sourceType: "module" }) as AnyNode;
  } catch {
    return undefined;
  }
}

const parses = (source: string): boolean =>
  modulesOf(source).every(({ text }) => parseProgram(text) !== undefined);

/** The helpers that keep a program from running for ever; they may go, but not be changed. */
const bounds = /^(let|const) (steps?|rec|tracked|steady) =/;

function editsOf(source: string): Edit[] {
  return modulesOf(source)
    .flatMap(editsWithin)
    .sort((a, b) => b.end - b.start - b.text.length - (a.end - a.start - a.text.length));
}

function editsWithin({ id, from, start, text: source }: ModuleText): Edit[] {
  const edits: Edit[] = id === entry ? [] : [{ start: from, end: start + source.length, text: "" }];
  const remove = (node: { start: number; end: number }, text = ""): void =>
    void edits.push({ start: start + node.start, end: start + node.end, text });
  const textOf = (node: AnyNode): string => source.slice(node.start, node.end);
  const visit = (node: AnyNode, inList: boolean): void => {
    const text = textOf(node);
    if (inList && !text.startsWith("step()") && !text.startsWith("export default")) {
      remove(node);
      for (const part of partsOf(node)) remove(node, bare(textOf(part)));
    } else if (isExpression(node)) {
      for (const simple of ["0", ...partsOf(node).map(textOf)]) if (simple !== text) remove(node, simple);
    }
    if (node.type === "TryStatement" && node.finalizer && node.handler) {
      remove(node.finalizer, "");
    }
    if (node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration") removeNames(node);
    if (bounds.test(text)) return;
    for (const [key, child] of Object.entries(node)) {
      for (const part of Array.isArray(child) ? child : [child]) {
        if (part === null || typeof part !== "object" || typeof part.type !== "string") continue;
        visit(part as AnyNode, isList(node, key));
      }
    }
  };
  /** One of the names in the braces, with the comma between it and the next. */
  function removeNames({ specifiers }: { readonly specifiers: readonly AnyNode[] }): void {
    for (const [index, each] of specifiers.entries()) {
      const next = specifiers[index + 1];
      if (specifiers.length > 1 && each.type !== "ImportDefaultSpecifier")
        remove({ start: each.start, end: next?.start ?? each.end });
    }
  }
  visit(parseProgram(source)!, false);
  return edits;
}

function isList(node: AnyNode, key: string): boolean {
  if (key === "body")
    return (
      node.type === "Program" ||
      node.type === "BlockStatement" ||
      node.type === "ClassBody" ||
      node.type === "StaticBlock"
    );
  return key === "consequent" && node.type === "SwitchCase";
}

function isExpression(node: AnyNode): boolean {
  return /Expression$|^TemplateLiteral$/.test(node.type) && node.type !== "FunctionExpression";
}

/** What could stand in the place of a node. */
function partsOf(node: AnyNode): AnyNode[] {
  const keys = [
    "body",
    "block",
    "consequent",
    "alternate",
    "finalizer",
    "argument",
    "left",
    "right",
    "object",
    "init",
    "expression",
  ];
  const found: AnyNode[] = [];
  for (const [key, child] of Object.entries(node)) {
    if (!keys.includes(key) && key !== "arguments" && key !== "elements" && key !== "expressions") continue;
    for (const part of Array.isArray(child) ? child : [child]) {
      if (part !== null && typeof part === "object" && typeof part.type === "string")
        found.push(part as AnyNode);
    }
  }
  return found;
}

/** A block in the place of a statement stays one; an expression becomes a statement. */
function bare(text: string): string {
  return text.endsWith("}") || text.endsWith(";") ? text : `${text};`;
}
