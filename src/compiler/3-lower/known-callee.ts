/**
 * Calls of which the compiler knows the callee, so that its body is called without a look at the function value: a third of the time of
 * a call that is awaited, and of one that is not.
 *
 * The callee is an async function that a declaration or a `const` made and nothing else assigns to, in a scope that is entered once for each
 * environment: then the function's environment is the one that the call, too, finds from where it stands.
 */
import { takesParamsApart } from "../2-analyze/dead-zone.ts";
import type { Analysis, Binding, Fn, Scope } from "../2-analyze/scope.ts";
import { isFunction, type Node } from "../node.ts";

/** As many as `$k.direct` and `$k.fiber` pass on. */
const argumentsMax = 3;

const entered: ReadonlySet<Scope["kind"]> = new Set(["module", "function", "body", "block"]);

export function knownCallee(call: Node, analysis: Analysis): Fn | null {
  const { callee, arguments: args } = call as Node & { callee: Node; arguments: Node[] };
  if (callee.type !== "Identifier" || call["optional"]) return null;
  if (args.length > argumentsMax || args.some((arg) => arg.type === "SpreadElement")) return null;
  const binding = analysis.bindingOf.get(callee);
  const made = binding === undefined ? null : madeBy(binding);
  const fn = made === null ? undefined : analysis.fnOf.get(made);
  if (fn === undefined || !fn.async || fn.generator || analysis.nameScopeOf.has(fn.node)) return null;
  if (fn.node["params"].length > argumentsMax || takesParamsApart(fn)) return null;
  return fn.kind !== "arrow" && fn.scope.bindings.has("arguments") ? null : fn;
}

/** The function that a variable holds whenever it is read. */
function madeBy(binding: Binding): Node | null {
  const { kind, assigned, checked, scope, node } = binding;
  if (assigned || checked) return null;
  if (kind === "function") return node;
  const init = entered.has(scope.kind) ? constantValue(binding) : null;
  return init !== null && isFunction(init) ? init : null;
}

/** What a `const` is declared with, if that is the whole of it. */
export function constantValue({ kind, node, declaration }: Binding): Node | null {
  if (kind !== "const" || declaration.type !== "VariableDeclaration") return null;
  const declarator: Node | undefined = declaration["declarations"].find((each: Node) => each["id"] === node);
  return declarator?.["init"] ?? null;
}
