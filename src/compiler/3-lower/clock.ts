/**
 * Where a program reads the clock, which is the task's (runtime, clock.ts): a word of the kernel for each way to do it.
 *
 *   Date.now()      $k.clock.now(Date)
 *   new Date()      $k.clock.date(Date)
 *   Date()          $k.clock.text(Date)
 *   Date.now        $k.clock.reader(Date)
 *
 * `Date` is the global one there, whatever somebody has put in its place. As a value it stays the realm's: so a date is `instanceof` it, whoever has made it.
 */
import type { Analysis } from "../2-analyze/scope.ts";
import type { Node } from "../node.ts";

export interface ClockWord {
  readonly word: "now" | "date" | "text" | "reader";
  readonly date: Node;
}

export function clockWord(node: Node, analysis: Analysis): ClockWord | null {
  const isGlobal = (each: Node): boolean =>
    each.type === "Identifier" && each["name"] === "Date" && !analysis.bindingOf.has(each);
  if (node.type === "MemberExpression") {
    const { object, property, computed, optional } = node as Node & { object: Node; property: Node };
    const isNow = !computed && !optional && property["name"] === "now" && isGlobal(object);
    return isNow ? { word: "reader", date: object } : null;
  }
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return null;
  const { callee } = node as Node & { callee: Node };
  if (node["arguments"].length > 0 || node["optional"]) return null;
  if (isGlobal(callee)) return { word: node.type === "NewExpression" ? "date" : "text", date: callee };
  if (node.type === "NewExpression") return null;
  const read = clockWord(callee, analysis);
  return read?.word === "reader" ? { word: "now", date: read.date } : null;
}
