/**
 * The command line. Each command is a file, loaded when it is asked for; this one chooses, and turns every failure into a message and an exit code.
 * This room and the dashboard are the only places that read the environment.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Bug, UserError } from "../base/errors.ts";
import { parseCommandLine, usage } from "./options.ts";

/** Sets `process.exitCode`; see `usage` for what it says. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: Error & { readonly code?: string }) => {
    // Who reads it has had enough (`| head`): nobody misses the rest, and the command comes to its end.
    if (error.code !== "EPIPE") throw error;
  });
  try {
    const line = parseCommandLine(args, availableParallelism());
    switch (line.command) {
      case "help":
        console.log(usage);
        return;
      case "version":
        console.log(packageVersion());
        return;
      case "check":
        return await (await import("./check.ts")).check(line.program, line.json);
      case "lsp": {
        const { lsp } = await import("./lsp.ts");
        process.exitCode = (await lsp(process.stdin, process.stdout)) ? 0 : 1;
        return void process.stdin.destroy();
      }
      case "run":
        return line.plain === undefined
          ? await (await import("./run.ts")).run(line.program, line.input, line.drive)
          : await (await import("./plain.ts")).runPlain(line.program, line.input, line.plain);
      case "list":
        return await (await import("./look.ts")).list(line.look);
      case "show":
        return await (await import("./look.ts")).show(line.id, line.look);
      case "why":
        return await (await import("./look.ts")).why(line.id, line.look);
      case "logs":
        return await (await import("./look.ts")).logs(line.id, line.look);
      case "cancel":
        return await (await import("./tell.ts")).cancel(line.cancel);
      case "fork":
        return await (await import("./tell.ts")).fork(line.fork);
      case "upgrade":
        return await (await import("./upgrade.ts")).upgrade(line.upgrade);
      case "send":
        return await (await import("./tell.ts")).send(line.send);
      case "serve":
        return await (await import("./serve.ts")).serve(line.drive);
      case "start":
        return await (await import("./start.ts")).start(line.start);
      case "resume":
        return await (await import("./resume.ts")).resume(line.run, line.drive);
    }
  } catch (error) {
    process.exitCode = fail(error);
  }
}

function fail(error: unknown): number {
  if (error instanceof UserError) {
    console.error(`continua: ${error.message}`);
    return error.exitCode;
  }
  const title = error instanceof Bug ? "a bug in continua" : "an unexpected error";
  console.error(
    `continua: ${title}; please report it with this text\n${error instanceof Error ? error.stack : String(error)}`,
  );
  return 2;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  return version;
}
