/**
 * A program as Node runs it, with virtual time: the reference. A rejection that nobody handles and an error that a callback throws
 * end it, as they end a process and a task. Its modules are modules of the engine (`--experimental-vm-modules`): whoever runs programs starts its process so.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { type Module, SourceTextModule, SyntheticModule } from "node:vm";
import { type Due, earliest, firingsMax } from "./clock.ts";
import { modulesOf, timeModule, traceModule, wrapperId, wrapperOf } from "./modules.ts";
import { show } from "./show.ts";

// Before Node 24 a promise takes along what storages hold only if a storage has been entered before it was made: so one has been.
new AsyncLocalStorage().enterWith(null);

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
    // It is called in what the storages of the program hold now, as Node's timers call.
    this.callback = AsyncResource.bind(callback as (this: unknown) => unknown);
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

  get now(): number {
    return this.#now;
  }

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

/** A clock and timers of virtual time, under the names of the globals in whose place they are. */
function timeOf(timers: VirtualTimers): Readonly<Record<string, unknown>> {
  const set =
    (repeats: boolean) =>
    (callback: Callback, ms: unknown, ...args: unknown[]) =>
      timers.set(new NativeTimer(callback, ms, args, repeats));
  const clear = (timer: unknown): void => timers.clear(timer);
  class VirtualDate extends Date {
    constructor() {
      super(timers.now);
    }
    static override now = (): number => timers.now;
  }
  return {
    setTimeout: set(false),
    setInterval: set(true),
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: (callback: Callback, ...args: unknown[]) =>
      timers.soon(new NativeTimer(callback, 0, args, false)),
    clearImmediate: clear,
    Date: VirtualDate,
  };
}

const timeNames = Object.keys(timeOf(new VirtualTimers()));
const head = `import { ${timeNames.join(", ")} } from "${timeModule}"; `;

/** Whether this Node can run the text at all: an older one does not know `using`. */
export function runsNatively(source: string): boolean {
  try {
    for (const { text } of modulesOf(source)) new SourceTextModule(head + text);
    return true;
  } catch {
    return false;
  }
}

/** The module that calls the program, linked with all that it imports. */
async function linked(
  source: string,
  given: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<SourceTextModule> {
  const modules = modulesOf(source);
  const texts = new Map(modules.map(({ id, text }) => [id, text]));
  texts.set(wrapperId, wrapperOf(modules));
  const made = new Map<string, Module>();
  const load = (specifier: string): Module => {
    const id = specifier.replace("./", "");
    const known = made.get(id) ?? create(id);
    made.set(id, known);
    return known;
  };
  function create(id: string): Module {
    const values = given[id];
    if (values !== undefined) {
      const names = Object.keys(values);
      return new SyntheticModule(names, function () {
        for (const name of names) this.setExport(name, values[name]);
      });
    }
    const text = texts.get(id);
    if (text === undefined) throw new Error(`there is no module ${id}`);
    return new SourceTextModule(head + text, { identifier: id, importModuleDynamically: lazily as never });
  }
  async function lazily(specifier: string): Promise<Module> {
    const module = load(specifier);
    if (module.status === "unlinked") await module.link(load);
    await module.evaluate();
    return module;
  }
  const root = load(`./${wrapperId}`) as SourceTextModule;
  await root.link(load);
  return root;
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
  const storages: AsyncLocalStorage<unknown>[] = [];
  class Storage extends AsyncLocalStorage<unknown> {
    constructor() {
      super();
      storages.push(this);
    }
  }
  const tell = (text: string): void => {
    if (!over) lines.push(text);
  };
  const root = await linked(source, {
    [traceModule]: {
      print: (values: unknown[]) => tell(values.map((value) => show(value)).join(" ")),
      ended: (how: string, value: unknown) => tell(`${how}${show(value)}`),
    },
    [timeModule]: timeOf(timers),
    "node:async_hooks": { AsyncLocalStorage: Storage, AsyncResource },
  });
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);
  try {
    let settled = false;
    const begin = async (): Promise<void> => {
      await root.evaluate();
      await (root.namespace as { default(): Promise<void> }).default();
      settled = true;
    };
    setImmediate(() => void begin().catch(fail));
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
    // One that is there makes every promise of the process slower.
    for (const storage of storages) storage.disable();
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
