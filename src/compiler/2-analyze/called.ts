/**
 * Async functions that nobody sees as values: each use of them calls them. Giving a function the prototype of async functions costs ten times
 * what making it costs, and these go without.
 */
import { isFunction, type Node } from "../node.ts";
import { type Analysis, type Binding, type Fn, initialiserOf } from "./scope.ts";

const known = new WeakMap<Analysis, ReadonlySet<Node>>();

/** Whether a function made inside another one is only ever called. */
export function isOnlyCalled({ node, parent }: Fn, analysis: Analysis): boolean {
  if (parent === null || parent.kind === "module") return false;
  let called = known.get(analysis);
  if (called === undefined) {
    called = calledFunctions(analysis);
    known.set(analysis, called);
  }
  return called.has(node);
}

function calledFunctions({ scopes, writers, nameScopeOf }: Analysis): Set<Node> {
  const callees = new Set<Node>();
  for (const { type, callee } of writers) if (type === "CallExpression") callees.add(callee);
  const isCalled = ({ references }: Binding): boolean =>
    references.every(({ node, write }) => !write && callees.has(node));
  const found = new Set([...callees].filter(isFunction));
  for (const { bindings } of scopes) {
    for (const binding of bindings.values()) {
      const made = binding.kind === "function" ? binding.declaration : initialiserOf(binding);
      if (made !== undefined && isFunction(made) && isCalled(binding)) found.add(made);
    }
  }
  for (const [node, scope] of nameScopeOf)
    if (![...scope.bindings.values()].every(isCalled)) found.delete(node);
  return found;
}
