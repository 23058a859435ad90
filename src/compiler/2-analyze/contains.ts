/** What is asked of the text inside a node before its names are resolved. */
import { children, isClass, isFunction, type Node } from "../node.ts";

/** Whether `super` is used that belongs to this method. */
export function containsSuper(node: Node): boolean {
  return children(node).some(
    (child) =>
      child.type === "Super" ||
      (!(isFunction(child) && child.type !== "ArrowFunctionExpression") &&
        child.type !== "ClassBody" &&
        containsSuper(child)),
  );
}

/** Whether the heritage or a computed key of a class may mean its own name or private names. */
export function mentionsItself(node: Node): boolean {
  const names = new Set<string>();
  if (node["id"]) names.add(node["id"].name);
  for (const { key } of node["body"].body as { key?: Node }[])
    if (key?.type === "PrivateIdentifier") names.add(`#${key["name"]}`);
  const mentions = (at: Node): boolean =>
    (at.type === "Identifier" && names.has(at["name"])) ||
    (at.type === "PrivateIdentifier" && names.has(`#${at["name"]}`)) ||
    children(at).some(mentions);
  const keys = node["body"].body.filter((member: Node) => member["computed"]);
  return [node["superClass"], ...keys.map((member: Node) => member["key"])].some(
    (part: Node | null) => part !== null && mentions(part),
  );
}

export function containsClosure(node: Node): boolean {
  return isFunction(node) || isClass(node) || children(node).some(containsClosure);
}
