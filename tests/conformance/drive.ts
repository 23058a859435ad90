/**
 * A task of the real runtime and its scheduler, driven as a worker would drive it, for one test. With `frames`, every await
 * suspends, every second poll and every second question freezes the task, and each frame that is written is bytes until it is resumed:
 * what the lowering forgets to save, or saves in a form that is not what it reads back, shows. Values that are not plain go through
 * a table of handles, so that what the test holds and what a resumed frame sees are the same objects.
 *
 * Unhandled rejections are no failure here: tests make them on purpose.
 */
import { pack, unpack } from "msgpackr";
import type { TaskId } from "../../src/base/ids.ts";

const loaded = Date.now();

// biome-ignore lint/suspicious/noExplicitAny: the runtime of another realm has no type here
type Any = any;

/** Turns of the event loop after which a task for which nothing happens is held to be stuck. */
const patience = 12;

export interface DrivenTask {
  readonly suspensions: number;
  /** Runs until the program has ended and `done` says so, or nothing happens any more. Answers what it threw. */
  run(program: Any, done: () => boolean): Promise<{ readonly error: unknown } | undefined>;
}

/**
 * What is forgotten on purpose when a frame is read back, so that the suite shows that it would find it: of each frame the last
 * variable (`drop-slot`), of each environment that a frame holds the last cell (`drop-cell`).
 */
export type Mutant = "drop-slot" | "drop-cell";
export const mutants: readonly string[] = ["drop-slot", "drop-cell"] satisfies Mutant[];

