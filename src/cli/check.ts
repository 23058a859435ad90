/**
 * `continua check`: compiles the program and writes nothing; tells what is likely not meant; and, where the project has TypeScript, says which
 * variables hold something across an await that cannot be saved, before a run finds out.
 */
import { UserError } from "../base/errors.ts";
import { type Diagnostic, formatDiagnostic } from "../compiler/diagnostic.ts";
import { problemsOf } from "./problems.ts";
import { openProject } from "./project.ts";

/** What `--json` prints. */
interface CheckForm {
  readonly program: string;
  /** 0 if there are compile errors. */
  readonly modules: number;
  /** Whether types were looked at. */
  readonly types: boolean;
  /** In the order of modules and lines. `rule` is absent of compile errors. */
  readonly problems: readonly Diagnostic[];
}

/** @throws {UserError} exit code 2 if it does not compile, 1 if something held cannot be saved. Warnings alone are no failure. */
export async function check(program: string, json: boolean): Promise<void> {
  const project = openProject(program);
  const { sources, ...found } = await problemsOf(project, { withTypes: true });
  const form: CheckForm = { program, ...found };
  const { problems, modules } = found;
  if (json) console.log(JSON.stringify(form, undefined, 2));
  else for (const each of problems) console.error(formatDiagnostic(each, sources.get(each.id)));
  const summary = summaryOf(form, project.root);
  if (modules === 0 || problems.some(({ severity }) => severity === "error"))
    throw new UserError(summary, { exitCode: modules === 0 ? 2 : 1 });
  console.error(summary);
}

function summaryOf({ program, modules, types, problems }: CheckForm, root: string): string {
  const count = (severity: Diagnostic["severity"]) =>
    problems.filter((each) => each.severity === severity).length;
  const some = (number: number, word: string) =>
    `${number === 0 ? "no" : number} ${word}${number === 1 ? "" : "s"}`;
  const unseen = types || modules === 0 ? "" : `; types not looked at (no typescript in ${root})`;
  return `${program}: ${some(modules, "module")}, ${some(count("error"), "error")}, ${some(count("warning"), "warning")}${unseen}`;
}
