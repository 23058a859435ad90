/**
 * Gates: queues, inboxes, locks and barriers, at which the tasks of a run meet.
 *
 * Whoever asks something of a gate becomes a waiter, in the order of asking; then the gate serves whom it can, from the head. Who finds nobody before
 * him, and what he asks for, is served without having waited ({@link serveNow}), which spares the rows of a wait. So nobody overtakes.
 *
 * G1. Waiters are served first come, first served, on each of the two sides: `in` (enqueuers) and `out` (all others).
 * G2. A queue holds at most `capacity` items. The items of one enqueue go in together, when there is room for all of them.
 * G3. A served dequeuer has the item as a completion in its task's row, until a commit consumes it (design H15): an item is in exactly one of
 *     queue, completion, snapshot. One that has reached a task ends with the task.
 *     Who wants several at once waits until there are so many, or no more can come in: the queue is closed, or full for the next enqueuer.
 * G4. `close` rejects those who wait to enqueue, now and later; what is in the queue can still be dequeued, and then dequeuers are rejected.
 * G5. A lock has at most `permits` holders. Each acquisition has a higher token than all before it; the end of a task gives its
 *     permits back, whatever the way it ended.
 * G6. After a decision nobody waits who could be served.
 * G7. A waiter that is one choice of a select goes when another one is answered, in the same decision.
 * G8. An inbox is a queue that only commands fill. It takes limits.inboxMessages at most, and knows the ids of the last limits.messageIdsKept.
 */
import { assert } from "../base/errors.ts";
import type { GateId, HandleId, TaskId } from "../base/ids.ts";
import { runOf, runOfGate } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { nothing } from "../protocol/answers.ts";
import type { Effect, Gate, GateKind, Outcome } from "../protocol/effect.ts";
import type { GateRow, Place, WaiterRow } from "../protocol/rows.ts";
import type { Draft } from "./draft.ts";
import { answerAtOnce, complete } from "./tasks.ts";
import { listing } from "./uses.ts";

type GateEffect = Effect & { readonly gate: Gate };

/** What can be asked of a gate: by an effect, or as a choice of one. */
export type GateRequest = GateEffect extends infer E ? (E extends unknown ? Omit<E, "id"> : never) : never;

/** Carries out what `place` asks. */
export function meet(draft: Draft, place: Place, effect: GateRequest): void {
  const { id, is } = effect.gate;
  const { task } = place;
  const row = draft.gate(id) ?? newGate(effect.gate);
  const refusal = refuse(task, row, is);
  if (effect.kind === "close" || effect.kind === "release") {
    if (refusal !== undefined) return;
    draft.setGate(id, effect.kind === "close" ? { ...row, closed: true } : released(row, task, effect.token));
    serve(draft, row);
    return;
  }
  if (refusal !== undefined) {
    draft.endWait(task, place.effect);
    complete(draft, place, refusal);
    return;
  }
  if (serveNow(draft, place, row, effect)) return;
  const side = effect.kind === "enqueue" ? "in" : "out";
  const { first, next: number } = row[side];
  const { items, handles } = effect.kind === "enqueue" ? effect : { items: [], handles: undefined };
  const several = effect.kind === "dequeue" && effect.size !== undefined && { size: effect.size };
  const span = { first, next: number + 1 };
  draft.setGate(id, side === "in" ? { ...row, in: span } : { ...row, out: span });
  draft.addWaiter({ ...place, gate: id, side, number, items, ...several, ...(handles && { handles }) });
  serve(draft, row);
}

/** Whether what is asked for could be had at once, and nobody waited for the same. */
function serveNow(draft: Draft, place: Place, row: GateRow, effect: GateRequest): boolean {
  const { is, items, closed } = row;
  const side = effect.kind === "enqueue" ? row.in : row.out;
  if (side.first < side.next) return false;
  const count = items.next - items.first;
  if (effect.kind === "enqueue" && is.kind === "queue") {
    if (closed || count + effect.items.length > is.capacity) return false;
    bring(draft, row, effect);
    // Never a choice of a select.
    answerAtOnce(draft, place.task, place.effect);
  } else if (effect.kind === "dequeue" && effect.size === undefined && count > 0) {
    draft.endWait(place.task, place.effect);
    complete(draft, place, take(draft, row));
  } else return false;
  serve(draft, row);
  return true;
}

/** Puts items into a queue that has room for them. */
function bring(
  draft: Draft,
  row: GateRow,
  { items: brought, handles }: Pick<WaiterRow, "items" | "handles">,
): void {
  const { id, items } = row;
  for (const [index, bytes] of brought.entries())
    draft.setItem({ gate: id, number: items.next + index, bytes, ...listing(handles?.[index]) });
  draft.setGate(id, { ...row, items: { first: items.first, next: items.next + brought.length } });
}

