/**
 * Which variables of the source are held while a function is suspended: told to advisers that know types (`continua check`), so that
 * what cannot be saved is found before it runs.
 *
 * A variable is held at a label if it lives in a slot there, or in an environment that does, or if a function that is held refers to it.
 */
import type { SourcePosition } from "../../protocol/abi.ts";
import { wordOf } from "../2-analyze/advice.ts";
import { type Binding, type Fn, initialiserOf } from "../2-analyze/scope.ts";
import { children, isClass, isFunction, type Node } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";

export interface Held {
  readonly functions: readonly HeldVariables[];
  /** Variables of the module, which are saved whenever anything is. A constant that is itself foreign is made again instead (design H1). */
  readonly module: readonly (HeldVariable & { readonly isConstant: boolean })[];
  /** Where classes are named that the module registers with `saveable`. */
  readonly registered: readonly SourcePosition[];
}

export interface HeldVariable {
  readonly name: string;
  readonly declaredAt: SourcePosition;
}

export interface HeldVariables {
  /** The function's name, as people see it. */
  readonly function: string;
  /** Where it suspends: an await, or a loop whose turn is polled. */
  readonly at: SourcePosition;
  readonly variables: readonly HeldVariable[];
  /** They are what a loop goes through, whose iterator is held from one turn to the next. */
  readonly iterated?: true;
}

/** `slotsOf[label]`: names of the slots, as they are declared in the output. */
export function heldAt(
  cx: Context,
  fn: Fn,
  entry: SiteEntry,
  slotsOf: readonly (readonly string[])[],
): HeldVariables[] {
  const bindingsOf = new Map<string, Binding[]>();
  const add = (slot: string, binding: Binding): void => {
    bindingsOf.set(slot, [...(bindingsOf.get(slot) ?? []), binding]);
  };
  for (const scope of cx.analysis.scopes) {
    if (scope.fn !== fn || scope.kind === "module") continue;
    for (const binding of scope.bindings.values()) {
      const { storage } = binding;
      if (storage.kind === "hoisted" || storage.kind === "native") add(storage.name, binding);
      else if (storage.kind === "env") add(cx.envName(storage.env), binding);
    }
  }
  const variables = slotsOf.flatMap((slots, label) => {
    const at = entry.labels?.[label];
    if (at === null || at === undefined) return [];
    const direct = slots.flatMap((slot) => bindingsOf.get(slot) ?? []);
    const bindings = new Set([...direct, ...direct.flatMap((binding) => capturedBy(cx, fn, binding))]);
    const held = [...bindings]
      .filter(isVariable)
      .map(({ name, node }) => ({ name, declaredAt: cx.position(node) }));
    return [{ function: cx.siteName(entry.node), at: { line: at.line, column: at.column }, variables: held }];
  });
  return [...variables, ...iterated(cx, fn, cx.siteName(entry.node))];
}

/** What `for (… of name)` goes through, and `for await`, if the function is suspended meanwhile. */
function iterated(cx: Context, fn: Fn, name: string): HeldVariables[] {
  const found: HeldVariables[] = [];
  const pending = fn.kind === "module" ? [...fn.node["body"]] : [fn.node["body"] as Node];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (isFunction(node) || isClass(node)) continue;
    pending.push(...children(node));
    if (node.type !== "ForOfStatement" || !(node["await"] || cx.suspends(node["body"]))) continue;
    const last: Node = node["right"].type === "MemberExpression" ? node["right"].property : node["right"];
    if (last.type !== "Identifier") continue;
    const variables = [{ name: cx.textOf(node["right"]), declaredAt: cx.position(last) }];
    found.push({ function: name, at: cx.position(node), variables, iterated: true });
  }
  return found;
}

export function heldByModule(cx: Context): Pick<Held, "module" | "registered"> {
  const { analysis } = cx;
  const module = [...analysis.module.scope.bindings.values()]
    .filter(({ kind }) => kind === "let" || kind === "var" || kind === "const")
    .filter(({ node }) => node.type === "Identifier")
    .map(({ name, node, kind }) => ({
      name,
      declaredAt: cx.position(node),
      isConstant: kind === "const",
    }));
  const registered = analysis.writers.flatMap((node) => {
    const [type]: (Node | undefined)[] = node.type === "CallExpression" ? node["arguments"] : [];
    const isRegistered = type !== undefined && wordOf(analysis, node["callee"]) === "saveable";
    return isRegistered && type.type === "Identifier" ? [cx.position(type)] : [];
  });
  return { module, registered };
}

/** Variables of `fn` that the function which `binding` was declared with refers to. */
function capturedBy(cx: Context, fn: Fn, binding: Binding): Binding[] {
  const closure = cx.analysis.fnOf.get(initialiserOf(binding) ?? binding.node);
  if (closure === undefined) return [];
  const isInside = (at: Fn | null): boolean => at !== null && (at === closure || isInside(at.parent));
  return cx.analysis.scopes
    .filter((scope) => scope.fn === fn && scope.kind !== "module")
    .flatMap((scope) => [...scope.bindings.values()])
    .filter(({ captured, references }) => captured && references.some((reference) => isInside(reference.fn)));
}

function isVariable({ kind }: Binding): boolean {
  return kind === "var" || kind === "let" || kind === "const" || kind === "param" || kind === "catch";
}
