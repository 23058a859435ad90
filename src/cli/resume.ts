/** `continua resume`: follows a run of an earlier process to its end, or prints the result of one that has ended. */
import { UserError } from "../base/errors.ts";
import type { ServerOptions } from "../server/index.ts";
import { drive } from "./drive.ts";
import type { DriveOptions } from "./options.ts";

export async function resume(id: string | undefined, options: DriveOptions): Promise<void> {
  const drives: ServerOptions["drives"] = (run, all) =>
    id === undefined ? run === all.at(-1) : run.id === id;
  await drive(options, { create: false, drives }, async ({ server, follow }) => {
    const runs = server.runs();
    const chosen = id === undefined ? runs.at(-1) : runs.find((run) => run.id === id);
    if (chosen === undefined) {
      const known = runs.map((run) => `${run.id} (${run.program}, ${run.status})`).join(", ");
      throw new UserError(
        id === undefined
          ? `nothing to resume in ${options.store}: no run has been started there`
          : `there is no run ${id} in ${options.store}; there ${known === "" ? "is none at all" : `are: ${known}`}`,
      );
    }
    await follow(chosen.id);
  });
}
