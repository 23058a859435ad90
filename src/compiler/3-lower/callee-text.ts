/**
 * What is called, in words for people: `o.f is not a function`. The engine takes them from the text of the call, which in the
 * output is another one. So where the output's call would be told otherwise, the callee goes through `$callee(f, "o.f")`, which answers
 * a function that says it: at the call, after the operands, as the engine does.
 */
import type { Analysis, Binding } from "../2-analyze/scope.ts";
import { isFunction, type Node } from "../node.ts";
import { constantValue } from "./known-callee.ts";

/** The engine's words for a callee; null for one that needs none, since it is a function beyond doubt, or that has none. */
export function calleeText(callee: Node, analysis: Analysis): string | null {
  if (callee.type === "Identifier") {
    const binding = analysis.bindingOf.get(callee);
    return binding === undefined || isFunctionFor(binding) ? null : callee["name"];
  }
  if (callee.type !== "MemberExpression" || callee["optional"] || isPromiseStatic(callee, analysis))
    return null;
  return words(callee);
}

const functionKinds: ReadonlySet<Binding["kind"]> = new Set(["function", "class", "import", "name"]);

function isFunctionFor(binding: Binding): boolean {
  const value = constantValue(binding);
  return functionKinds.has(binding.kind) || (value !== null && isFunction(value));
}

const promiseStatics = new Set(["all", "allSettled", "any", "race", "resolve", "reject"]);

function isPromiseStatic({ object, property, computed }: Node, analysis: Analysis): boolean {
  if (computed || object.type !== "Identifier" || analysis.bindingOf.has(object)) return false;
  return object["name"] === "Promise" && promiseStatics.has(property["name"]);
}

function words(node: Node): string | null {
  switch (node.type) {
    case "Identifier":
      return node["name"];
    case "ThisExpression":
      return "this";
    case "Super":
      return "(intermediate value)";
    case "CallExpression": {
      const callee = words(node["callee"]);
      return callee === null ? null : `${callee}(...)`;
    }
    case "AwaitExpression":
    case "NewExpression":
    case "ObjectExpression":
      return "(intermediate value)";
    case "MemberExpression": {
      const object = words(node["object"]);
      const property: Node = node["property"];
      if (object === null) return null;
      if (property.type === "PrivateIdentifier") return `${object}[#${property["name"]}]`;
      if (!node["computed"]) return `${object}.${property["name"]}`;
      if (property.type === "Identifier") return `${object}[${property["name"]}]`;
      return property.type === "Literal" && typeof property["value"] === "number"
        ? `${object}[${property["value"]}]`
        : null;
    }
    default:
      return null;
  }
}