/** The first item of a queue that is not empty: out of it, as an answer. */
function take(draft: Draft, row: GateRow): Outcome {
  const { id, is, items } = row;
  const { bytes, handles } = draft.item(id, items.first)!;
  draft.deleteItem(id, items.first);
  draft.setGate(id, { ...row, items: { first: items.first + 1, next: items.next } });
  const json = is.kind === "inbox" ? { json: true as const } : {};
  return { kind: "value", value: bytes, ...json, ...listing(handles) };
}

/** As many items, but no more than one answer may weigh. */
function takeSeveral(draft: Draft, row: GateRow, most: number): Outcome {
  const { id, items } = row;
  const taken: Uint8Array[] = [];
  const led = new Set<HandleId>();
  let weight = 0;
  for (let number = items.first; number < items.first + most; number++) {
    const { bytes, handles = [] } = draft.item(id, number)!;
    weight += bytes.length;
    if (taken.length > 0 && weight > limits.payloadBytesMax) break;
    taken.push(bytes);
    for (const handle of handles) led.add(handle);
    draft.deleteItem(id, number);
  }
  draft.setGate(id, { ...row, items: { first: items.first + taken.length, next: items.next } });
  const [value, ...rest] = taken;
  return { kind: "value", value: value!, rest, ...listing([...led]) };
}

/** Puts a message into an inbox (G8). */
export function deliver(draft: Draft, id: GateId, bytes: Uint8Array, messageId: string | undefined): void {
  const row = draft.gate(id) ?? newGate({ id, is: { kind: "inbox" } });
  const { next: number } = row.items;
  draft.setGate(id, { ...row, items: { ...row.items, next: number + 1 } });
  draft.setItem({ gate: id, number, bytes });
  if (messageId !== undefined) draft.setMessage(id, number, messageId);
  const old = number - limits.messageIdsKept;
  if (draft.message(id, old) !== undefined) draft.setMessage(id, old, undefined);
  serve(draft, row);
}

/** G6, for the gates at which waiters or holders have gone. */
export function settleGates(draft: Draft): void {
  for (const id of draft.takeTouchedGates()) {
    const row = draft.gate(id);
    if (row !== undefined) serve(draft, row);
  }
}

/** With its run. Its waiters have gone with their tasks. */
export function removeGate(draft: Draft, { id, is, items }: GateRow): void {
  for (let number = items.first; number < items.next; number++) draft.deleteItem(id, number);
  const oldest = is.kind === "inbox" ? Math.max(0, items.next - limits.messageIdsKept) : items.next;
  for (let number = oldest; number < items.next; number++) draft.setMessage(id, number, undefined);
  draft.setGate(id, undefined);
}

/** Whether anybody waits at it, on either side. */
export function hasWaiters(draft: Draft, row: GateRow): boolean {
  const { id } = row;
  for (const side of ["in", "out"] as const)
    for (let number = row[side].first; number < row[side].next; number++)
      if (draft.waiter({ gate: id, side, number }) !== undefined) return true;
  return false;
}

export function describeGate({ id, is }: Pick<GateRow, "id" | "is">): string {
  // Made by a statement of a module: the first one there needs no number.
  const [, place] = /^[^/]+\/[a-z]+@(.*)$/s.exec(id) ?? [];
  if (place !== undefined) return `${is.kind} ${place.replace(/\.0$/, "")}`;
  const [, rest = ""] = /\/(?:[a-z]+:)?(.*)$/s.exec(id) ?? [];
  return /\/\d+$/.test(id) ? `a ${is.kind} without a name (${id})` : `${is.kind} "${rest}"`;
}

function newGate({ id, is }: Gate): GateRow {
  const none = { first: 0, next: 0 };
  return { id, is, items: none, closed: false, in: none, out: none, holders: [], lastToken: 0 };
}

/** Why `task` cannot use the gate in this way. */
function refuse(task: TaskId, row: GateRow, is: GateKind): Outcome | undefined {
  if (runOfGate(row.id) !== runOf(task)) {
    const message = `${describeGate(row)} belongs to another run, and is not known here`;
    return { kind: "failure", name: "GoneError", message };
  }
  if (bound(row.is) === bound(is)) return undefined;
  const message = `${describeGate(row)} was made with ${bound(row.is)}, and here with ${bound(is)}; give the same in all places`;
  return { kind: "failure", message };
}

