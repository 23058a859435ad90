/**
 * The hash by which a snapshot's site and a program's are known to be the same one: what is kept of the one is then right for the other.
 *
 * H1. Of a function it says what the function does (its tokens) and how the variables around it lie: the environments up to the module's record, with
 *     their fields. A closure whose own text is as it was may read another field, or one environment further up, when the function around it has changed.
 * H2. Of a class over nothing but its module it says what objects of it, and the class itself, are made of: all but the parameters and bodies of its
 *     methods and accessors. Those are code and no state: an object finds them in its class. A constructor is no such method, for it makes objects what they are.
 */
import type { ClassInfo, Env } from "../2-analyze/scope.ts";
import { hashText } from "../hash.ts";
import type { Node } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";

export function siteHash(cx: Context, { node, kind, env }: SiteEntry): string {
  const { tokens } = cx.parsed;
  const isOfModule = kind === "class" && isOverModule(cx.analysis.classOf.get(node)!, env);
  const text = tokens.hash(node.start ?? 0, node.end ?? 0, isOfModule ? bodies(node) : []);
  return env === null ? text : hashText(JSON.stringify([text, ...fieldsAround(env)]));
}

/** Nothing lies between the class and its module but an environment of its own. */
function isOverModule({ scope }: ClassInfo, env: Env | null): boolean {
  return env === null || (env.scope === scope && env.up === null);
}

function bodies(node: Node): { readonly start: number; readonly end: number }[] {
  return (node["body"].body as Node[])
    .filter((member) => member.type === "MethodDefinition" && member["kind"] !== "constructor")
    .map(({ value }) => ({ start: value.start, end: value.end }));
}

function fieldsAround(env: Env): (readonly string[])[] {
  const found: (readonly string[])[] = [];
  for (let at: Env | null = env; at !== null; at = at.up) {
    const fields: string[] = [];
    for (const { storage } of at.scope.bindings.values())
      if (storage.kind === "env" && storage.env === at) fields.push(storage.field);
    found.push([at.scope.kind, ...fields.sort()]);
  }
  return found;
}
