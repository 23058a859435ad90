/**
 * A run and the world that it goes on in (design T6, H17): its program as it was at its start, foreign packages as they are now.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.ts";
import type { Bundle, ForeignPackage } from "../protocol/bundle.ts";
import { nodeMajor, packageFile } from "./project.ts";

/** Modules of the program whose files have changed since it was compiled, or are gone. */
export function changedModules({ root, modules }: Bundle): string[] {
  return modules.filter(({ id, source }) => textOf(join(root, id)) !== source).map(({ id }) => id);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Packages run as they are: another one than that with which the run was started may not have what its tasks hold. What is about the same, `warn` tells.
 *
 * @throws {UserError} for another major version, of a package or of Node.
 */
export function checkForeign(run: string, bundle: Bundle, warn: (text: string) => void): void {
  const wayOut = `or move the run to what is there now: continua upgrade ${run}`;
  if (bundle.nodeMajor !== nodeMajor)
    throw new UserError(
      `run ${run} was started with Node ${bundle.nodeMajor}, and this is ${process.version}: go on with Node ${bundle.nodeMajor}, ${wayOut}`,
    );
  for (const { name, version, path } of bundle.packages ?? []) {
    const now = packageFile(join(bundle.root, path))?.version;
    if (now === version) continue;
    if (now !== undefined && rangeOf(now) === rangeOf(version)) {
      warn(`run ${run} was started with ${name}@${version}, and goes on with ${name}@${now}`);
      continue;
    }
    const there = now === undefined ? `it is not in ${path} any more` : `${name}@${now} is installed`;
    throw new UserError(
      `run ${run} was started with ${name}@${version}, and ${there}: install ${name}@${version} again, ${wayOut}`,
    );
  }
}

/** What counts as the same: the first number that is not 0, with what is before it. */
function rangeOf(version: ForeignPackage["version"]): string {
  return /^(0\.)*\d+/.exec(version)?.[0] ?? version;
}
