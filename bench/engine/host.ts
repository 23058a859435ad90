/**
 * A server with its workers, as `continua run` has one, for one run of a case.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as api from "../../src/api/index.ts";
import { bundle } from "../../src/compiler/index.ts";
import { giveBackMemory, openInprocPlatform, openProcessPlatform } from "../../src/platform/index.ts";
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "../../src/platform/platform.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { pack } from "../../src/protocol/pack.ts";
import { loadProgram } from "../../src/runtime/index.ts";
import { type RunResult, Server, systemClock } from "../../src/server/index.ts";
import { openFileStore, type Store } from "../../src/store/index.ts";
import { createProgramHost, createWorkerMain } from "../../src/worker/index.ts";
import { type ProgramName, programs } from "./programs.ts";

export interface HostOptions {
  /** One of the engine's, or what a module of one's own says. */
  readonly program: ProgramName | { readonly source: string };
  readonly platform: "inproc" | "process";
  readonly workers: number;
  readonly durability: "strict" | "group";
  /** Opens the store, which may have its files in the directory given; the one in a directory without it. */
  readonly store?: (path: string) => Promise<Store>;
  /** Told what workers print by themselves, line by line. */
  readonly said?: (line: string) => void;
}

export interface Host extends AsyncDisposable {
  readonly server: Server;
  /** Where its state is. */
  readonly path: string;
  /** Process ids of the workers; empty if they are in this process. */
  readonly workers: () => number[];
  /** Starts a run and waits for its result. */
  result(input: unknown): Promise<unknown>;
  start(input: unknown): Promise<() => Promise<unknown>>;
}

const namespaces = { continua: api };

export async function openHost(options: HostOptions): Promise<Host> {
  const path = mkdtempSync(join(tmpdir(), "continua-bench-"));
  const { program: wanted, store = inDirectory } = options;
  const built = await compiled(typeof wanted === "string" ? programs[wanted] : wanted.source);
  const program = await loadProgram(built, createProgramHost({ namespaces }));
  const inner =
    options.platform === "inproc"
      ? openInprocPlatform({ main: createWorkerMain({ namespaces }), handOver: true })
      : openProcessPlatform({ entry: fileURLToPath(new URL("./worker-main.js", import.meta.url)) });
  const platform = new Watched(inner);
  let tail = "";
  const server = await Server.open({
    store: await store(path),
    platform,
    clock: systemClock,
    random: Math.random,
    workers: options.workers,
    spare: options.platform === "process",
    durability: options.durability,
    giveBack: giveBackMemory,
    events: {
      workerPrinted({ text }) {
        const lines = (tail + text).split("\n");
        tail = lines.pop() ?? "";
        for (const line of lines) options.said?.(line);
      },
      taskFailed: ({ message }) => console.error(message),
    },
  });
  const bundle = { version: built.version, bytes: pack(built) };
  const start = async (input: unknown): Promise<() => Promise<unknown>> => {
    const run = await server.startRun(bundle, "bench", JSON.stringify(input));
    return async () => resultOf(await server.result(run));
  };
  const resultOf = ({ outcome }: RunResult): unknown => {
    if (outcome.kind === "value") return program.decode(outcome.value);
    throw new Error(`the run ended with ${outcome.kind}`);
  };
  return {
    server,
    path,
    workers: () => platform.pids(),
    start,
    result: async (input) => (await start(input))(),
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(path, { recursive: true });
    },
  };
}

function inDirectory(path: string): Promise<Store> {
  return openFileStore({ path, create: true });
}

/** A platform that knows the processes of its workers. */
class Watched implements Platform {
  readonly #inner: Platform;
  readonly #links = new Set<WorkerLink>();

  constructor(inner: Platform) {
    this.#inner = inner;
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    const link: WorkerLink = this.#inner.start(options, {
      received: (message) => events.received(message),
      printed: (stream, text) => events.printed(stream, text),
      exited: (death) => {
        this.#links.delete(link);
        events.exited(death);
      },
    });
    this.#links.add(link);
    return link;
  }

  pids(): number[] {
    return [...this.#links].map(({ name }) => Number(name)).filter((pid) => Number.isSafeInteger(pid));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

async function compiled(source: string): Promise<Bundle> {
  const result = await bundle(
    "bench.ts",
    {
      read: async () => source,
      resolve: async (name) => ({ kind: "foreign", name }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/bench", nodeMajor: Number(process.versions.node.split(".")[0]) },
  );
  if (result.bundle === undefined)
    throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  return result.bundle;
}

/** Bytes of the files below a directory: their lengths, and what the file system has given them. */
export function sizeOf(path: string): { readonly bytes: number; readonly disk: number } {
  let bytes = 0;
  let disk = 0;
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" })) {
    const found = statSync(join(path, name), { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    bytes += found.size;
    disk += found.blocks * 512;
  }
  return { bytes, disk };
}

/** Memory of a process, its share of what it shares with others counted in part (PSS); of Linux. */
export function memoryOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}
