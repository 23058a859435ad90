/**
 * A program as Node runs it, with virtual time: the reference. A rejection that nobody handles and an error that a callback throws
 * end it, as they end a process and a task.
 */
import { type Due, earliest, firingsMax } from "./clock.ts";
import { show } from "./show.ts";

// biome-ignore lint/suspicious/noExplicitAny: functions of a program have no type here
type Callback = (...args: any[]) => unknown;

class NativeTimer implements Due {
  at = 0;
  number = 0;
  readonly delayMs: number;
  readonly callback: Callback;
  readonly args: readonly unknown[];
  readonly repeats: boolean;

  constructor(callback: Callback, delayMs: unknown, args: readonly unknown[], repeats: boolean) {
    if (typeof callback !== "function") throw new TypeError("a timer needs a function");
    this.callback = callback;
    const ms = Math.trunc(Number(delayMs ?? 1));
    this.delayMs = Math.max(1, ms);
    this.args = args;
    this.repeats = repeats;
  }
}

class VirtualTimers {
  readonly #waiting = new Set<NativeTimer>();
  readonly #soon = new Set<NativeTimer>();
  #now = 0;
  #asked = 0;

  set(timer: NativeTimer): NativeTimer {
    timer.at = this.#now + timer.delayMs;
    timer.number = this.#asked++;
    this.#waiting.add(timer);
    return timer;
  }

  clear(timer: unknown): void {
    this.#waiting.delete(timer as NativeTimer);
    this.#soon.delete(timer as NativeTimer);
  }

  soon(timer: NativeTimer): NativeTimer {
    this.#soon.add(timer);
    return timer;
  }

  /** Whether only those are left for which time has to pass. */
  get mustPass(): boolean {
    return this.#soon.size === 0 && this.#waiting.size > 0;
  }

  /** Calls what is due next, immediates first. As in Node, an interval is armed anew behind its callback, unless that has cleared it. */
  fire(): boolean {
    for (const timer of this.#soon) {
      this.#soon.delete(timer);
      timer.callback(...timer.args);
      return true;
    }
    const timer = earliest(this.#waiting);
    if (timer === undefined) return false;
    this.#now = timer.at;
    if (!timer.repeats) this.#waiting.delete(timer);
    try {
      timer.callback(...timer.args);
    } finally {
      if (this.#waiting.has(timer)) this.set(timer);
    }
    return true;
  }
}

const names = [
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
] as const;

/** Whether this Node can run the text at all: an older one does not know `using`. */
export function runsNatively(source: string): boolean {
  try {
    define(source);
    return true;
  } catch {
    return false;
  }
}

function define(source: string): (...timers: unknown[]) => (log: (...values: unknown[]) => void) => unknown {
  const text = source.replace("export default", "return");
  return new Function(...names, `"use strict";${text}`) as ReturnType<typeof define>;
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** One at a time: it listens to what nobody in the process has handled. */
export async function runNative(source: string): Promise<string[]> {
  const lines: string[] = [];
  const timers = new VirtualTimers();
  let over = false;
  const end = (line: string): void => {
    if (!over) lines.push(line);
    over = true;
  };
  const fail = (error: unknown): void => end(`died: ${show(error)}`);
  const log = (...values: unknown[]): void => {
    if (!over) lines.push(values.map((value) => show(value)).join(" "));
  };
  const set =
    (repeats: boolean) =>
    (callback: Callback, ms: unknown, ...args: unknown[]) =>
      timers.set(new NativeTimer(callback, ms, args, repeats));
  const clear = (timer: unknown): void => timers.clear(timer);
  const soon = (callback: Callback, ...args: unknown[]) =>
    timers.soon(new NativeTimer(callback, 0, args, false));
  const main = define(source)(set(false), set(true), clear, clear, soon, clear);
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);
  try {
    let settled = false;
    setImmediate(
      () =>
        void Promise.resolve(main(log)).then(
          (value) => {
            log(`= ${show(value)}`);
            settled = true;
          },
          (error) => {
            log(`! ${show(error)}`);
            settled = true;
          },
        ),
    );
    await turn();
    for (let firings = 0; !over; ) {
      if (timers.mustPass) firings += 1;
      if (firings > firingsMax) end("too many timers");
      // The callback is called from the event loop, so that all microtasks run before the next.
      else if (!(await fromLoop(() => timers.fire()))) end(settled ? "end" : "deadlock");
      await turn();
    }
  } finally {
    process.off("unhandledRejection", fail);
    process.off("uncaughtException", fail);
  }
  return lines;
}

/** An error of `action` is one that nobody has caught. */
function fromLoop(action: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    setImmediate(() => {
      let went = true;
      try {
        went = action();
      } finally {
        resolve(went);
      }
    });
  });
}
