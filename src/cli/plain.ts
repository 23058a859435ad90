/**
 * `run --plain`: the same source in one ordinary process with native promises, as the reference that a durable run is
 * compared with. `call` runs the function here, or with `--workers N` in one of N other processes, on copies of its arguments.
 */
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import { endPlainly, installPlainHost } from "../api/plain.ts";
import { UserError } from "../base/errors.ts";
import { printJson } from "./json-form.ts";
import { PlainCrew } from "./plain-crew.ts";
import { fillPromise } from "./plain-promise.ts";
import { compileProject, openProject } from "./project.ts";
import { withoutOwnLines } from "./stack.ts";

/** `workers`: how many other processes run what is called; 0: none. */
export async function runPlain(path: string, input: string, workers: number): Promise<void> {
  const project = openProject(path);
  // The same errors and warnings as a durable run, before anything happens.
  await compileProject(project, (warning) => console.error(warning));
  fillPromise();
  // Stacks in the positions of the source, of which types are only a part.
  process.setSourceMapsEnabled(true);
  const print = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const program = pathToFileURL(project.program).href;
  const crew = workers === 0 ? undefined : new PlainCrew(program, workers);
  installPlainHost(crew?.host);
  register(new URL("./plain-hooks.js", import.meta.url), { data: { declares: crew !== undefined } });
  let result: unknown;
  let started = false;
  let ended = false;
  try {
    const { default: main } = await import(program);
    if (typeof main !== "function")
      throw new UserError(
        `${path}: has no default export to run; write: export default async function main() { ... }`,
      );
    started = true;
    result = await (input === "" ? main() : main(JSON.parse(input)));
    ended = true;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof SyntaxError && !started) {
      // It has compiled, so this Node is older than its syntax (`using` is known from Node 24 on).
      throw new UserError(
        `${path}: Node ${process.version} cannot run this without compiling: ${error.message}; run --plain on a newer Node`,
      );
    }
    throw new UserError(
      `${path} failed: ${error instanceof Error ? withoutOwnLines(error.stack ?? error.message) : String(error)}`,
      { exitCode: 1 },
    );
  } finally {
    endPlainly();
    if (!ended) crew?.kill();
  }
  print(`${printJson(result)}\n`);
  await crew?.close();
}
