/** `continua run`: compiles, then starts a run and follows it. Nothing is written before the program has compiled. */
import { pack } from "../protocol/pack.ts";
import { drive } from "./drive.ts";
import type { DriveOptions } from "./options.ts";
import { compileProject, openProject } from "./project.ts";

export async function run(path: string, input: string, options: DriveOptions): Promise<void> {
  const tell = options.quiet ? undefined : (warning: string) => console.error(warning);
  const bundle = await compileProject(openProject(path), tell);
  await drive(options, { create: true, again: "resume", drives: () => false }, async ({ server, follow }) => {
    const unfinished = server.runs().filter(({ status }) => status === "running");
    if (unfinished.length > 0 && !options.quiet) {
      console.error(
        `unfinished here, and left as they are: ${unfinished.map(({ id }) => id).join(", ")} (continua resume RUN)`,
      );
    }
    const packed = { version: bundle.version, bytes: pack(bundle) };
    await follow(await server.startRun(packed, path, input));
  });
}
