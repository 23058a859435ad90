/** `continua upgrade`: moves a run to its program as it is now, if all that its tasks have written can go on there. */
import { UserError } from "../base/errors.ts";
import { pack } from "../protocol/pack.ts";
import { codeOf } from "../runtime/index.ts";
import { createProgramHost } from "../worker/index.ts";
import { ask } from "./asking.ts";
import type { UpgradeOptions } from "./options.ts";
import { compileForUpgrade, openProject, type Project } from "./project.ts";

/** Tasks that are listed; the reasons are mostly the same for all. */
const listedMax = 20;

export async function upgrade({ store, json, run, program, check }: UpgradeOptions): Promise<void> {
  const found = await ask(store, { kind: "run", ...(run === undefined ? {} : { id: run }) });
  const project = projectOf(found.id, program ?? found.program);
  const bundle = await compileForUpgrade(project);
  const code = codeOf(bundle, createProgramHost({ namespaces: {} }));
  const form = await ask(store, { kind: "upgrade", run: found.id, bundle: pack(bundle), code, check });
  if (json) console.log(JSON.stringify(form, undefined, 2));
  const { moves, obstacles, tasks, from, to } = form;
  if (!moves) {
    const listed = obstacles
      .slice(0, listedMax)
      .map(({ where, reasons }) => `  ${where}:\n${reasons.map((reason) => `    ${reason}`).join("\n")}`);
    if (obstacles.length > listedMax) listed.push(`  and ${obstacles.length - listedMax} more`);
    throw new UserError(
      `run ${found.id} cannot be moved, and goes on with its program as it was:\n${listed.join("\n")}\nundo these changes and try again, or let the run end first`,
    );
  }
  if (json) return;
  const what = tasks === 1 ? "its task" : `its ${tasks} tasks`;
  if (from === to) console.log(`run ${found.id} has this code already`);
  else if (check) console.log(`run ${found.id} can be moved, with ${what}`);
  else console.log(`run ${found.id} goes on with ${found.program} as it is now, and so do ${what}`);
}

function projectOf(run: string, path: string): Project {
  try {
    return openProject(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message}; if the program of run ${run} is elsewhere now: --program PATH`);
  }
}
