/** Who holds an object of a snapshot, for people: the nearest variable. */
import { Node } from "./nodes.ts";
import { shownName } from "./shown.ts";
import { kinds } from "./tags.ts";

/** `the variable total of main.ts`; `it` where no variable leads to the object. */
export function holderOf(held: Node, all: readonly Node[]): string {
  const holders = new Map<unknown, Node[]>();
  for (const node of all)
    for (const value of node.values()) {
      if (!(value instanceof Node)) continue;
      const known = holders.get(value);
      if (known === undefined) holders.set(value, [node]);
      else known.push(node);
    }
  // Breadth first: it grows while it is gone through.
  const seen = new Set([held]);
  for (const target of seen)
    for (const node of holders.get(target) ?? []) {
      if (isOwnVariable(node, target)) continue;
      const entry = node.entries.find(({ value }) => value === target);
      const name = entry && nameOf(node, String(entry.key));
      if (name !== undefined) return name;
      if (node.kind !== kinds.record) seen.add(node);
    }
  return "it";
}

function nameOf({ kind, text, layout }: Node, key: string): string | undefined {
  if (key.startsWith("$")) return undefined;
  if (kind === kinds.record) return `the variable ${key} of ${text}`;
  if (kind === kinds.frame) return `the variable ${key} of ${shownName(layout!.site.text)}`;
  return kind === kinds.environment ? `the variable ${key}` : undefined;
}

/** The variable that a function or a class is itself. */
function isOwnVariable(holder: Node, held: Node): boolean {
  if (held.kind !== kinds.closure) return false;
  return (
    holder.kind === kinds.record || (holder.kind === kinds.environment && holder.field("$class") === held)
  );
}
