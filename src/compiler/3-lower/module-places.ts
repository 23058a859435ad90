/**
 * Places in a module's own statements: `$k.at($L[0], "jobs")` before a statement that may make something. What is made there can be
 * known by its place to every task of a run (design H2), since each runs the same statements. A place is what its statement declares or
 * assigns, so it survives edits elsewhere; those without a name are counted.
 */
import { boundIdentifiers, children, isClass, isFunction, type Node } from "../node.ts";

/** The names of the places of a module, by statement. */
export function placesOf(module: Node): ReadonlyMap<Node, string> {
  const places = new Map<Node, string>();
  const used = new Map<string, number>();
  for (const statement of module["body"] as Node[]) {
    if (!mayMake(statement)) continue;
    const wanted = nameOf(statement) || "(statement)";
    const ordinal = (used.get(wanted) ?? 0) + 1;
    used.set(wanted, ordinal);
    places.set(statement, ordinal === 1 ? wanted : `${wanted}.${ordinal}`);
  }
  return places;
}

/** Whether it runs a call; functions in it do not run. */
function mayMake(node: Node): boolean {
  if (isFunction(node)) return false;
  const calls = ["CallExpression", "NewExpression", "TaggedTemplateExpression"].includes(node.type);
  return calls || children(node).some(mayMake);
}

function nameOf(statement: Node): string {
  const { type } = statement;
  if (type === "ExportNamedDeclaration" && statement["declaration"] != null)
    return nameOf(statement["declaration"]);
  if (type === "ExportDefaultDeclaration") return "default";
  if (isClass(statement)) return statement["id"]?.name ?? "";
  const patterns: Node[] =
    type === "VariableDeclaration"
      ? statement["declarations"].map((each: Node) => each["id"])
      : statement["expression"]?.type === "AssignmentExpression"
        ? [statement["expression"].left]
        : [];
  return patterns
    .flatMap((pattern) => boundIdentifiers(pattern))
    .map((identifier) => identifier["name"] as string)
    .join();
}
