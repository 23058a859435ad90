/** What tasks wait for, in words. */
import type { GateId, TaskId } from "../base/ids.ts";
import type { GateRow, TaskRow } from "../protocol/rows.ts";
import { describeGate } from "./gates.ts";
import type { Wait } from "./state.ts";

/** Where the rows that a wait speaks of are looked up. */
export interface Known {
  task(id: TaskId): TaskRow | undefined;
  gate(id: GateId): GateRow | undefined;
}

export function waitText(known: Known, wait: Wait): string {
  const named = (id: TaskId): string => {
    const row = known.task(id);
    return row === undefined ? id : describe(row);
  };
  if (wait.kind === "any") {
    const choices = [...wait.waits.values()].map((single) => waitText(known, single));
    return choices.length === 1 ? choices[0]! : `one of: ${choices.join("; ")}`;
  }
  if (wait.kind === "timer") return "a timer";
  if (wait.kind === "join") return `the end of ${named(wait.task)}`;
  const { gate, side } = wait.waiter;
  const row = known.gate(gate)!;
  const name = describeGate(row);
  if (row.is.kind === "queue") return side === "in" ? `room in ${name}` : `an item of ${name}`;
  if (row.is.kind === "inbox") return `a message in ${name}`;
  if (row.is.kind === "barrier") return `others at ${name}`;
  return `${name}, held by ${[...new Set(row.holders.map(({ task }) => named(task)))].join(" and ")}`;
}

export function describe(row: TaskRow): string {
  return `task ${row.name} (${row.id})`;
}
