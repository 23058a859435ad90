/**
 * Workers as child processes that live no longer than a function would: the platform of `continua run`.
 *
 * A worker is `node ENTRY ARGUMENTS`, without stdin, with stdout and stderr as pipes (→ `printed`) and a pair of sockets as descriptor 3
 * that carries frames. It leads a process group of its own: Ctrl-C in a terminal reaches the server only, which then decides; and
 * whatever the worker has started dies with it.
 *
 * P1 (exactly one `exited`, after the last message): it is sent when the process has been reaped and the line has ended. Output that
 *    a grandchild might still hold open is waited for a moment only.
 * P2 (time limit, no survivors): the timer is here, SIGKILL asks nobody; the watchdog in the child (watchdog.ts) does the same if this
 *    process is gone or blocked. A frozen child has no watchdog: if this process is gone, the guardian (guardian.ts) ends it.
 * P3 (frozen): SIGSTOP to the group, SIGCONT before the next message. On systems without groups nothing is frozen.
 */
import { ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import { formatDuration } from "../base/duration.ts";
import { Bug } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { encodeFrame, FrameDecoder } from "../protocol/frames.ts";
import type { DeathKind } from "../protocol/rows.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import { Guardian } from "./guardian.ts";
import { foundAtLast, withoutLastLook } from "./last-look.ts";
import type { Death, Platform, WorkerEvents, WorkerLink, WorkerOptions } from "./platform.ts";
import { type ChildArguments, lineFd } from "./process-child.ts";

/** Of what a worker wrote to stderr, kept for the report of its death. V8's last words are some 4 KiB. */
const tailCharsMax = 8_192;
/** What V8 begins its last words with. */
const heapIsFull = "<--- Last few GCs --->";
/** Of that, shown in `detail`. */
const detailCharsMax = 1_000;
/** How long after a worker's death its stdout and stderr may stay open (in the hands of a process that it started elsewhere). */
const lateOutputMs = 500;

const hasGroups = process.platform !== "win32";

/** `entry`: path of the worker's entry file. It calls `connectToParent`. */
export function openProcessPlatform(options: { readonly entry: string }): Platform {
  return new ProcessPlatform(options.entry);
}

class ProcessPlatform implements Platform {
  readonly #entry: string;
  readonly #workers = new Set<WorkerProcess>();
  readonly #guardian = new Guardian();
  #closed = false;

  constructor(entry: string) {
    this.#entry = entry;
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    if (this.#closed) throw new Bug("a worker was started on a closed platform");
    const worker: WorkerProcess = new WorkerProcess(
      startChild(this.#entry, options),
      options,
      this.#guardian,
      {
        received: (message) => events.received(message),
        printed: (stream, text) => events.printed(stream, text),
        exited: (death) => {
          this.#workers.delete(worker);
          events.exited(death);
          worker.end();
        },
      },
    );
    this.#workers.add(worker);
    return worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#workers].map((worker) => worker.ended);
    for (const worker of this.#workers) worker.kill("closed");
    await Promise.all(ends);
    this.#guardian.close();
  }
}

function startChild(entry: string, options: WorkerOptions): ChildProcess {
  const args: ChildArguments = { parent: process.pid, options };
  const flags = options.memoryMiB === undefined ? [] : [`--max-old-space-size=${options.memoryMiB}`];
  // The child's environment is ours, without the flags that are meant for this very process.
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    return spawn(process.execPath, [...flags, entry, JSON.stringify(args)], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env,
      detached: hasGroups,
      windowsHide: true,
    });
  } catch (error) {
    // Some failures come as an event, some (no memory) as an exception. To the caller all are deaths.
    const child = new ChildProcess();
    process.nextTick(() => child.emit("error", error as Error));
    return child;
  }
}

class WorkerProcess implements WorkerLink {
  readonly name: string;
  readonly ended: Promise<void>;
  /** Resolves `ended`. */
  end: () => void = () => {};
  readonly #child: ChildProcess;
  readonly #options: WorkerOptions;
  readonly #guardian: Guardian;
  readonly #events: WorkerEvents;
  readonly #streams: readonly (Readable | Writable | null | undefined)[];
  readonly #line: Duplex | undefined;
  readonly #decoder = new FrameDecoder<FromWorker>();
  #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #frozen = false;
  /** It has said so. */
  #ready = false;
  #killed: DeathKind | "closed" | undefined;
  /** When its time began and when it was up, how long it had waited for a processor in all. */
  #waited: { readonly before: number | undefined; readonly after: number | undefined } | undefined;
  #tail = "";
  #lastWords = false;
  /** Why this side gave up on the worker. */
  #trouble: string | undefined;
  #reaped: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  #lineEnded = false;
  #over = false;

  constructor(child: ChildProcess, options: WorkerOptions, guardian: Guardian, events: WorkerEvents) {
    this.#child = child;
    this.#guardian = guardian;
    this.#options = options;
    this.#events = events;
    this.name = String(child.pid ?? "not started");
    // A child that could not be started has no streams, or has them in vain.
    this.#streams = (child.stdio as ChildProcess["stdio"] | undefined) ?? [];
    this.#line = (this.#streams[lineFd] as Duplex | null) ?? undefined;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    child.on("error", (error) => this.#notStarted(error));
    child.on("exit", (code, signal) => this.#exit(code, signal));
    child.on("close", () => this.#report());
    this.#listen();
    this.#timer = setTimeout(() => this.kill("time-limit"), limits.workerStartMs);
  }

  send(message: ToWorker): void {
    if (this.#frozen) this.#signal("SIGCONT");
    this.#frozen = false;
    if (this.#reaped !== undefined || !this.#line?.writable) return;
    const frame = encodeFrame(message);
    if (this.#line.writableCorked === 0) {
      this.#line.cork();
      queueMicrotask(this.flush);
    }
    this.#line.write(frame);
  }

  readonly flush = (): void => this.#line?.uncork();

  freeze(): void {
    const { pid } = this.#child;
    if (!hasGroups || pid === undefined || this.#frozen || this.#reaped !== undefined) return;
    this.#frozen = true;
    this.#guardian.watch(pid);
    this.#signal("SIGSTOP");
  }

  kill(kind: DeathKind | "closed"): void {
    if (this.#killed !== undefined || this.#reaped !== undefined) return;
    this.#killed = kind;
    if (kind === "time-limit" && this.#waited !== undefined)
      this.#waited = { ...this.#waited, after: waitedMs(this.#child.pid) };
    this.#killGroup();
  }

  #listen(): void {
    this.#line?.on("data", (chunk: Uint8Array) => this.#data(chunk));
    // A broken line is the child's death seen early; the death itself is reported by `exit`.
    this.#line?.on("error", () => {});
    this.#line?.on("close", () => {
      this.#lineEnded = true;
      this.#settle();
    });
    const outputs = [
      ["out", this.#child.stdout],
      ["err", this.#child.stderr],
    ] as const;
    for (const [stream, readable] of outputs) this.#print(stream, readable);
  }

  #print(stream: "out" | "err", readable: Readable | null | undefined): void {
    readable?.setEncoding("utf8");
    readable?.on("error", () => {});
    readable?.on("data", (text: string) => {
      if (this.#over) return;
      if (stream === "out") {
        this.#events.printed(stream, text);
        return;
      }
      this.#tail = (this.#tail + text).slice(-tailCharsMax);
      const shown = this.#withoutLastWords(withoutLastLook(text));
      if (shown !== "") this.#events.printed(stream, shown);
    });
  }

  #data(chunk: Uint8Array): void {
    if (this.#trouble !== undefined) return;
    let messages: FromWorker[];
    try {
      messages = this.#decoder.push(chunk);
    } catch (error) {
      this.#trouble = (error as Error).message;
      this.#killGroup();
      return;
    }
    for (const message of messages) {
      if (message.kind === "ready") this.#isReady();
      this.#events.received(message);
    }
  }

  /** P2. */
  #isReady(): void {
    const { timeLimitMs } = this.#options;
    this.#ready = true;
    clearTimeout(this.#timer);
    this.#waited = { before: waitedMs(this.#child.pid), after: undefined };
    if (timeLimitMs !== undefined) this.#timer = setTimeout(() => this.kill("time-limit"), timeLimitMs);
  }

  #notStarted(error: Error): void {
    // Also emitted when a signal could not be sent to a process that does run; that one will exit.
    if (this.#child.pid !== undefined) return;
    this.#trouble = `could not be started: ${error.message}`;
    this.#reaped = { code: null, signal: null };
    this.#report();
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#reaped = { code, signal };
    clearTimeout(this.#timer);
    // What it has started and left behind goes too; the group's number is taken as long as it has a member.
    this.#killGroup();
    if (this.#child.pid !== undefined) this.#guardian.forget(this.#child.pid);
    this.#settle();
  }

  /** The usual last event is `close`. It waits for all pipes, and a pipe may be in strange hands. */
  #settle(): void {
    if (this.#reaped === undefined || !this.#lineEnded || this.#over) return;
    setTimeout(() => this.#report(), lateOutputMs).unref();
  }

  #report(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams) stream?.destroy();
    this.#events.exited(this.#death());
  }

  /** When its heap is full V8 prints pages about itself; the report of the death says what there is to say. */
  #withoutLastWords(text: string): string {
    if (this.#lastWords) return "";
    const begin = text.indexOf(heapIsFull);
    if (begin < 0) return text;
    this.#lastWords = true;
    return text.slice(0, begin).trimEnd();
  }

  #death(): Death {
    const { code, signal } = this.#reaped ?? { code: null, signal: null };
    const { timeLimitMs = Number.POSITIVE_INFINITY } = this.#options;
    // If our timer was late, the watchdog in the worker was not.
    const overdue = signal === "SIGKILL" && performance.now() - this.#startedAt >= timeLimitMs;
    if (this.#killed === "time-limit" || (this.#killed === undefined && overdue)) {
      if (!this.#ready)
        return { kind: "time-limit", detail: `not ready after ${formatDuration(limits.workerStartMs)}` };
      const found = foundAtLast(this.#tail);
      const detail = `killed at ${formatDuration(timeLimitMs)}`;
      return {
        kind: "time-limit",
        detail: found === undefined ? detail : `${detail}; it was in ${found}`,
        ...this.#timeWaited(timeLimitMs),
      };
    }
    if (this.#killed !== undefined) return { kind: this.#killed, detail: `killed (${this.#killed})` };
    if (this.#trouble !== undefined) return { kind: "exit", detail: this.#trouble };
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const words = this.#tail.trim();
    if (diedOfMemory(code, signal, words)) {
      const limit = this.#options.memoryMiB;
      return {
        kind: "memory",
        detail: `out of memory${limit === undefined ? "" : ` (${limit} MiB)`}, ${how}`,
      };
    }
    return { kind: "exit", detail: words === "" ? how : `${how}: ${words.slice(-detailCharsMax)}` };
  }

  /** If the watchdog in the worker was before our timer, we had no processor ourselves. */
  #timeWaited(timeLimitMs: number): { readonly waitedMs?: number } {
    if (this.#killed === undefined) return { waitedMs: timeLimitMs };
    const { before, after } = this.#waited ?? {};
    return before === undefined || after === undefined ? {} : { waitedMs: after - before };
  }

  #killGroup(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child.pid;
    if (pid === undefined) return;
    try {
      process.kill(hasGroups ? -pid : pid, signal);
    } catch {
      // Nobody is there any more.
    }
  }
}

/** How long the process's main thread has been ready to run without a processor: Linux tells. */
function waitedMs(pid: number | undefined): number | undefined {
  try {
    const [, nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    return undefined;
  }
}

/** V8 says so before it aborts; a process that aborts without a word was most likely refused memory too. */
function diedOfMemory(code: number | null, signal: NodeJS.Signals | null, words: string): boolean {
  if (/FATAL ERROR: .*(heap out of memory|Allocation failed)/i.test(words)) return true;
  return signal === "SIGABRT" || code === 134;
}
