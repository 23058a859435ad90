/** The clocks that tests read, and for tests that Node itself runs the timers too: time passes only while nothing can run. */
import { type Due, earliest } from "../../fuzz/clock.ts";

/** What `Date`, `performance.now()` and `process.hrtime` show, in milliseconds since the start. */
export function installClocks(read: () => number): void {
  const start = 1_700_000_000_000;
  performance.now = read;
  process.hrtime.bigint = () => BigInt(Math.round(read() * 1e6));
  const hrtime = (earlier?: [number, number]): [number, number] => {
    const nanos = Math.round(read() * 1e6) - (earlier === undefined ? 0 : earlier[0] * 1e9 + earlier[1]);
    return [Math.floor(nanos / 1e9), nanos % 1e9];
  };
  process.hrtime = Object.assign(hrtime, { bigint: process.hrtime.bigint });
  Date.now = () => start + Math.round(read());
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, made) =>
      Reflect.construct(
        target,
        args.length === 0 ? [target.now()] : args,
        made === globalThis.Date ? target : made,
      ),
  });
}

type Callback = (...args: unknown[]) => unknown;

const real = { setTimeout, setImmediate };
const delayMsMax = 2 ** 31 - 1;
/** Foreign code (a file, a socket) gets so much real time before a timer is due. */
const foreignMs = 10;

let now = 0;
let asked = 0;
let pumping = false;
const waiting = new Set<VirtualTimer>();

class VirtualTimer implements Due {
  at = 0;
  number = 0;
  id = 0;
  #referenced = true;
  readonly callback: Callback;
  readonly args: readonly unknown[];
  readonly delayMs: number;
  readonly repeats: boolean;

  constructor(callback: unknown, delayMs: unknown, args: readonly unknown[], repeats: boolean) {
    if (typeof callback !== "function")
      throw Object.assign(new TypeError('The "callback" argument must be of type function'), {
        code: "ERR_INVALID_ARG_TYPE",
      });
    this.callback = callback as Callback;
    const ms = Math.trunc(Number(delayMs));
    this.delayMs = ms >= 1 && ms <= delayMsMax ? ms : 1;
    this.args = args;
    this.repeats = repeats;
  }

  refresh(): this {
    this.at = now + this.delayMs;
    this.number = ++asked;
    if (this.id === 0) this.id = this.number;
    waiting.add(this);
    pump();
    return this;
  }
  close(): this {
    waiting.delete(this);
    return this;
  }
  hasRef(): boolean {
    return this.#referenced;
  }
  ref(): this {
    this.#referenced = true;
    pump();
    return this;
  }
  unref(): this {
    this.#referenced = false;
    return this;
  }
  fire(): void {
    now = this.at;
    if (!this.repeats) waiting.delete(this);
    try {
      this.callback.apply(this, this.args as unknown[]);
    } finally {
      if (this.repeats && waiting.has(this)) this.refresh();
    }
  }
  [Symbol.toPrimitive](): number {
    return this.id;
  }
}

/** One timer a turn of the event loop, as long as one of them keeps the process. */
function pump(): void {
  if (pumping || ![...waiting].some((timer) => timer.hasRef())) return;
  pumping = true;
  const fire = (): void => {
    pumping = false;
    const next = earliest(waiting);
    try {
      next?.fire();
    } finally {
      pump();
    }
  };
  // Behind one whole turn, in which all that can run does.
  real.setImmediate(() => {
    const foreign = process
      .getActiveResourcesInfo()
      .some((kind) => !/^(Immediate|Timeout|Pipe|TTY)/.test(kind));
    if (foreign) real.setTimeout(fire, foreignMs);
    else real.setImmediate(fire);
  });
}

function clear(timer: unknown): void {
  for (const each of waiting)
    if (each === timer || (typeof timer !== "object" && each.id === Number(timer))) waiting.delete(each);
}

/** A program's way to say that it is over: an error that the adapters know, since the process goes on. */
export function installExit(): void {
  process.exit = (code) => {
    const message = `the program has ended its process with code ${code ?? 0}`;
    throw Object.assign(new Error(message), {
      name: "ProcessExit",
      code: Number(code ?? process.exitCode ?? 0),
    });
  };
}

/** Timers of this process, of foreign packages too, are virtual from here on; the clocks show their time. */
export function installTimers(): void {
  const set =
    (repeats: boolean) =>
    (callback: unknown, ms: unknown, ...args: unknown[]): VirtualTimer =>
      new VirtualTimer(callback, ms, args, repeats).refresh();
  Object.assign(globalThis, {
    setTimeout: set(false),
    setInterval: set(true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const expire = (): void =>
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    new VirtualTimer(expire, ms, [], false).unref().refresh();
    return controller.signal;
  };
  installClocks(() => now);
}
