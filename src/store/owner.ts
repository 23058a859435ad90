/**
 * Who holds a directory: a process, told from a later one with the same number by the time it started at.
 */
import { readFileSync } from "node:fs";

export interface Owner {
  readonly pid: number;
  /** In the system's own unit; absent where the system does not tell. */
  readonly startedAt?: string;
}

/** What is asked of the system; replaced in tests. */
export interface Processes {
  own(): Owner;
  isAlive(owner: Owner): boolean;
}

export const systemProcesses: Processes = {
  own() {
    return ownerOf(process.pid);
  },
  isAlive({ pid, startedAt }) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: there is one, and it belongs to somebody else.
      if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
    }
    const now = ownerOf(pid).startedAt;
    return startedAt === undefined || now === undefined || startedAt === now;
  },
};

function ownerOf(pid: number): Owner {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command's name in brackets, and may hold anything; the start time is field 22.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const startedAt = fields[19];
    // A zombie has ended; only its number is still taken.
    if (startedAt !== undefined) return { pid, startedAt: fields[0] === "Z" ? "ended" : startedAt };
  } catch {
    // No such process, or no /proc here: its number has to do.
  }
  return { pid };
}
