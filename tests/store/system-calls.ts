/**
 * What processes really asked of the system, as `strace` writes it down: the only witness for "flushed before it was said", since a process
 * that is killed leaves its unflushed writes to the system, which keeps them.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One call: where in the transcript it began and where it had ended. */
export interface SystemCall {
  readonly name: string;
  /** Of the file that it is about, if the transcript names one. */
  readonly path: string;
  readonly text: string;
  readonly began: number;
  readonly ended: number;
}

/** Why there can be no transcript here, or false. */
export function noTranscripts(): string | false {
  const { status, error } = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]);
  if (error !== undefined) return "strace is not installed (scripts/install-test-servers.sh does it)";
  return status === 0 ? false : "strace is not permitted here";
}

/** Runs `node` under strace, to its end or until it kills itself. */
export function transcribe(file: string, args: readonly string[]): { calls: SystemCall[]; stdout: string } {
  const watched =
    "openat,pwrite64,pwritev,pwritev2,write,writev,sendmsg,sendto,fdatasync,fsync,unlink,unlinkat,rename";
  const { stdout } = spawnSync(
    "strace",
    ["-f", "-y", "-s", "4096", "-e", `trace=${watched}`, "-o", file, process.execPath, ...args],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  return { calls: parseTranscript(readFileSync(file, "latin1")), stdout };
}

export function parseTranscript(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  text.split("\n").forEach((line, index) => {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (begun !== undefined) {
      unfinished.set(thread, { text: begun, began: index });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const before = resumed === undefined ? undefined : unfinished.get(thread);
    const whole = before === undefined ? rest : before.text + resumed;
    const [, name, args = "", result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(whole) ?? [];
    if (name === undefined || Number(result) < 0) return;
    const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? /"([^"]*)"/.exec(args)?.[1] ?? "";
    calls.push({ name, path, text: whole, began: before?.began ?? index, ended: index });
  });
  return calls.sort((one, other) => one.began - other.began);
}

export const isWrite = /^p?writev?(64|2)?$/;

/** Writes to files whose path matches that had ended, and were not flushed, when the transcript was at `moment`. */
export function unflushed(calls: readonly SystemCall[], files: RegExp, moment: number): SystemCall[] {
  const about = calls.filter(({ path }) => files.test(path));
  const flushes = about.filter(({ name, ended }) => /^(fdatasync|fsync)$/.test(name) && ended < moment);
  const throughout = new Set(
    about
      .filter(({ name, text }) => name === "openat" && /O_DSYNC/.test(text))
      .map(({ text }) => fileNumber(text)),
  );
  return about.filter(
    (write) =>
      isWrite.test(write.name) &&
      write.began < moment &&
      !throughout.has(/^\w+\((\d+)</.exec(write.text)?.[1]) &&
      !flushes.some((flush) => flush.path === write.path && flush.began > write.ended),
  );
}

/** What was flushed at `moment`: writes to files whose path matches, whose text does. */
export function flushedWrites(calls: readonly SystemCall[], files: RegExp, moment: number): SystemCall[] {
  const still = new Set(unflushed(calls, files, moment));
  return calls.filter(
    (call) => isWrite.test(call.name) && files.test(call.path) && call.began < moment && !still.has(call),
  );
}

function fileNumber(text: string): string | undefined {
  return /= (\d+)/.exec(text)?.[1];
}
