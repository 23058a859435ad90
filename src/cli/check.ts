/** `continua check`: compiles the program, writes nothing. */
import { compileProject, openProject } from "./project.ts";

export async function check(program: string): Promise<void> {
  const bundle = await compileProject(openProject(program), (warning) => console.error(warning));
  console.error(`${program}: ${bundle.modules.length} modules, no errors`);
}
