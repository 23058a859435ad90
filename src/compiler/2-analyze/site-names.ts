/**
 * Site ids that survive edits elsewhere: the names of the enclosing functions and classes, joined by `/`, and an ordinal among
 * those that would have the same id otherwise: `main/retry`, `main/retry.2`, `Account/deposit`, `main/(anonymous)`.
 */
import { isClass, isFunction, type Node } from "../node.ts";
import type { Analysis } from "./scope.ts";

export interface SiteNames {
  idOf(node: Node): string;
  nameOf(node: Node): string;
}

export function siteNames(analysis: Analysis): SiteNames {
  const ids = new Map<Node, string>();
  const names = new Map<Node, string>();
  const used = new Map<string, number>();
  const walk = (node: Node, path: string): void => {
    let inner = path;
    if (isFunction(node) || isClass(node)) {
      const name: string = node["id"]?.name ?? analysis.nameOf.get(node) ?? "";
      names.set(node, name);
      const wanted = `${path === "" ? "" : `${path}/`}${name === "" ? "(anonymous)" : name}`;
      const ordinal = (used.get(wanted) ?? 0) + 1;
      used.set(wanted, ordinal);
      inner = ordinal === 1 ? wanted : `${wanted}.${ordinal}`;
      ids.set(node, inner);
    }
    for (const key in node) {
      const value = node[key];
      if (typeof value !== "object" || value === null || key === "loc") continue;
      if (Array.isArray(value)) {
        for (const item of value) if (typeof item?.type === "string") walk(item, inner);
      } else if (typeof value.type === "string") walk(value, inner);
    }
  };
  walk(analysis.module.node, "");
  return {
    idOf: (node) => ids.get(node) ?? "(module)",
    nameOf: (node) => names.get(node) ?? "(module)",
  };
}
