/**
 * Captured variables that a plain function takes along by value: its factory reads them once, when the function is made.
 *
 * ```js
 * const many = (part) => (input, at) => … part(input, at) …          // source
 *
 * const $m2 = ($e, $s, $q) => { var { part } = $e; $q?.(($e) => { ({ part } = $e); }); return (input, at) => … part(input, at) …; };
 * ```
 *
 * V1. Taken along is what cannot change any more: nothing but its declaration assigns to the variable, and the function is made behind that.
 * V2. The environment keeps the variable: it is what a snapshot holds. A function made from a snapshot is there before its environment is filled, so
 *     whoever makes it passes `$q`, and gets to read the variables again (src/runtime/snapshot/readers.ts).
 * V3. The name is the source's, so that the engine's own words tell of it. Where the function has another variable of that name, it is read from the environment.
 */
import { comesBehind, takesParamsApart } from "../2-analyze/dead-zone.ts";
import type { Analysis, Binding, Fn, Scope } from "../2-analyze/scope.ts";
import { b, children, isFunction, isLoop, type Node } from "../node.ts";
import type { Context, Unit } from "./context.ts";

/** Name of the constant in the factory of `fn`; null where the environment has to be asked. `called`: it is a callee. */
export function captureByValue(
  cx: Context,
  binding: Binding,
  fn: Fn,
  unit: Unit,
  called = false,
): string | null {
  const { captures } = unit;
  if (captures === null || binding.storage.kind !== "env" || binding.storage.env !== unit.env) return null;
  const known = captures.get(binding);
  if (known !== undefined) return known.name;
  if (binding.scope.fn === fn || !isFinal(binding, fn)) return null;
  if (!called && !isWorthIt(binding, fn)) return null;
  const name = binding.kind === "this" ? cx.name("this") : binding.name;
  if (cx.namesIn(fn).has(name)) return null;
  captures.set(binding, { name, field: binding.storage.field });
  return name;
}

const scopes: ReadonlySet<Scope["kind"]> = new Set(["function", "body", "block", "loop", "catch"]);

/** One look at the environment costs no more than a constant does when the function is made. */
function isWorthIt({ references }: Binding, fn: Fn): boolean {
  const looks = references.reduce((count, reference) => count + (reference.fn === fn ? 1 : 0), 0);
  return looks > 1 || hasLoop(fn.node["body"]);
}

function hasLoop(node: Node): boolean {
  return !isFunction(node) && (isLoop(node) || children(node).some(hasLoop));
}

/** V1. */
function isFinal(binding: Binding, fn: Fn): boolean {
  const { kind, scope, declaration } = binding;
  if (binding.assigned || !scopes.has(scope.kind)) return false;
  let direct = fn;
  while (direct.parent !== null && direct.parent !== scope.fn) direct = direct.parent;
  const start = direct.node.start ?? -1;
  switch (kind) {
    case "this":
      return !scope.fn.derived;
    case "function":
      // It is there when its scope is entered; so are others that are declared beside it.
      return direct.hoistedTo !== scope;
    case "param":
      return !takesParamsApart(scope.fn) || start >= scope.fn.node["body"].start;
    case "catch":
      return start >= declaration["body"].start;
    case "let":
    case "const":
      return comesBehind(binding, { node: fn.node, fn, write: false });
    default:
      return false;
  }
}

/** What stands at the head of a factory. */
export function readCaptures(cx: Context, { captures }: Unit): Node[] {
  if (captures === null || captures.size === 0) return [];
  const properties = [...captures.values()].map(({ name, field }) => b.property(field, b.id(name)));
  const pattern: Node = { type: "ObjectPattern", properties };
  const again = b.arrow([cx.id("e")], b.block([b.set(pattern, cx.id("e"))]));
  return [
    b.declare("var", [[pattern, cx.id("e")]]),
    b.statement({ ...b.call(cx.id("q"), again), optional: true }),
  ];
}

/** Names of the variables of each function, as the source has them. */
export function namesOfFunctions({ scopes: all }: Analysis): ReadonlyMap<Fn, ReadonlySet<string>> {
  const names = new Map<Fn, Set<string>>();
  for (const { fn, bindings } of all) {
    const known = names.get(fn) ?? new Set();
    names.set(fn, known);
    for (const name of bindings.keys()) known.add(name);
  }
  return names;
}
