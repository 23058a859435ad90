/**
 * Whether the program may be told something before it is durable, because it can show it to nobody before its next commit: what waits for it
 * is suspended where the compiler has found the rest to be quiet (compiler/2-analyze/quiet.ts), and what that rest works on is simple.
 *
 * Q1. Nothing but that rest runs before the commit: nothing else can run now, and `run` takes no answer after it (kernel.ts). The host lets
 *     the task run again when the commit is durable (worker/activation.ts).
 * Q2. In doubt: no.
 */
import type { QuietRest } from "../protocol/abi.ts";
import { Frame } from "./frame.ts";
import { FrameReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { mainLabel, mainSite } from "./main-fiber.ts";
import { DurablePromise } from "./promise.ts";

/** Operators on longer texts might run out of room, and throw. */
const textMax = 10_000;

/** Fulfils `promise` ahead of the disk, if that may be; the answer says so. */
export function fulfilAhead(kernel: TaskKernel, promise: DurablePromise, value: unknown): boolean {
  if (kernel.pendingJobs > 0 || kernel.foreign.waits || kernel.live.obstacle !== undefined) return false;
  if (kernel.effects.cancelled !== undefined) return false;
  const { reactions } = DurablePromise.partsOf(promise);
  const reaction = reactions[0];
  if (reactions.length !== 1 || !(reaction instanceof FrameReaction)) return false;
  if (!isQuiet(kernel, reaction.frame!, isSimple(value))) return false;
  kernel.effects.ahead = true;
  // Its `then` has been looked at when the step was answered: that would be code of the program.
  DurablePromise.settle(promise, false, value);
  return true;
}

function isQuiet(kernel: TaskKernel, frame: Frame, simple: boolean): boolean {
  if (frame.site === mainSite && frame.label === mainLabel) {
    return frame.parent === kernel.main && !DurablePromise.isAwaited(kernel.main!);
  }
  const quiet = frame.site.labels?.[frame.label]?.quiet;
  if (quiet === undefined || (quiet.answer && !simple)) return false;
  if (!holds(frame, quiet)) return false;
  return !quiet.returns || (frame.parent instanceof Frame && isQuiet(kernel, frame.parent, false));
}

function holds({ site, label, slots }: Frame, { halves, simple }: QuietRest): boolean {
  const names = site.labels![label]!.slots;
  if (halves && !names.every((name, slot) => !isHalf(name) || isSimple(slots[slot]))) return false;
  return simple.every((wanted) => {
    let found = false;
    for (let slot = 0; slot < names.length; slot++) {
      const name = names[slot]!;
      if (isEnvironment(name)) {
        for (
          let env = slots[slot];
          typeof env === "object" && env !== null;
          env = fieldOf(env, "$up")?.value
        ) {
          const field = fieldOf(env, wanted);
          if (field === undefined) continue;
          if (!("value" in field) || !isSimple(field.value)) return false;
          found = true;
        }
      } else if (name === wanted) {
        if (!isSimple(slots[slot])) return false;
        found = true;
      }
    }
    return found;
  });
}

function fieldOf(env: object, name: string): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(env, name);
}

function isEnvironment(name: string): boolean {
  return /^\$+e\d*$/.test(name);
}

function isHalf(name: string): boolean {
  return name.startsWith("$") && !isEnvironment(name);
}

function isSimple(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return value.length <= textMax;
    case "number":
    case "boolean":
    case "undefined":
      return true;
    default:
      return value === null;
  }
}
