/**
 * Who holds a store: a process, told from a later one with the same number by the time it started at.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

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

/** An owner that need not be a process of this machine. */
export interface HostOwner extends Owner {
  /** For people. */
  readonly host: string;
  /** Where its number means something: one system since its start, and within that one container. Absent where the system does not tell. */
  readonly space?: string;
}

export interface Hosts {
  own(): HostOwner;
  fate(owner: HostOwner): "alive" | "dead" | "unknown";
}

export const systemHosts: Hosts = {
  own() {
    const space = spaceOfNumbers();
    return { ...systemProcesses.own(), host: hostname(), ...(space === undefined ? {} : { space }) };
  },
  fate(owner) {
    if (owner.space === undefined || owner.space !== spaceOfNumbers()) return "unknown";
    return systemProcesses.isAlive(owner) ? "alive" : "dead";
  },
};

function spaceOfNumbers(): string | undefined {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}
