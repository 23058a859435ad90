/** What the contract suite asks of its worker; see contract-worker.ts for what each order means. */
import type { TaskId, Version } from "../base/ids.ts";
import type { ToWorker } from "../protocol/wire.ts";

export type Order = "throw" | "exit" | "spin" | "hoard" | "buffers" | "polls" | "print" | "child" | "daemon";

export function orderMessage(order: Order): ToWorker {
  return {
    kind: "activate",
    task: "t" as TaskId,
    epoch: 1,
    seq: 0,
    version: "v" as Version,
    from: { kind: "input", json: order },
    completions: [],
  };
}
