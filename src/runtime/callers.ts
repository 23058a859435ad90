/**
 * The logical callers of what runs: functions that wait for it, whose frames are not on the native stack. A native stack
 * shows them as `at async` lines.
 *
 * An error's stack is put into words when somebody asks for it, which may be long after. So an error that leaves a resumed
 * frame takes a note of that frame's caller with it; frames do not change, so they can be looked at later.
 */
import type { SourcePosition } from "../protocol/abi.ts";
import { currentKernel } from "./current.ts";
import { Frame, type Caller as Waiting } from "./frame.ts";
import { FrameReaction } from "./jobs.ts";
import { DurablePromise } from "./promise.ts";

export interface Caller extends SourcePosition {
  readonly name: string;
  /** Id of its module. */
  readonly module: string;
}

type Parent = Waiting | undefined;

const callersMax = 10;
const noted = new WeakMap<object, Parent>();

export function noteCallers(error: unknown, parent: Parent): void {
  if (typeof error === "object" && error !== null && !noted.has(error)) noted.set(error, parent);
}

/** Who waits for the code that made `error`, innermost first. */
export function callersOf(error: object): Caller[] {
  const found: Caller[] = [];
  let at = noted.has(error) ? noted.get(error) : currentKernel()?.current?.parent;
  while (at !== undefined && found.length < callersMax) {
    if (at instanceof Frame) {
      const { site, label, parent } = at;
      const position = site.labels?.[label];
      const hash = site.id.indexOf("#");
      if (position && hash > 0)
        found.push({ name: site.shown ?? site.name, module: site.id.slice(0, hash), ...position });
      at = parent;
    } else at = DurablePromise.is(at) ? waiterOf(at) : undefined;
  }
  return found;
}

/** The frame that waits for a promise, if it is the only one. */
function waiterOf(promise: DurablePromise): Frame | undefined {
  const { reactions } = DurablePromise.partsOf(promise);
  const [only] = reactions;
  return reactions.length === 1 && only instanceof FrameReaction ? only.frame : undefined;
}
