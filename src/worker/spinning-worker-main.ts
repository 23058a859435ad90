/**
 * Entry of a worker process for process.test.ts: real in everything but its program, whose tasks compute for ever and poll as compiled
 * loops do. A snapshot of theirs is the number of their runs.
 */
import type { TaskId } from "../base/ids.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { signal } from "../runtime/index.ts";
import type { Program, Task, TaskHost } from "../runtime/types.ts";
import { runWorkerProcess } from "./process.ts";

function spinningTask(id: TaskId, host: TaskHost): Task {
  let runs = 0;
  return {
    id,
    begin() {},
    deliver() {},
    run() {
      runs += 1;
      while (signal[0] === 0 || !host.freeze());
      return { kind: "frozen" };
    },
    takeEffects: () => [],
    refuse: () => [],
    takeConsumed: () => [],
    snapshot: () => new TextEncoder().encode(String(runs)),
    bound: false,
    drop() {},
  };
}

async function load(bundle: Bundle): Promise<Program> {
  return { bundle, task: spinningTask, decode: () => undefined };
}

runWorkerProcess({ namespaces: {}, load });
