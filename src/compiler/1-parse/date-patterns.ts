/**
 * `const { now } = Date` reads `Date.now`, and is written so before anything else looks at it: `const { now } = { now: Date.now }`. So it gets the clock of the task
 * (3-lower/clock.ts). A pattern with a rest or a computed key stays as it is.
 */
import { b, children, type Node } from "../node.ts";

export function writeOutDatePatterns(program: Node, text: string): void {
  if (/\}\s*=\s*Date\b/.test(text)) visit(program);
}

function visit(node: Node): void {
  if (node.type === "VariableDeclarator") writeOut(node);
  for (const child of children(node)) visit(child);
}

function writeOut(declarator: Node): void {
  const { id, init } = declarator as Node & { id: Node; init: Node | null };
  if (id.type !== "ObjectPattern" || init?.type !== "Identifier" || init["name"] !== "Date") return;
  const properties: Node[] = id["properties"];
  const isNamed = (each: Node): boolean =>
    each.type === "Property" && !each["computed"] && each["key"].type === "Identifier";
  if (!properties.every(isNamed)) return;
  const names = new Set<string>(properties.map((each) => each["key"].name));
  if (!names.has("now")) return;
  const read = (name: string): Node => b.at(b.member(b.at(b.id("Date"), init), name), init);
  declarator["init"] = b.at(b.object([...names].map((name) => b.property(name, read(name)))), init);
}
