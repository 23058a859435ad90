import { assert } from "../../base/errors.ts";
import { inboxOf, runOf } from "../../base/ids.ts";
import { inMiB, limits } from "../../base/limits.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { deliver } from "../gates.ts";
import { settleRuns } from "../runs.ts";
import { isOver, type State } from "../state.ts";

type Send = Command & { kind: "send" };

/** Why the message cannot be sent; undefined: it can. To be asked before the command. */
export function refuseMessage(
  state: State,
  { task, inbox, id, message }: Omit<Send, "kind" | "now">,
): string | undefined {
  if (id !== undefined && state.messageOf(inboxOf(task, inbox), id) !== undefined) return undefined;
  if (message.length > limits.payloadBytesMax)
    return `the message takes ${inMiB(message.length)}, over the limit of ${inMiB(limits.payloadBytesMax)}: send it in pieces, or the place where it can be read`;
  const row = state.tasks.get(task);
  if (row === undefined) return `there is no task ${task}, or it has ended and is forgotten`;
  if (isOver(row)) return `task ${row.name} (${task}) has ended: nobody will read its inbox "${inbox}"`;
  const items = state.gates.get(inboxOf(task, inbox))?.items;
  if (items !== undefined && items.next - items.first >= limits.inboxMessages)
    return `inbox "${inbox}" of task ${row.name} (${task}) is full: ${limits.inboxMessages} messages wait there; send this one later`;
  return undefined;
}

export function send(draft: Draft, { task, inbox, id, message, now }: Send): void {
  const gate = inboxOf(task, inbox);
  if (id !== undefined && draft.state.messageOf(gate, id) !== undefined) return;
  const row = draft.task(task);
  assert(row !== undefined && !isOver(row), `a message for ${task}, which is not there`);
  assert(draft.run(runOf(task))?.status === "running", `a message for a run that has ended: ${task}`);
  deliver(draft, gate, new TextEncoder().encode(message), id);
  settleRuns(draft, now);
}
