/**
 * Planted bugs, to show that the fuzzer finds bugs. Each is a mistake that a compiler or a runtime like this one could well make; they are
 * planted in a running process, never in the source.
 */
import { TaskClock } from "../../src/runtime/clock.ts";
import { ImportReader } from "../../src/runtime/import-readers.ts";
import { AdoptReaction, JobQueue } from "../../src/runtime/jobs.ts";
import { TaskKernel } from "../../src/runtime/kernel.ts";
import { DurablePromise } from "../../src/runtime/promise.ts";
import { carryingFrameCase, frameCase } from "../../src/runtime/snapshot/internals.ts";
import { Timer } from "../../src/runtime/timers.ts";

export interface Mutant {
  readonly what: string;
  /** Changes compiled code. */
  readonly code?: (code: string) => string;
  /** Changes the runtime of this process, for good. */
  readonly plant?: () => void;
}

export const mutants: Readonly<Record<string, Mutant>> = {
  "dropped-slot": {
    what: "a frame of five slots or more forgets its last one",
    plant: () => {
      const { suspend } = TaskKernel.prototype;
      TaskKernel.prototype.suspend = function (site, label, slots) {
        if (slots.length > 4) slots[slots.length - 1] = undefined;
        return suspend.call(this, site, label, slots);
      };
    },
  },
  "swapped-fibers": {
    what: "when three jobs wait, the next one overtakes them",
    plant: () => {
      const { push, pushFront } = JobQueue.prototype;
      JobQueue.prototype.push = function (job) {
        return (this.size === 3 ? pushFront : push).call(this, job);
      };
    },
  },
  "lost-finally": {
    what: "behind a finally block that waits, what was thrown is forgotten",
    code: (code) => code.replaceAll(/if \((\$\w+) === -1\) throw \$\w+;/g, ""),
  },
  "lost-tick": {
    what: "a promise that is resolved with another one follows it a tick too early",
    plant: () => {
      const { settle } = TaskKernel.prototype;
      TaskKernel.prototype.settle = function (promise, rejected, value) {
        if (!rejected && DurablePromise.is(value) && value !== promise)
          DurablePromise.react(value, new AdoptReaction(promise));
        else settle.call(this, promise, rejected, value);
      };
    },
  },
  "stale-timer": {
    what: "a timer that has been thawed cannot be cleared",
    plant: () => {
      Timer.prototype.attach = () => {};
    },
  },
  "shared-loop-variable": {
    what: "the iterations of a loop that waits share one environment",
    code: (code) => code.replaceAll(/\((\$e\d+) = \{ \$up: [^}]*\}, /g, "("),
  },
  "copied-import": {
    what: "an imported variable keeps the value that it had when it was read first",
    plant: () => {
      const { of } = ImportReader.prototype;
      ImportReader.prototype.of = function (source) {
        const first = new Map<PropertyKey, unknown>();
        return new Proxy(of.call(this, source), {
          get(live, name) {
            if (!first.has(name)) first.set(name, live[name as string]);
            return first.get(name);
          },
        });
      };
    },
  },
  "lost-storage": {
    what: "who waits finds nothing in a storage after a thaw",
    plant: () => {
      const write: typeof frameCase.write = (out, value) => {
        frameCase.write(out, value);
        out.value([], 0);
      };
      Object.assign(carryingFrameCase, { write });
    },
  },
  "fast-clock": {
    what: "the clock of a task that has been thawed is a second ahead",
    plant: () => {
      const { restore } = TaskClock.prototype;
      TaskClock.prototype.restore = function ([shown, ...rest]) {
        restore.call(this, [shown + 1000, ...rest]);
      };
    },
  },
};