function bound(is: GateKind): string {
  switch (is.kind) {
    case "queue":
      return `capacity ${is.capacity}`;
    case "lock":
      return `${is.permits} permits`;
    case "barrier":
      return `${is.parties} parties`;
    case "inbox":
      return "messages from outside";
  }
}

/** A permit given back twice was given back. */
function released(row: GateRow, task: TaskId, token: number): GateRow {
  return { ...row, holders: row.holders.filter((holder) => holder.task !== task || holder.token !== token) };
}

function serve(draft: Draft, { id, is }: GateRow): void {
  const step = steps[is.kind];
  while (step(draft, draft.gate(id)!));
}

const steps: Record<GateKind["kind"], (draft: Draft, row: GateRow) => boolean> = {
  queue: serveQueue,
  inbox: serveQueue,
  lock: serveLock,
  barrier: serveBarrier,
};

/** Whether somebody was served. */
function serveQueue(draft: Draft, row: GateRow): boolean {
  const { id, is, items, closed } = row;
  assert(is.kind === "queue" || is.kind === "inbox", `${id} is no queue`);
  const count = items.next - items.first;
  const taker = head(draft, row, "out");
  if (taker !== undefined && count > 0 && taker.size === undefined) {
    answer(draft, taker, take(draft, draft.gate(id)!));
    return true;
  }
  const bringer = head(draft, row, "in");
  if (taker?.size !== undefined && count > 0) {
    const isFull = bringer !== undefined && is.kind === "queue" && count + bringer.items.length > is.capacity;
    if (count >= taker.size || closed || isFull) {
      answer(draft, taker, takeSeveral(draft, draft.gate(id)!, Math.min(count, taker.size)));
      return true;
    }
  }
  if (bringer !== undefined && closed) {
    answer(draft, bringer, closedFailure(row, "closed: nothing more can be enqueued"));
    return true;
  }
  if (bringer !== undefined && is.kind === "queue" && count + bringer.items.length <= is.capacity) {
    bring(draft, draft.gate(id)!, bringer);
    answer(draft, bringer, nothing);
    return true;
  }
  if (taker === undefined || !closed) return false;
  answer(draft, taker, closedFailure(row, "closed and empty"));
  return true;
}

function closedFailure(row: GateRow, rest: string): Outcome {
  return { kind: "failure", name: "QueueClosedError", message: `${describeGate(row)} is ${rest}` };
}

function serveLock(draft: Draft, row: GateRow): boolean {
  const { id, is, holders } = row;
  assert(is.kind === "lock", `${id} is no lock`);
  if (holders.length >= is.permits) return false;
  const waiter = head(draft, row, "out");
  if (waiter === undefined) return false;
  const token = row.lastToken + 1;
  const { task } = waiter;
  draft.setGate(id, { ...draft.gate(id)!, holders: [...holders, { task, token }], lastToken: token });
  answer(draft, waiter, { kind: "value", value: new Uint8Array(0), number: token });
  return true;
}

function serveBarrier(draft: Draft, row: GateRow): boolean {
  const { id, is, out } = row;
  assert(is.kind === "barrier", `${id} is no barrier`);
  const there: WaiterRow[] = [];
  for (let number = out.first; number < out.next && there.length < is.parties; number++) {
    const waiter = draft.waiter({ gate: id, side: "out", number });
    if (waiter !== undefined) there.push(waiter);
  }
  if (there.length < is.parties) return false;
  for (const waiter of there) answer(draft, waiter, nothing);
  draft.setGate(id, { ...draft.gate(id)!, out: { ...out, first: there.at(-1)!.number + 1 } });
  return true;
}

/** The first of those who wait on one side. Gaps before it, left by those who went away, are forgotten. */
function head(draft: Draft, found: GateRow, side: "in" | "out"): WaiterRow | undefined {
  const { id } = found;
  const { first, next } = found[side];
  for (let number = first; number < next; number++) {
    const waiter = draft.waiter({ gate: id, side, number });
    if (waiter !== undefined || number === next - 1) {
      const from = waiter === undefined ? next : number;
      if (from > first) {
        const row = draft.gate(id)!;
        const span = { first: from, next };
        draft.setGate(id, side === "in" ? { ...row, in: span } : { ...row, out: span });
      }
    }
    if (waiter !== undefined) return waiter;
  }
  return undefined;
}

function answer(draft: Draft, waiter: WaiterRow, outcome: Outcome): void {
  const { task, effect } = waiter;
  draft.endWait(task, effect);
  const answered = complete(draft, waiter, outcome);
  assert(answered, `${task} waits at a gate and is over`);
}
