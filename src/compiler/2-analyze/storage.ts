/**
 * Decides where every variable lives, which scopes have an environment object, and which reads have to ask whether the
 * variable is initialised.
 *
 * - module scope → a field of the record
 * - captured → a field of its scope's environment
 * - otherwise, in a statement list that contains a suspension, or declared together with a captured variable →
 *   hoisted to the top of the function
 * - otherwise → native, as the source declares it
 */
import { children, computedMembers, isFunction, type Node } from "../node.ts";
import { isReady, type ReadyOptions, takesParamsApart } from "./dead-zone.ts";
import type { Analysis, Binding, Env, Fn, Scope } from "./scope.ts";

export interface StorageOptions extends ReadyOptions {}

/** `fresh(name)` answers a name that occurs nowhere in the module. */
export function assignStorage(
  analysis: Analysis,
  fresh: (name: string) => string,
  options: StorageOptions,
): Env[] {
  const envs = assignEnvs(analysis);
  assignModuleFields(analysis);
  const namesOf = countNames(analysis);
  const siblings = declarationsWithCaptures(analysis);
  for (const scope of analysis.scopes) {
    for (const binding of scope.bindings.values()) {
      if (scope.kind === "module") continue;
      binding.storage = storageOf(binding, analysis, siblings, (name) =>
        (namesOf.get(scope.fn)?.get(name) ?? 0) > 1 || scope.fn.globals.has(name) ? fresh(name) : name,
      );
    }
  }
  for (const scope of analysis.scopes) {
    for (const binding of scope.bindings.values()) {
      if (binding.storage.kind !== "native") binding.checked = !isReady(binding, analysis, options);
    }
  }
  return envs;
}

function storageOf(
  binding: Binding,
  analysis: Analysis,
  siblings: ReadonlySet<Node>,
  unique: (name: string) => string,
): Binding["storage"] {
  const { scope, kind, name } = binding;
  if (scope.kind === "head") return { kind: "dead" };
  if (scope.env !== null && (binding.captured || scope.kind === "class" || scope.kind === "name")) {
    return { kind: "env", env: scope.env, field: envField(binding) };
  }
  const isHoisted = (): boolean => {
    if (siblings.has(binding.declaration)) return true;
    if (kind === "param") return takesParamsApart(scope.fn);
    if (!scope.fn.lowered) return false;
    if (kind === "var") return true;
    if (scope.kind === "function" || scope.kind === "body") return true;
    return analysis.suspending.has(scope.node);
  };
  return isHoisted() ? { kind: "hoisted", name: unique(name) } : { kind: "native", name };
}

/** Field under which an environment keeps a variable; generated fields begin with one `$`, so users' get one more. */
function envField(binding: Binding): string {
  if (binding.kind === "this") return "$this";
  if (binding.kind === "arguments") return "$arguments";
  if (binding.kind === "newTarget") return "$newTarget";
  return plainField(binding.name);
}

/** `__proto__` in an object would be its prototype. */
function plainField(name: string): string {
  return name.startsWith("$") || name === "__proto__" ? `$${name}` : name;
}

function assignEnvs(analysis: Analysis): Env[] {
  const envs: Env[] = [];
  const counts = new Map<Fn, number>();
  for (const scope of analysis.scopes) {
    if (scope.kind === "module" || scope.kind === "head" || !needsEnv(scope, analysis)) continue;
    let up: Scope | null = scope.parent;
    while (up !== null && up.env === null) up = up.parent;
    scope.env = { index: indexIn(scope, up?.env ?? null, counts), scope, up: up?.env ?? null };
    envs.push(scope.env);
  }
  return envs;
}

/** Numbers go on from those of the environments around the function: unique where they are seen, and untouched by edits elsewhere. */
function indexIn(scope: Scope, up: Env | null, counts: Map<Fn, number>): number {
  let around = 0;
  for (let at = up; at !== null; at = at.up) {
    if (at.scope.fn !== scope.fn) around = Math.max(around, at.index);
  }
  const ordinal = (counts.get(scope.fn) ?? 0) + 1;
  counts.set(scope.fn, ordinal);
  return around + ordinal;
}

