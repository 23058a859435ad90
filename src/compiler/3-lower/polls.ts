/**
 * Which loops need a poll at their back-edge: those that can come round without a suspension. A suspension looks at the signal itself
 * (the kernel elides no tick while it is raised), so that a loop which awaits something in every turn is frozen there.
 */
import { type Ir, jumps, mayJump, parts } from "./ir.ts";

/** What may stay in the loop. */
const within = new Set(["BreakStatement", "ContinueStatement"]);

/** Takes the other polls out. */
export function dropPolls(list: readonly Ir[]): void {
  for (const item of list) {
    if (item.kind === "plain" || item.kind === "suspend" || item.kind === "poll") continue;
    for (const part of parts(item)) dropPolls(part);
    if (item.kind !== "loop" && item.kind !== "forOf") continue;
    const [first, ...turn] = item.body;
    if (first?.kind === "poll" && alwaysSuspends(turn)) item.body.shift();
  }
}

/** Whether no way leads to the end of the list, or round a loop around it, but through a suspension. */
function alwaysSuspends(list: readonly Ir[]): boolean {
  for (const item of list) {
    switch (item.kind) {
      case "suspend":
        return true;
      case "if":
        if (alwaysSuspends(item.then) && alwaysSuspends(item.otherwise)) return true;
        break;
      case "block":
        if (alwaysSuspends(item.body)) return true;
        break;
      case "finally":
        if (!jumps(item.finalizer, within) && alwaysSuspends(item.block)) return true;
        break;
      case "record":
        if (alwaysSuspends(item.finalizer)) return true;
    }
    if (mayJump(item, within)) return false;
  }
  return false;
}
