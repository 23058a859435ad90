/** `continua resume`: follows a run of an earlier process to its end, or prints the result of one that has ended. */
import { UserError } from "../base/errors.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { unpack } from "../protocol/pack.ts";
import type { RunRow } from "../protocol/rows.ts";
import type { ServerOptions } from "../server/index.ts";
import { drive } from "./drive.ts";
import type { DriveOptions } from "./options.ts";
import { changedModules, checkForeign } from "./versions.ts";

export async function resume(id: string | undefined, options: DriveOptions): Promise<void> {
  const drives: ServerOptions["drives"] = (run, all) =>
    id === undefined ? run === all.at(-1) : run.id === id;
  await drive(options, { create: false, again: "resume", drives }, async ({ server, follow }) => {
    const runs = server.runs();
    const chosen = id === undefined ? runs.at(-1) : runs.find((run) => run.id === id);
    if (chosen === undefined) {
      const known = runs.map((run) => `${run.id} (${run.program}, ${run.status})`).join(", ");
      throw new UserError(
        id === undefined
          ? `there is no run in ${options.store}: none has been started there`
          : `there is no run ${id} in ${options.store}; there ${known === "" ? "is none at all" : `are: ${known}`}`,
      );
    }
    const bundle = server.bundle(chosen.version);
    if (chosen.status === "running" && bundle !== undefined)
      sayVersion(chosen, unpack(bundle) as Bundle, (text) => options.quiet || console.error(text));
    await follow(chosen.id);
  });
}

/** A run goes on with the code that it began with; who has changed it since is told. @throws {UserError} if what it needs besides is not there. */
function sayVersion({ id }: RunRow, bundle: Bundle, tell: (text: string) => void): void {
  checkForeign(id, bundle, tell);
  const [first, ...others] = changedModules(bundle);
  if (first === undefined) return;
  const changed = others.length === 0 ? `${first} has` : `${first} and ${others.length} more modules have`;
  tell(
    `run ${id} goes on with its program as it was; ${changed} changed since (continua upgrade ${id} moves it)`,
  );
}
