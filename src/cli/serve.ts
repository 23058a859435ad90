/**
 * `continua serve`: a server that stays. It drives every run in its state, and takes new ones from `continua start`; `list`, `show`, `logs` and the
 * others ask it. What it is in the middle of goes on with the next server, however this one ends.
 */
import { formatDuration } from "../base/duration.ts";
import { UserError } from "../base/errors.ts";
import type { RunRow } from "../protocol/rows.ts";
import { controlPath } from "../server/index.ts";
import { drive } from "./drive.ts";
import type { DriveOptions } from "./options.ts";

export async function serve(options: DriveOptions): Promise<void> {
  if (controlPath(options.store) === undefined)
    throw new UserError(
      `--store ${options.store}: nobody could start anything there; give file:DIR or redis://HOST:PORT`,
    );
  const say = (text: string): void => {
    if (!options.quiet) console.error(text);
  };
  const runStarted = ({ id, program }: RunRow): void => say(`run ${id} started: ${program}`);
  const runEnded = ({ id, status, startedAt, endedAt, message }: RunRow): void =>
    say(
      `run ${id} ${status} after ${formatDuration((endedAt ?? startedAt) - startedAt)}${message === undefined ? "" : `: ${message}`}`,
    );
  await drive(
    options,
    { create: true, again: "serve", runStarted, runEnded },
    async ({ server, chaos, whenOver }) => {
      const unfinished = server.runs().filter(({ status }) => status === "running");
      say(
        `serving ${options.store}, ${unfinished.length === 0 ? "where nothing is unfinished" : `going on with ${unfinished.map(({ id }) => id).join(", ")}`}; continua start PROGRAM starts a run, Ctrl-C stops`,
      );
      const endChaos = chaos();
      // A server that has nothing to do has nothing else that keeps its process.
      const held = setInterval(() => {}, 2 ** 30);
      await whenOver.finally(() => {
        endChaos();
        clearInterval(held);
      });
    },
  );
}
