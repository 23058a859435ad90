/**
 * `continua start`: a run for the server that has the state. Where none has it, the run is written down and waits for one (`serve`, `resume`).
 */
import type { RunId } from "../base/ids.ts";
import { pack } from "../protocol/pack.ts";
import { ask } from "./asking.ts";
import type { StartOptions } from "./options.ts";
import { compileProject, openProject } from "./project.ts";
import { printResult } from "./result.ts";

export async function start({ store, json, program, input, id, wait }: StartOptions): Promise<void> {
  const bundle = await compileProject(openProject(program), (warning) => console.error(warning));
  const { version } = bundle;
  const named = id === undefined ? {} : { id: id as RunId };
  const form = await ask(store, { kind: "start", version, bundle: pack(bundle), program, input, ...named });
  if (!wait) {
    if (json) return console.log(JSON.stringify(form, undefined, 2));
    return console.log(form.id);
  }
  console.error(`run ${form.id}${form.again ? " was started before" : ""}`);
  const { row, outcome, bundle: packed } = await ask(store, { kind: "result", run: form.id });
  const status = row.status as Exclude<typeof row.status, "running">;
  await printResult({ status, outcome, row }, packed);
}
