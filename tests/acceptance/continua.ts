/** Runs the real command line in a process of its own, as a user does. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
const bin = join(repository, "bin/continua.js");

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** Resolves with the match once stderr (so far, and what comes) matches; rejects if the process ends without. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same of stdout. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

export function start(args: readonly string[], cwd = repository): Running {
  const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text) => {
      texts[name] += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Ended>((resolve) => child.on("close", (status) => resolve({ status, ...texts })));
  const match = (name: keyof typeof texts, pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(texts[name]);
        if (found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without ${pattern}; stderr:\n${texts.stderr}`)));
    });
  return {
    process: child,
    ended,
    seen: (pattern) => match("stderr", pattern),
    said: (pattern) => match("stdout", pattern),
  };
}

export function continua(args: readonly string[], cwd = repository): Promise<Ended> {
  return start(args, cwd).ended;
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: { after(fn: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "continua-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
