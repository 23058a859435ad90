/**
 * Entry of the worker processes of the bench: as that of the command line, but it tells moments.
 *
 * `REACHED MS`: what a program has published on the channel "bench", MS milliseconds after its task was taken up: from before its snapshot is
 * decoded, with its code loaded, to the program's own code running.
 */
import { subscribe } from "node:diagnostics_channel";
import * as api from "../../src/api/index.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { loadProgram } from "../../src/runtime/index.ts";
import type { Program, Task } from "../../src/runtime/types.ts";
import { createProgramHost, runWorkerProcess } from "../../src/worker/index.ts";

const namespaces = { continua: api };
const host = createProgramHost({ namespaces });
let began = 0;

async function load(bundle: Bundle): Promise<Program> {
  const program = await loadProgram(bundle, host);
  const make = program.task.bind(program);
  program.task = (id, taskHost): Task => {
    const task = make(id, taskHost);
    const begin = task.begin.bind(task);
    task.begin = (from) => {
      began = performance.now();
      begin(from);
    };
    return task;
  };
  return program;
}

subscribe("bench", () => {
  process.stdout.write(`REACHED ${(performance.now() - began).toFixed(4)}\n`);
  // Something open, as what a step waits for would be; else the worker finds that nothing can ever come of it.
  setInterval(() => {}, 3_600_000);
});
runWorkerProcess({ namespaces, load });
