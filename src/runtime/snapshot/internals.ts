/**
 * The runtime's own objects: frames, promises, reactions, jobs, timers, iterators. They have no properties beyond their
 * fields, so one list of fields for each says both how it is written and how it is read.
 */
import { SignalState } from "../abort.ts";
import {
  AsyncGenerator,
  AsyncGeneratorObject,
  QueuedRequest,
  ReturnReaction,
  states,
} from "../async-generators.ts";
import { AsyncFromSync } from "../async-iteration.ts";
import { Cancellation } from "../cancellation.ts";
import { IteratorObject, iteratorIntrinsics } from "../collection-iterators.ts";
import { ElementReaction } from "../combinators.ts";
import { Disposals } from "../disposal.ts";
import { EffectWait } from "../effects.ts";
import { CarryingFrame, Frame } from "../frame.ts";
import { asyncGeneratorPrototype, Delegate, GeneratorObject, generatorPrototype } from "../generators.ts";
import { CollectionIterator, drain, ListIterator, ProtocolIterator, TextIterator } from "../iterators.ts";
import {
  AdoptReaction,
  CallJob,
  FrameReaction,
  ReactionJob,
  ThenableJob,
  ThenReaction,
  TickJob,
} from "../jobs.ts";
import { Matches } from "../matches.ts";
import { builtinName } from "../names.ts";
import { DurablePromise } from "../promise.ts";
import { memberOf, siteOf } from "../stamp.ts";
import { Timer } from "../timers.ts";
import type { Encoder } from "./encoder.ts";
import { kinds, modeValue } from "./tags.ts";

