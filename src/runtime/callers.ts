/**
 * The logical callers of what runs: functions that wait for it, whose frames are not on the native stack. A native stack shows them as
 * `at async` lines, and so do these: through frames, promises, combinators and generators, and from a task to the one that called it.
 *
 * An error's stack is put into words when somebody asks for it, which may be long after. So an error that leaves a resumed frame takes with
 * it who waits for that frame: frames do not change, but promises forget who waited once they are settled.
 *
 * C1. A promise for which several wait has the first of them for its caller.
 * C2. An error of another task, or of the runtime, comes with its stack in words; who waits for it is added to that.
 */
import { AsyncGenerator } from "./async-generators.ts";
import { gatheringOf } from "./combinators.ts";
import { currentKernel } from "./current.ts";
import { Frame, type Caller as Waiting } from "./frame.ts";
import { AdoptReaction, type Callable, FrameReaction, type Reaction, ThenReaction } from "./jobs.ts";
import { DurablePromise, promiseOf } from "./promise.ts";

type Parent = Waiting | undefined;
/** A frame, or a line in words. */
type Caller = Frame | string;

const callersMax = 10;
/** Promises between two callers: a chain of handlers may have any length. */
const promisesMax = 100;
/** A stack grows by the callers of each task that the error passes through. */
const stackLinesMax = 50;

const noted = new WeakMap<object, readonly Caller[]>();

export function noteCallers(error: unknown, parent: Parent): void {
  if (typeof error === "object" && error !== null && !noted.has(error)) noted.set(error, waitingFor(parent));
}

/** Who waits for the code that made `error`, innermost first: `main (src/app.ts:3:9)`. */
export function callersOf(error: object): string[] {
  return inWords(noted.get(error) ?? waitingFor(currentKernel()?.current?.parent));
}

/** Adds those who wait for `promise`, which `error` is about to reject. */
export function addCallers(error: unknown, promise: DurablePromise): void {
  if (!(error instanceof Error)) return;
  const callers = waitingFor(promise);
  if (callers.length === 0) return;
  try {
    const { stack } = error;
    if (typeof stack !== "string") return;
    const lines = stack.split("\n");
    for (const caller of inWords(callers)) lines.push(`    at async ${caller}`);
    error.stack = lines.slice(0, stackLinesMax).join("\n");
  } catch {
    // The program has made another thing of `stack`: then it is left as it is.
  }
}

/** The same for an error that the runtime has made itself: where it was made tells nobody anything. */
export function withCallers<E extends Error>(error: E, promise: DurablePromise): E {
  error.stack = `${error.name}: ${error.message}`;
  addCallers(error, promise);
  return error;
}

function inWords(callers: readonly Caller[]): string[] {
  const found: string[] = [];
  for (const caller of callers) {
    if (typeof caller === "string") {
      found.push(caller);
      continue;
    }
    const { site, label } = caller;
    const position = site.labels?.[label];
    const hash = site.id.indexOf("#");
    // Functions of the runtime are in no module.
    if (!position || hash <= 0) continue;
    const place = `${site.id.slice(0, hash)}:${position.line}:${position.column + 1}`;
    found.push(`${site.shown ?? site.name} (${place})`);
  }
  return found;
}

function waitingFor(parent: Parent): Caller[] {
  const found: Caller[] = [];
  let at: unknown = parent;
  for (let promises = 0; found.length < callersMax && promises < promisesMax; ) {
    if (at instanceof Frame) {
      found.push(at);
      at = at.parent;
      continue;
    }
    promises++;
    if (at instanceof AsyncGenerator) at = at.parts.queue[0]?.promise;
    else if (DurablePromise.is(at)) at = firstOf(DurablePromise.partsOf(at).reactions, found);
    else break;
  }
  return found;
}

function handedTo(handler: Callable | undefined): DurablePromise | undefined {
  return handler === undefined ? undefined : promiseOf(handler);
}

/** Who waits first (C1), behind a combinator, which is a line of its own. */
function firstOf(reactions: readonly Reaction[], found: Caller[]): unknown {
  for (let at = 0; at < reactions.length; at++) {
    const reaction = reactions[at]!;
    if (reaction instanceof FrameReaction) return reaction.frame;
    if (reaction instanceof AdoptReaction) return reaction.target;
    const gathering = gatheringOf(reaction);
    if (gathering !== undefined) {
      if (gathering.line !== undefined) found.push(gathering.line);
      return gathering.result;
    }
    if (!(reaction instanceof ThenReaction)) continue;
    // `promise.then(resolve, reject)` hands the outcome to who made those two, and nobody waits for what it answers.
    const { onFulfilled, onRejected, derived } = reaction;
    const next = handedTo(onRejected) ?? handedTo(onFulfilled) ?? derived;
    if (next !== undefined) return next;
  }
  return undefined;
}
