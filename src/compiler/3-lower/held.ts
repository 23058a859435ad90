/**
 * Which variables of the source are held while a function is suspended: told to advisers that know types (`continua check`), so that
 * what cannot be saved is found before it runs.
 *
 * A variable is held at a label if it lives in a slot there, or in an environment that does, or if a function that is held refers to it.
 */
import type { SourcePosition } from "../../protocol/abi.ts";
import type { Binding, Fn } from "../2-analyze/scope.ts";
import type { Node } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";

export interface HeldVariables {
  /** The function's name, as people see it. */
  readonly function: string;
  /** Where it suspends: an await, or a loop whose turn is polled. */
  readonly at: SourcePosition;
  readonly variables: readonly { readonly name: string; readonly declaredAt: SourcePosition }[];
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
  return slotsOf.flatMap((slots, label) => {
    const at = entry.labels?.[label];
    if (at === null || at === undefined) return [];
    const direct = slots.flatMap((slot) => bindingsOf.get(slot) ?? []);
    const bindings = new Set([...direct, ...direct.flatMap((binding) => capturedBy(cx, fn, binding))]);
    const variables = [...bindings]
      .filter(isVariable)
      .map(({ name, node }) => ({ name, declaredAt: cx.position(node) }));
    return [{ function: cx.siteName(entry.node), at: { line: at.line, column: at.column }, variables }];
  });
}

/** Variables of `fn` that the function which `binding` was declared with refers to. */
function capturedBy(cx: Context, fn: Fn, binding: Binding): Binding[] {
  const closure = cx.analysis.fnOf.get(initialiser(binding));
  if (closure === undefined) return [];
  const isInside = (at: Fn | null): boolean => at !== null && (at === closure || isInside(at.parent));
  return cx.analysis.scopes
    .filter((scope) => scope.fn === fn && scope.kind !== "module")
    .flatMap((scope) => [...scope.bindings.values()])
    .filter(({ captured, references }) => captured && references.some((reference) => isInside(reference.fn)));
}

function initialiser({ node, declaration }: Binding): Node {
  const declarators: Node[] = declaration["declarations"] ?? [];
  return declarators.find(({ id }) => id === node)?.["init"] ?? node;
}

function isVariable({ kind }: Binding): boolean {
  return kind === "var" || kind === "let" || kind === "const" || kind === "param" || kind === "catch";
}