export interface InternalCase {
  readonly tag: number;
  readonly prototype: object;
  /** Marks the case: such objects belong to the running task. */
  readonly internal: true;
  readonly fields: readonly string[];
  make(): object;
  shell?(out: Encoder, value: object): void;
  write(out: Encoder, value: object): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the fields of many classes
type Fields = any;

function internal(
  tag: number,
  type: { readonly prototype: object },
  fields: readonly string[],
  note?: (out: Encoder, value: Fields) => void,
): InternalCase {
  return {
    tag,
    prototype: type.prototype,
    internal: true,
    fields,
    make: () => Object.create(type.prototype) as object,
    write(out, value) {
      note?.(out, value);
      for (const field of fields) out.value((value as Fields)[field], `[${field}]`);
    },
  };
}

const timerFields = ["effect", "number", "callback", "args", "delayMs", "repeats", "referenced", "dueAt"];

export const internalCases: readonly InternalCase[] = [
  internal(kinds.frameReaction, FrameReaction, ["frame"]),
  internal(
    kinds.thenReaction,
    ThenReaction,
    ["derived", "resolve", "reject", "onFulfilled", "onRejected"],
    (out, value) => {
      if (DurablePromise.is(value.derived)) out.settleable.add(value.derived);
    },
  ),
  internal(kinds.adoptReaction, AdoptReaction, ["target"], (out, value) => out.settleable.add(value.target)),
  internal(kinds.elementReaction, ElementReaction, ["gathering", "index", "word"]),
  internal(kinds.reactionJob, ReactionJob, ["reaction", "rejected", "value"]),
  internal(kinds.thenableJob, ThenableJob, ["promise", "thenable", "then"], (out, value) =>
    out.settleable.add(value.promise),
  ),
  internal(kinds.callJob, CallJob, ["callback", "args"]),
  internal(kinds.tickJob, TickJob, ["callback", "args"]),
  {
    ...internal(kinds.timer, Timer, timerFields),
    make: () => new Timer(() => {}, [], 1, false),
    write(out, value) {
      const keys = Reflect.ownKeys(value);
      const more = keys.find((key) => typeof key === "symbol" || !timerFields.includes(key));
      if (more !== undefined)
        out.refuse(
          `it has a property ${String(more)} of its own, which timers do not keep; hold it in a Map beside`,
        );
      for (const field of timerFields) out.value((value as Fields)[field], `[${field}]`);
    },
  },
  internal(kinds.signalState, SignalState, ["aborted", "reason", "order", "sources", "dependents", "waits"]),
  internal(kinds.effectWait, EffectWait, ["promise", "names", "signals", "by"]),
  internal(kinds.cancellation, Cancellation, ["signal", "error", "fibers", "withdrawn"]),
  internal(kinds.queuedRequest, QueuedRequest, ["request", "value", "promise"]),
  internal(kinds.returnReaction, ReturnReaction, ["generator"]),
  internal(kinds.delegate, Delegate, ["iterator", "next", "request", "value", "done", "returned"]),
  internal(kinds.disposals, Disposals, [
    "resources",
    "failed",
    "error",
    "awaited",
    "late",
    "needsWait",
    "hasWaited",
  ]),
  internal(kinds.asyncFromSync, AsyncFromSync, ["iterator", "method"]),
  internal(kinds.listIterator, ListIterator, ["value", "list", "index"]),
  internal(kinds.textIterator, TextIterator, ["value", "text", "index"]),
  {
    ...internal(kinds.matches, Matches, ["value", "regexp", "text", "isGlobal", "byCharacter", "ended"]),
    make: () => new Matches(/./g, "", "g"),
  },
  {
    ...internal(kinds.collectionIterator, CollectionIterator, ["value", "collection", "remaining"]),
    make: () => new CollectionIterator(new Set(), undefined),
    write(out, value) {
      const iterator = value as CollectionIterator;
      out.value(iterator.value, "[value]");
      out.value(iterator.collection, "[collection]");
      out.value(iterator.remaining(), "[remaining]");
    },
  },
  {
    ...internal(kinds.protocolIterator, ProtocolIterator, ["value", "iterator", "next"]),
    write(out, value) {
      const iterator = value as ProtocolIterator;
      out.value(iterator.value, "[value]");
      const rest = iterator.iterator instanceof ListIterator ? [] : drain(iterator.iterator, iterator.next);
      if (rest === undefined) {
        out.value(iterator.iterator, "[iterator]");
        out.value(iterator.next, "[next]");
        return;
      }
      // A native iterator cannot be written down, and reading what is left of it uses it up: the list goes on in its place.
      if (!(iterator.iterator instanceof ListIterator)) {
        iterator.iterator = new ListIterator(rest, 0);
        iterator.next = stepOfList;
      }
      out.value(iterator.iterator, "[iterator]");
      out.value(undefined, "[next]");
    },
  },
];

/** Generators have a prototype of the program's, and may have properties. */
export const generatorCases = [
  {
    tag: kinds.generator,
    prototype: generatorPrototype,
    accepts: (value: object): boolean => GeneratorObject.is(value),
    write(out: Encoder, value: object): void {
      if (out.mode === modeValue) out.refuse("it is a generator, which belongs to the running task");
      if (GeneratorObject.isRunning(value as GeneratorObject))
        out.refuse("it is a generator that is running");
      out.value(GeneratorObject.frameOf(value as GeneratorObject), "[frame]");
    },
  },
  {
    tag: kinds.asyncGenerator,
    prototype: asyncGeneratorPrototype,
    accepts: (value: object): boolean => AsyncGeneratorObject.is(value),
    write(out: Encoder, value: object): void {
      if (out.mode === modeValue) out.refuse("it is an async generator, which belongs to the running task");
      const { state, reaction, queue } = AsyncGeneratorObject.of(value as AsyncGeneratorObject).parts;
      out.contents.byte(states.indexOf(state));
      out.value(reaction, "[frame]");
      out.contents.varint(queue.length);
      for (const request of queue) out.value(request, "[request]");
    },
  },
  ...Object.values(iteratorIntrinsics).map((prototype) => ({
    tag: kinds.iterator,
    prototype,
    accepts: (value: object): boolean => IteratorObject.is(value),
    shell(out: Encoder, value: object): void {
      if (out.mode === modeValue) out.refuse("it is an iterator, which belongs to the running task");
      const { family, pick } = IteratorObject.partsOf(value as IteratorObject);
      out.contents.byte(family);
      out.contents.byte(pick);
    },
    write(out: Encoder, value: object): void {
      const { place } = IteratorObject.partsOf(value as IteratorObject);
      out.value(place, "[place]");
    },
  })),
];

/** `next` of a drained iterator: a list in the place of the native one. */
export function stepOfList(this: ListIterator): IteratorResult<unknown> {
  return this.step() ? { done: false, value: this.value } : { done: true, value: undefined };
}

export const frameCase: InternalCase = {
  ...internal(kinds.frame, Frame, []),
  shell(out, value) {
    const { site, label } = value as Frame;
    out.contents.varint(out.layout(site, label));
  },
  write(out, value) {
    const frame = value as Frame;
    const names = frame.site.labels?.[frame.label]?.slots ?? [];
    if (names.length !== frame.slots.length) {
      out.refuse(
        `its function ${frame.site.id} suspended at label ${frame.label} with slots that do not fit`,
      );
    }
    const { slots } = frame;
    for (let at = 0; at < slots.length; at++) out.value(slots[at], names[at]);
    out.value(frame.parent instanceof AsyncGenerator ? frame.parent.object : frame.parent, 0);
  },
};

/** A frame, and behind it what it carries. */
export const carryingFrameCase: InternalCase = {
  ...frameCase,
  tag: kinds.carryingFrame,
  prototype: CarryingFrame.prototype,
  write(out, value) {
    frameCase.write(out, value);
    out.value((value as CarryingFrame).ambient, 0);
  },
};

const promiseStates = ["pending", "fulfilled", "rejected"] as const;

/** A promise may also be of a subclass, and have properties. */
export const promiseCase = {
  tag: kinds.promise,
  prototype: DurablePromise.prototype as object,
  accepts: (value: object): boolean => DurablePromise.is(value),
  write(out: Encoder, value: object): void {
    const promise = value as DurablePromise;
    const { state, value: result, handled, constructed, reactions, source } = DurablePromise.partsOf(promise);
    const isPending = state === "pending";
    if (out.mode === modeValue && isPending) {
      out.refuse("it is a pending promise; await it before it is handed over");
    }
    let count = reactions.length;
    for (const reaction of reactions) if (isForeignReaction(reaction)) count--;
    const foreign = isPending && out.context.kernel.foreign.has(promise);
    if (constructed && isPending && !foreign) out.promises.push(promise);
    out.contents.byte(promiseStates.indexOf(state));
    out.contents.byte(
      (handled ? 1 : 0) | (constructed ? 2 : 0) | (source === undefined ? 0 : 4) | (foreign ? 8 : 0),
    );
    out.value(result, "[result]");
    out.contents.varint(count);
    const isMixed = count < reactions.length;
    for (const reaction of reactions)
      if (!isMixed || !isForeignReaction(reaction)) out.value(reaction, "[waiting]");
    if (source === undefined) return;
    const { callee, self, operands, again } = source;
    out.value(callee, "[call]");
    out.value(self, "[this]");
    out.value(operands, "[arguments]");
    out.value(again, "[again]");
  },
};

/**
 * A foreign `await` of a durable promise hangs two native functions on it. They go with their process: the foreign call they
 * belong to is made again, and waits anew.
 */
function isForeignReaction(reaction: object): boolean {
  if (!(reaction instanceof ThenReaction)) return false;
  const handler = reaction.onFulfilled;
  return (
    handler !== undefined &&
    handler.name === "" &&
    handler.length === 1 &&
    siteOf(handler) === undefined &&
    memberOf(handler) === undefined &&
    builtinName(handler) === undefined &&
    Function.prototype.toString.call(handler).endsWith("{ [native code] }")
  );
}
