/**
 * Which loops need a poll at their back-edge, and where it stands.
 *
 * P1. A loop needs one if it can come round without a suspension. A suspension looks at the signal itself (the kernel elides no tick while
 *     it is raised), so that a loop which awaits something in every turn is frozen there.
 * P2. A loop that nothing else suspends is left to be polled, and entered again at its head. Within the loop there is but the look at the signal. The
 *     engine peels the first turn off such a loop, and knows the types of its variables from then on; a branch that has never been taken and
 *     does not leave the loop by a jump (a call, and a `return` of one, do not) would keep it from that.
 */
import { type Ir, jumps, mayJump, ownPoll, parts } from "./ir.ts";

/** What may stay in the loop. */
const within = new Set(["BreakStatement", "ContinueStatement"]);

/** Takes the other polls out, and puts those of P2 in their place. */
export function placePolls(list: readonly Ir[]): void {
  for (const item of list) {
    if (item.kind === "plain" || item.kind === "suspend" || item.kind === "poll") continue;
    for (const part of parts(item)) placePolls(part);
    if (item.kind !== "loop" && item.kind !== "forOf") continue;
    const [first, ...turn] = item.body;
    if (first?.kind !== "poll") continue;
    if (alwaysSuspends(turn)) item.body.shift();
    else if (!maySuspend(turn)) {
      item.poll = first;
      item.body.shift();
    }
  }
}

function maySuspend(list: readonly Ir[]): boolean {
  return list.some((item) => {
    if (item.kind === "plain") return false;
    if (item.kind === "suspend" || item.kind === "poll") return true;
    return ownPoll(item) !== undefined || parts(item).some(maySuspend);
  });
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
