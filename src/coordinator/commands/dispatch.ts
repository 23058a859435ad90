/**
 * Gives tasks that could run to workers that have room: first come, first served; each to the least loaded worker, of equals to the one
 * that joined first.
 *
 * P1. No worker is given more than limits.activationsPerWorker tasks that are not idle. Most of them wait there for a place. Of those that are woken
 *     warm it may have more, as long as nobody else is kept from a place by that (tasks.ts, K6).
 * P2. A task that has to be alone gets a worker on which nothing else is, and while it is alone there nobody joins it. Suspects come
 *     before all others, one at a time, and if every worker is busy one of them gets nothing new, and is asked to hand back what it has.
 * P3. No worker has nothing to do while tasks wait for a place at another: half of those that do are asked back from the one where
 *     most do, the last ones first.
 * P4. A task that asks for memory runs on a worker of that size, alone; other tasks never run on one.
 */
import { runOf, type TaskId } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { TaskRow } from "../../protocol/rows.ts";
import { beginGrace } from "../cancel.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { giveRoom, hasRoom } from "../room.ts";
import { type Activation, type Bounds, begun, isBusy, type State, type Worker } from "../state.ts";
import { evict } from "../tasks.ts";

/** False: to dispatch would change nothing. */
export function hasToDispatch(state: State): boolean {
  // With several workers there may be something to ask back (P3).
  if (state.workers.size > 1 || state.ready.sized().size > 0 || wantsSolitude(state)) return true;
  for (const _ of state.ready.common()) return true;
  return false;
}

export function dispatch(draft: Draft, { now }: Command & { kind: "dispatch" }): void {
  dispatchAlone(draft, now);
  dispatchSized(draft, now);
  const places = placesOf(draft);
  const passed: TaskId[] = [];
  const done =
    giveOut(draft, draft.state.ready.common(), { places, now, passed }) &&
    // What they have started may have begun meanwhile.
    giveOut(draft, passed.splice(0), { places, now, passed });
  if (done && places.some(({ busy }) => busy === 0)) recall(draft, places);
  giveRoom(draft);
}

/** False if there is no place left. Those that wait for room are passed over (room.ts, B2). */
function giveOut(
  draft: Draft,
  tasks: Iterable<TaskId>,
  { places, now, passed }: { places: readonly Place[]; now: number; passed: TaskId[] },
): boolean {
  for (const id of tasks) {
    const place = leastLoaded(places, draft.state.bounds);
    if (place === undefined) return false;
    const row = draft.task(id)!;
    if (!hasRoom(draft, row)) {
      passed.push(id);
      continue;
    }
    activate(draft, row, place.worker, now);
    place.busy++;
    place.all++;
  }
  return true;
}

/** P3. */
function recall(draft: Draft, places: readonly Place[]): void {
  let most: readonly Activation[] = [];
  for (const { worker, busy } of places) {
    if (busy <= limits.tasksAtOnce) continue;
    const { waiting } = begun(draft.activationsOf(worker.id));
    if (waiting.length > most.length) most = waiting;
  }
  const chosen = most.slice(most.length >> 1).filter(({ recalled }) => !recalled);
  askBack(draft, chosen, {});
}

/** Those of one worker. */
function askBack(draft: Draft, chosen: readonly Activation[], how: { readonly begun?: true }): void {
  if (chosen.length === 0) return;
  for (const activation of chosen) draft.setActivation(activation.task, { ...activation, recalled: true });
  const tasks = chosen.map(({ task, epoch }) => ({ task, epoch }));
  draft.send(chosen[0]!.worker, { kind: "recall", tasks, ...how });
}

interface Place {
  readonly worker: Worker;
  busy: number;
  all: number;
}

function placesOf(draft: Draft): Place[] {
  const places: Place[] = [];
  for (const id of draft.state.workers.keys()) {
    const worker = draft.worker(id)!;
    if (worker.draining || worker.reserved || worker.memoryMiB !== undefined) continue;
    const { busy, activations } = draft.state.loadOf(id);
    places.push({ worker, busy, all: activations.size });
  }
  return places;
}

