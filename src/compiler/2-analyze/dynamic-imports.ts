/**
 * Which modules `import(…)` may mean: a program is a closed set of modules, so they have to stand in the text.
 *
 *   import("./a.ts")   import(`./a.ts`)   import(far ? "./a.ts" : "./b.ts")   const a = "./a.ts"; import(a)
 *
 * are followed. What is computed otherwise finds, when it runs, the modules that the same module imports by name; that is told as advice.
 */
import type { Node } from "../node.ts";
import { type Binding, initialiserOf } from "./scope.ts";

export function importedByText(
  imports: readonly Node[],
  bindingOf: ReadonlyMap<Node, Binding>,
): { readonly specifiers: readonly string[]; readonly computed: readonly Node[] } {
  const specifiers = new Set<string>();
  /** Whether all that the expression may be is known. */
  const follow = (node: Node, depth: number): boolean => {
    switch (node.type) {
      case "Literal":
        specifiers.add(String(node["value"]));
        return true;
      case "TemplateLiteral":
        if (node["expressions"].length > 0) return false;
        specifiers.add(node["quasis"][0].value.cooked);
        return true;
      case "ConditionalExpression": {
        const both = [follow(node["consequent"], depth), follow(node["alternate"], depth)];
        return both.every(Boolean);
      }
      case "LogicalExpression": {
        const both = [follow(node["left"], depth), follow(node["right"], depth)];
        return both.every(Boolean);
      }
      case "Identifier": {
        const binding = bindingOf.get(node);
        const init = binding?.kind === "const" && depth < 3 ? initialiserOf(binding) : undefined;
        return init !== undefined && follow(init, depth + 1);
      }
      default:
        return false;
    }
  };
  const computed = imports.filter((node) => !follow(node["source"], 0));
  return { specifiers: [...specifiers], computed };
}
