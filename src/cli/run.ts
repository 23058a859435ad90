/** `continua run`: compiles, then starts a run and follows it. Nothing is written before the program has compiled. */
import { pack } from "../protocol/pack.ts";
import { drive } from "./drive.ts";
import type { DriveOptions } from "./options.ts";
import { compileProject, openProject } from "./project.ts";

export async function run(path: string, input: string, options: DriveOptions): Promise<void> {
  const bundle = await compileProject(openProject(path), (warning) => console.error(warning));
  await drive(options, true, async ({ server, follow }) => {
    const version = server.putBundle(pack(bundle));
    await follow(await server.startRun(version, path, input));
  });
}