function leastLoaded(places: readonly Place[], { activationsPerWorker }: Bounds): Place | undefined {
  let best: Place | undefined;
  for (const place of places) {
    if (place.busy >= activationsPerWorker) continue;
    if (best === undefined || place.busy < best.busy || (place.busy === best.busy && place.all < best.all)) {
      best = place;
    }
  }
  return best;
}

/** P4. Whatever is warm there makes room. */
function dispatchSized(draft: Draft, now: number): void {
  const waiting = draft.state.ready.sized();
  if (waiting.size === 0) return;
  for (const [memoryMiB, tasks] of waiting) {
    const workers = [...draft.state.workers.values()].filter(
      (worker) =>
        worker.memoryMiB === memoryMiB && !worker.draining && draft.state.loadOf(worker.id).busy === 0,
    );
    for (const id of tasks) {
      const worker = workers.shift();
      if (worker === undefined) break;
      for (const activation of draft.activationsOf(worker.id)) evict(draft, activation);
      activate(draft, draft.task(id)!, worker, now);
    }
  }
}

function dispatchAlone(draft: Draft, now: number): void {
  if (!wantsSolitude(draft.state)) return;
  const workers = [...draft.state.workers.values()].filter(
    ({ draining, memoryMiB }) => !draining && memoryMiB === undefined,
  );
  const reserved = workers.filter((worker) => worker.reserved);
  if (reserved.some((worker) => hasAlone(draft, worker))) return;
  const task = firstAlone(draft);
  const chosen = task === undefined ? undefined : placeAlone(draft, workers, reserved[0]);
  for (const worker of reserved) {
    if (worker !== chosen) draft.setWorker(worker.id, { ...worker, reserved: false });
  }
  if (task === undefined || chosen === undefined) return;
  if (!chosen.reserved) draft.setWorker(chosen.id, { ...chosen, reserved: true });
  const activations = draft.activationsOf(chosen.id);
  for (const activation of activations) if (!isBusy(activation)) evict(draft, activation);
  const busy = activations.filter(isBusy);
  if (busy.length === 0) activate(draft, draft.task(task)!, chosen, now);
  else
    askBack(
      draft,
      busy.filter(({ recalled }) => !recalled),
      { begun: true },
    );
}

/** Whether there is a task that has to be alone, or a worker that is kept for one. */
function wantsSolitude({ ready, workers }: State): boolean {
  for (const _ of ready.alone()) return true;
  for (const { reserved } of workers.values()) if (reserved) return true;
  return false;
}

function firstAlone(draft: Draft): TaskId | undefined {
  for (const id of draft.state.ready.alone()) if (hasRoom(draft, draft.task(id)!)) return id;
  return undefined;
}

/** A worker on which nothing runs; else the one that is being kept free already; else the least loaded. */
function placeAlone(draft: Draft, workers: readonly Worker[], kept: Worker | undefined): Worker | undefined {
  const busy = (worker: Worker) => draft.state.loadOf(worker.id).busy;
  let best: Worker | undefined;
  for (const worker of workers) if (best === undefined || busy(worker) < busy(best)) best = worker;
  return best === undefined || busy(best) === 0 ? best : (kept ?? best);
}

/** Whether the task for which the worker is reserved is there already. */
function hasAlone(draft: Draft, worker: Worker): boolean {
  return draft.activationsOf(worker.id).some(({ task }) => draft.task(task)?.alone);
}

function activate(draft: Draft, row: TaskRow, worker: Worker, now: number): void {
  const { id: task, seq, from } = row;
  const epoch = row.epoch + 1;
  draft.setTask(task, { ...row, epoch, status: "active" });
  const fresh = { idle: false, fresh: true, recalled: false, since: now };
  draft.setActivation(task, { task, worker: worker.id, epoch, ...fresh });
  const { version } = draft.run(runOf(task))!;
  const { answered = [] } = row;
  const completions = draft.completionsOf(task);
  draft.act({
    ...{ kind: "activate", worker: worker.id, task, epoch, seq, version, from },
    ...{ answered, completions },
  });
  beginGrace(draft, task, now);
}
