import { assert } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";

export function workerJoined(draft: Draft, { worker, memoryMiB }: Command & { kind: "worker-joined" }): void {
  assert(draft.worker(worker) === undefined, `worker ${worker} has joined twice`);
  draft.setWorker(worker, {
    id: worker,
    draining: false,
    reserved: false,
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
  });
}
