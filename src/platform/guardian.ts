/**
 * A small process that ends frozen workers when the process that froze them is gone: they cannot see to it themselves, and the system does
 * not wake them up. It is a shell that reads the numbers of process groups from its stdin, `+` before those to be killed when its stdin
 * ends, `-` before those that have ended.
 */
import { type ChildProcess, spawn } from "node:child_process";

const script = `
  all=""
  while read -r sign group; do
    left=""
    for each in $all; do [ "$each" = "-$group" ] || left="$left $each"; done
    all="$left"
    [ "$sign" = "+" ] && all="$all -$group"
  done
  [ -z "$all" ] || kill -s KILL -- $all`;

export class Guardian {
  #shell: ChildProcess | undefined;
  readonly #watched = new Set<number>();

  /** From now on the group with this number ends with this process. */
  watch(group: number): void {
    if (this.#watched.has(group)) return;
    this.#watched.add(group);
    // A group of its own: what is sent to that of this process must not reach it.
    this.#shell ??= start();
    this.#shell.stdin?.write(`+ ${group}\n`);
  }

  /** The group has ended, and its number may be another's soon. */
  forget(group: number): void {
    if (this.#watched.delete(group)) this.#shell?.stdin?.write(`- ${group}\n`);
  }

  /** Once all workers have ended. */
  close(): void {
    this.#shell?.kill("SIGKILL");
    this.#shell = undefined;
    this.#watched.clear();
  }
}

function start(): ChildProcess {
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  (shell.stdin as { unref?(): void }).unref?.();
  return shell;
}
