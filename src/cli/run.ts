/**
 * `continua run`: compiles, then starts a run and follows it. Nothing is written before the program has compiled; but the workers are started before
 * everything else, and what they and this process load is loaded at the same time.
 */
import { pack } from "../protocol/pack.ts";
import type { DriveOptions } from "./options.ts";
import { openWorkers } from "./workers.ts";

export async function run(path: string, input: string, options: DriveOptions): Promise<void> {
  const workers = openWorkers(options, { now: true });
  const say = options.quiet ? undefined : (text: string) => console.error(text);
  try {
    const { compileProject, openProject } = await import("./project.ts");
    const bundle = await compileProject(openProject(path), say);
    const { drive } = await import("./drive.ts");
    const how = { create: true, again: "resume", drives: () => false, workers } as const;
    await drive(options, how, async ({ server, follow }) => {
      const unfinished = server.runs().filter(({ status }) => status === "running");
      if (unfinished.length > 0)
        say?.(
          `unfinished here, and left as they are: ${unfinished.map(({ id }) => id).join(", ")} (continua resume RUN)`,
        );
      const packed = { version: bundle.version, bytes: pack(bundle) };
      await follow(await server.startRun(packed, path, input));
    });
  } finally {
    await workers.platform.close();
  }
}
