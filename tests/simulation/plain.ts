/**
 * The plain run: the same source in this process, as `continua run --plain` has it, in a time of its own. What a program gives there is what
 * it has to give in any simulation, as far as its result does not depend on who comes first.
 */
import { format } from "node:util";
import { installPlainHost } from "../../src/api/plain.ts";
import { setCurrent } from "../../src/runtime/current.ts";
import { setOutside } from "./outside.ts";
import { turn } from "./world.ts";

export interface PlainEnd {
  readonly result: unknown;
  readonly lines: readonly string[];
}

interface PlainTimer {
  at: number;
  readonly act: () => void;
  readonly every: number | undefined;
}

const names = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] as const;

/** Runs `main` to its end. No other may run meanwhile: time and console are those of the whole process. */
export async function runPlainly(main: (input: unknown) => unknown, input: unknown): Promise<PlainEnd> {
  installPlainHost();
  // Compiled code may leave its task behind for foreign code to find.
  setCurrent(undefined);
  let orders = 0;
  setOutside({
    order: async () => ++orders,
    flaky: async () => ++orders,
    write: (_, __, value) => value,
    pass: () => {},
    note: () => {},
  });
  const lines: string[] = [];
  const time = new PlainTime();
  const kept = names.map((name) => globalThis[name]);
  const { log, error } = console;
  console.log = (...args) => void lines.push(format(...args));
  console.error = console.log;
  Object.assign(globalThis, time.functions);
  try {
    let ended: { result: unknown } | undefined;
    let failure: { error: unknown } | undefined;
    Promise.resolve(main(structuredClone(input))).then(
      (result) => {
        ended = { result };
      },
      (thrown) => {
        failure = { error: thrown };
      },
    );
    do await turn();
    while (time.step());
    if (failure !== undefined) throw failure.error;
    if (ended === undefined) throw new Error("the plain run never ends");
    return { result: ended.result, lines };
  } finally {
    names.forEach((name, index) => {
      Object.assign(globalThis, { [name]: kept[index] });
    });
    Object.assign(console, { log, error });
  }
}

class PlainTime {
  #now = 0;
  readonly #timers = new Set<PlainTimer>();

  readonly functions = {
    setTimeout: (act: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      this.#add({ at: this.#now + Math.max(1, ms), act: () => act(...args), every: undefined }),
    setInterval: (act: () => void, ms = 1) => this.#add({ at: this.#now + ms, act, every: ms }),
    clearTimeout: (timer: PlainTimer) => void this.#timers.delete(timer),
    clearInterval: (timer: PlainTimer) => void this.#timers.delete(timer),
  };

  #add(timer: PlainTimer): PlainTimer {
    this.#timers.add(timer);
    return timer;
  }

  /** Lets the next timer fire; false if there is none. */
  step(): boolean {
    let next: PlainTimer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
    if (next === undefined) return false;
    this.#now = next.at;
    if (next.every === undefined) this.#timers.delete(next);
    else next.at += next.every;
    next.act();
    return true;
  }
}