function needsEnv(scope: Scope, analysis: Analysis): boolean {
  const bindings = [...scope.bindings.values()];
  if (scope.kind === "name") return bindings.some((binding) => binding.references.length > 0);
  if (scope.kind === "object") return true;
  if (scope.kind === "class") {
    const computed = computedMembers(scope.node).length > 0;
    const info = analysis.classOf.get(scope.node);
    return computed || info?.needsHome === true || bindings.some((binding) => binding.references.length > 0);
  }
  return bindings.some((binding) => binding.captured);
}

function assignModuleFields(analysis: Analysis): void {
  const exportsOf = new Map<Binding, string[]>();
  for (const { name, binding } of analysis.exports)
    exportsOf.set(binding, [...(exportsOf.get(binding) ?? []), name]);
  const bindings = [...analysis.module.scope.bindings.values()].filter(
    (binding) => binding.kind !== "import",
  );
  const taken = new Set<string>();
  const take = (binding: Binding, wanted: string): void => {
    let field = plainField(wanted);
    for (let ordinal = 2; taken.has(field); ordinal += 1) field = `${plainField(wanted)}$${ordinal}`;
    taken.add(field);
    binding.storage = { kind: "module", field };
  };
  const single = (binding: Binding): string | undefined => {
    const names = exportsOf.get(binding) ?? [];
    return names.length === 1 ? names[0] : undefined;
  };
  for (const binding of bindings) if (single(binding) !== undefined) take(binding, single(binding)!);
  for (const binding of bindings) if (single(binding) === undefined) take(binding, binding.name);
}

function countNames(analysis: Analysis): Map<Fn, Map<string, number>> {
  const counts = new Map<Fn, Map<string, number>>();
  for (const scope of analysis.scopes) {
    // The outer name of a class and its inner name, or a function's own name, are not both native.
    if (["module", "class", "name", "object", "head"].includes(scope.kind)) continue;
    let names = counts.get(scope.fn);
    if (names === undefined) {
      names = new Map();
      counts.set(scope.fn, names);
    }
    for (const name of scope.bindings.keys()) names.set(name, (names.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Variable declarations (and loop heads, catch clauses, parameter lists) that cannot stay as they are, since a part is captured. */
function declarationsWithCaptures(analysis: Analysis): Set<Node> {
  const found = new Set<Node>();
  for (const scope of analysis.scopes) {
    for (const binding of scope.bindings.values()) {
      const movable =
        binding.kind === "var" ||
        binding.kind === "let" ||
        binding.kind === "const" ||
        binding.kind === "catch";
      if (!movable || !binding.captured || scope.kind === "module") continue;
      found.add(binding.declaration);
      // A `var` may be declared again elsewhere; all its declarations become assignments.
      for (const node of otherDeclarations(binding, analysis)) found.add(node);
    }
  }
  // Only one declaration of a `var` is recorded with it, so closing over siblings takes as many rounds as there are links.
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const scope of analysis.scopes) {
      for (const binding of scope.bindings.values()) {
        if (binding.kind !== "var" || scope.kind === "module" || !found.has(binding.declaration)) continue;
        for (const node of otherDeclarations(binding, analysis)) found.add(node);
      }
    }
  }
  return found;
}

function otherDeclarations(binding: Binding, analysis: Analysis): Node[] {
  if (binding.kind !== "var") return [];
  const found: Node[] = [];
  const walk = (node: Node): void => {
    if (isFunction(node)) return;
    if (node.type === "VariableDeclaration" && node["kind"] === "var") {
      const declares = (pattern: Node | null): boolean => {
        if (pattern === null) return false;
        if (pattern.type === "Identifier") return analysis.bindingOf.get(pattern) === binding;
        return children(pattern).some(declares);
      };
      if (node["declarations"].some((declarator: Node) => declares(declarator["id"]))) found.push(node);
    }
    for (const child of children(node)) walk(child);
  };
  for (const child of children(binding.scope.fn.node)) walk(child);
  return found;
}
