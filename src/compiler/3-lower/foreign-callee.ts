/**
 * Calls that may go to foreign code: its promise may be native, to be made again after a thaw (design H5), and it may keep functions that it is given.
 *
 * | callee | because |
 * | --- | --- |
 * | `fetch(x)`, `fs.read(x)`, `_(x).y(z)` | a global that is not known, an import of a package: the name that the chain begins with |
 * | `Array.fromAsync(x)` | the engine's, in whose place the runtime has one of its own |
 * | `client.get(x)` | `const client = new Client()`, of a class of a package |
 * | `db.query(x)` in an async function or an arrow | a constant of the module that a package's function made, `const db = connect()` |
 * | `x.once(…)` | a method by which listeners are added, of whatever it is |
 *
 * Of any other the runtime has no look: what it costs is what a small function costs.
 */
import { durableGlobals } from "../../protocol/abi.ts";
import { listeners } from "../2-analyze/advice.ts";
import { type Analysis, type Binding, type Fn, initialiserOf } from "../2-analyze/scope.ts";
import type { Node } from "../node.ts";

/** Globals whose calls never answer a native promise. */
const plainGlobals = new Set(
  `Object Array String Number Boolean Symbol BigInt Math JSON Date Map Set WeakMap WeakSet WeakRef RegExp Reflect Proxy Intl
  Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError DOMException
  parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape
  ArrayBuffer SharedArrayBuffer DataView Atomics Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array
  Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Buffer TextEncoder TextDecoder URL URLSearchParams
  Headers structuredClone performance atob btoa AbortController AbortSignal Event EventTarget Iterator undefined`.split(
    /\s+/,
  ),
);

export function isRelative(specifier: string): boolean {
  return /^(\.{1,2}\/|\/|\.{1,2}$|file:|#)/.test(specifier);
}

const durable: ReadonlySet<string> = new Set(durableGlobals);

export function isForeignCallee(callee: Node, fn: Fn, analysis: Analysis): boolean {
  if (callee.type === "MemberExpression" && !callee["computed"] && listeners.has(callee["property"].name))
    return true;
  const root = rootOf(callee);
  if (root.type !== "Identifier") return false;
  const binding = analysis.bindingOf.get(root);
  if (binding === undefined) {
    const isFromAsync =
      root["name"] === "Array" && root !== callee && callee["property"]?.name === "fromAsync";
    return isFromAsync || (!plainGlobals.has(root["name"]) && !durable.has(root["name"]));
  }
  if (isOfPackage(binding, analysis)) return true;
  return root !== callee && isMadeByPackage(binding, fn, analysis);
}

/** What a chain of members and calls begins with. */
function rootOf(callee: Node): Node {
  let root = callee;
  for (;;) {
    if (root.type === "MemberExpression") root = root["object"];
    else if (root.type === "CallExpression") root = root["callee"];
    else return root;
  }
}

function isOfPackage({ storage }: Binding, { imports }: Analysis): boolean {
  return storage.kind === "import" && !isRelative(imports[storage.from]!.specifier);
}

function isMadeByPackage(binding: Binding, fn: Fn, analysis: Analysis): boolean {
  const init = binding.kind === "const" ? initialiserOf(binding) : undefined;
  if (init?.type !== "NewExpression" && init?.type !== "CallExpression") return false;
  const isSeldom = fn.async || fn.kind === "arrow";
  if (init.type === "CallExpression" && !(isSeldom && binding.scope.kind === "module")) return false;
  const root = rootOf(init["callee"]);
  const maker = root.type === "Identifier" ? analysis.bindingOf.get(root) : undefined;
  return maker !== undefined && isOfPackage(maker, analysis);
}
