/**
 * Planted bugs, to show that the fuzzer finds bugs. Each is a mistake that a compiler or a runtime like this one could well make; they are
 * planted in a running process, never in the source.
 */
import { AdoptReaction, JobQueue } from "../../src/runtime/jobs.ts";
import { TaskKernel } from "../../src/runtime/kernel.ts";
import { DurablePromise } from "../../src/runtime/promise.ts";
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
};