export function driveTask(runtime: Any, frames: boolean, mutant?: Mutant): DrivenTask {
  let suspensions = 0;
  const { TaskKernel } = runtime;
  TaskKernel.prototype.noteRejection = () => {};
  const { suspend } = TaskKernel.prototype;
  TaskKernel.prototype.suspend = function (site: Any, label: number, slots: unknown[]): unknown {
    suspensions += 1;
    return suspend.call(this, site, label, slots);
  };
  if (frames)
    writeFrames(runtime, mutant, () => {
      suspensions += 1;
    });

  return {
    get suspensions() {
      return suspensions;
    },
    async run(program, done) {
      let woken = false;
      const kernel = begin(runtime, program, frames, () => {
        if (woken) return;
        woken = true;
        queueMicrotask(pump);
      });
      const timers = new Set<NodeJS.Timeout>();
      const pump = (): void => {
        woken = false;
        runtime.signal[0] = frames ? 1 : 0;
        while (kernel.run() === "frozen") runtime.signal[0] = 1;
        // By index: the test may have changed how lists are iterated.
        const effects = kernel.effects.takeEffects();
        for (let at = 0; at < effects.length; at += 1) {
          const effect = effects[at];
          if (effect.kind !== "sleep") continue;
          const timer = setTimeout(() => {
            timers.delete(timer);
            kernel.deliver([{ effect: effect.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
          }, effect.ms);
          timers.add(timer);
        }
      };
      const main = launch(runtime, kernel, program);
      runtime.DurablePromise.markHandled(main);
      for (let quiet = 0; quiet < patience; ) {
        const changes: number = kernel.changes;
        await new Promise((resolve) => setImmediate(resolve));
        const state = runtime.DurablePromise.stateOf(main);
        if (kernel.failure !== undefined) return kernel.failure;
        if (state === "rejected") return { error: runtime.DurablePromise.valueOf(main) };
        if (done()) return undefined;
        quiet = kernel.changes === changes && timers.size === 0 ? quiet + 1 : 0;
        if (state === "fulfilled" && quiet > 2 && !kernel.foreign.awaited().length) break;
      }
      return undefined;
    },
  };
}

/** A kernel with the program's modules, which freezes at every second question if `frames`. */
function begin(runtime: Any, program: Any, frames: boolean, wake: () => void): Any {
  let questions = 0;
  const host = {
    wake,
    freeze: () => {
      questions += 1;
      return frames && questions % 2 === 0;
    },
    // Stands still, so that timers come in their order; near the clock that a class over the realm's own Date reads.
    now: () => loaded,
  };
  const kernel = new runtime.TaskKernel({ id: "rtest" as TaskId, host, import: runtime.importModule });
  const modules = new runtime.TaskModules(program.graph, kernel);
  kernel.modules = modules;
  // Only a deadlock asks who may keep a function, by a table that cannot be made where a test has changed how lists are iterated.
  kernel.hasHandedOut = true;
  kernel.entered(() => modules.instantiate());
  return kernel;
}

/**
 * A program of one script is launched without the runtime's main fiber, which works with lists: the test may have changed what
 * the lists of its realm do, as no program can.
 */
function launch(runtime: Any, kernel: Any, program: Any): Any {
  const { definitions } = program.graph;
  if (definitions.size > 2) return runtime.launchMain(kernel, { kind: "input", json: "" });
  const [definition] = definitions.values();
  const site = runtime.runtimeBody("script", [[], []], (frame: Any) => {
    if (frame.label === 1) return kernel.resumed();
    const value = definition.body.body(null, kernel.records.get(definition.id));
    return value === runtime.abi.suspended ? kernel.suspend(site, 1, []) : undefined;
  });
  return kernel.launch(site, []);
}

// ---- frames as bytes ------------------------------------------------------------------------------------------------

/** `suspended` counts the frames of generators, which no kernel sees. */
function writeFrames(runtime: Any, mutant: Mutant | undefined, suspended: () => void): void {
  const { TaskKernel, Frame, GeneratorFrame } = runtime;
  const poison = Symbol("poison: a slot of a frame that is bytes");
  const written = new WeakMap<object, { bytes: Uint8Array; handles: readonly unknown[] }>();
  const { suspend, resume, nextDirectly, poll } = TaskKernel.prototype;
  /** The frame as it is read back from its bytes; itself, if it has none. */
  const readBack = (frame: Any): Any => {
    const bytes = written.get(frame.slots);
    if (bytes === undefined) return frame;
    written.delete(frame.slots);
    const slots = decodeSlots(runtime, bytes.bytes, bytes.handles);
    if (mutant !== undefined) forget(mutant, slots);
    const copy = new Frame(frame.site, frame.label, slots);
    copy.parent = frame.parent;
    return copy;
  };
  TaskKernel.prototype.suspend = function (site: Any, label: number, slots: unknown[]): unknown {
    const names = site.labels?.[label]?.slots;
    if (names?.length !== slots.length)
      throw new Error(
        `${site.id}: label ${label} has ${names?.length} slots, and ${slots.length} are written`,
      );
    written.set(slots, encodeSlots(runtime, slots));
    slots.fill(poison);
    return suspend.call(this, site, label, slots);
  };
  TaskKernel.prototype.resume = function (frame: Any, rejected: boolean, value: unknown): void {
    const copy = readBack(frame);
    resume.call(this, copy, rejected, value);
    if (copy !== frame) copy.slots.fill(poison);
  };
  TaskKernel.prototype.nextDirectly = function (generator: Any, frame: Any, value: unknown): unknown {
    const copy = readBack(frame);
    const answer = nextDirectly.call(this, generator, copy, value);
    if (copy !== frame) copy.slots.fill(poison);
    return answer;
  };
  for (const method of ["yield", "pass"]) {
    const { [method]: hand } = GeneratorFrame.prototype;
    GeneratorFrame.prototype[method] = function (label: number, slots: unknown[], value: unknown): unknown {
      const { bytes, handles } = encodeSlots(runtime, slots);
      slots.fill(poison);
      const place = (of: PropertyDescriptor): void =>
        void Object.defineProperty(this, "slots", { ...of, configurable: true });
      place({ value: slots, writable: true });
      const answer = hand.call(this, label, slots, value);
      place({
        get: () => {
          const back = decodeSlots(runtime, bytes, handles);
          if (mutant !== undefined) forget(mutant, back);
          return back;
        },
      });
      suspended();
      return answer;
    };
  }
  TaskKernel.prototype.poll = function (): boolean {
    const frozen = poll.call(this);
    runtime.signal[0] = 1;
    return frozen;
  };
}

function isEnvironment(value: Any): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$up");
}

function forget(mutant: Mutant, slots: unknown[]): void {
  const environments = slots.filter(isEnvironment) as Record<string, unknown>[];
  if (mutant === "drop-cell") {
    for (const environment of environments) {
      const cell = Object.keys(environment).findLast((name) => !name.startsWith("$"));
      if (cell !== undefined) environment[cell] = undefined;
    }
    return;
  }
  const last = slots.findLastIndex((slot) => !isEnvironment(slot));
  if (last >= 0) slots[last] = undefined;
}

type Word =
  | string
  | number
  | boolean
  | null
  | ["handle" | "list" | "text" | "number", ...(number | string)[]];

function encodeSlots(runtime: Any, slots: readonly unknown[]): { bytes: Uint8Array; handles: unknown[] } {
  const handles: unknown[] = [];
  const handle = (value: unknown): number => handles.push(value) - 1;
  const words = slots.map((value: Any): Word => {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") return isWellFormed(value) ? value : ["handle", handle(value)];
    if (typeof value === "number")
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : ["handle", handle(value)];
    // Iterators of the runtime are part of the frame: they are written out, not kept.
    if (value instanceof runtime.ListIterator && value.value === undefined)
      return ["list", handle(value.list), value.index];
    if (value instanceof runtime.TextIterator && value.value === undefined && isWellFormed(value.text))
      return ["text", value.text, value.index];
    return ["handle", handle(value)];
  });
  return { bytes: pack(words), handles };
}

/** Half a surrogate pair has no bytes in UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function decodeSlots(runtime: Any, bytes: Uint8Array, handles: readonly unknown[]): unknown[] {
  return (unpack(bytes) as Word[]).map((word) => {
    if (!Array.isArray(word)) return word;
    switch (word[0]) {
      case "list":
        return new runtime.ListIterator(handles[word[1] as number], word[2]);
      case "text":
        return new runtime.TextIterator(word[1], word[2]);
      default:
        return handles[word[1] as number];
    }
  });
}
