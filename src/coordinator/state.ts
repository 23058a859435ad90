/**
 * What the coordinator knows: the rows, and what follows from them.
 *
 * Owns: the rows of the small tables, indexes over them, and the two tables that live in memory only because they die with the
 * server: workers, and activations (which task is on which worker). Does not own: any bytes; it never sees a snapshot again after
 * having passed it on as a change.
 *
 * S1. {@link apply} is the only code that builds state. Loading is a fold of `apply` over the rows of the store.
 * S2. Every index is a function of the rows: state built step by step equals state loaded from the same rows (but for the order of the
 *     ready queue, which is the order of keys after a load).
 * S3. A task's row is `active` exactly while it has an activation that is not idle. (Between a load and `restart`, rows may be
 *     `active` without one.) An idle activation belongs to a row that is `parked`.
 * S4. Iteration orders are orders of insertion: the same commands give the same decisions.
 * S5. Whole runs can be put away as bytes ({@link rest}, asleep.ts), and are back as soon as anything of them is asked for: what the state
 *     answers is the same.
 */
import type { EffectId, GateId, RunId, TaskId, Version, WorkerId } from "../base/ids.ts";
import { isInbox, ownerOf, parentOf, runOf, runOfGate } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { PassingMap, PassingSet } from "../base/passing.ts";
import type {
  BundleRow,
  Change,
  CompletionRow,
  GateRow,
  ItemRow,
  LineRow,
  MessageRow,
  Place,
  RunRow,
  SharedRow,
  TaskRow,
  TimerRow,
  WaiterRow,
} from "../protocol/rows.ts";
import { Asleep, tasksAsleepMax } from "./asleep.ts";
import { Completions, type CompletionsView } from "./completions.ts";
import { Family } from "./family.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { Timers, timerKey } from "./timers.ts";
import { handlesOfWaiter, Uses } from "./uses.ts";
import { aTimer, eachWait, type SingleWait, type Wait, WaitIndex } from "./wait-index.ts";
import { waking } from "./waking.ts";

/** One stay of a task on a worker. */
export interface Activation {
  readonly task: TaskId;
  readonly worker: WorkerId;
  readonly epoch: number;
  /** Waits for completions, warm; not counted as load and not suspected of a death. */
  readonly idle: boolean;
  /** For all that is known it may not have begun (see `begun` in wire.ts). */
  readonly fresh: boolean;
  /** It has been asked back. */
  readonly recalled: boolean;
  /** When it was given to the worker. */
  readonly since: number;
  /** Its last commit, which is acknowledged when there is room for more tasks (room.ts). */
  readonly owed?: number;
}

/** Counted as load, and suspected of a death: neither idle nor made to wait for room. */
export function isBusy({ idle, owed }: Activation): boolean {
  return !idle && owed === undefined;
}

/**
 * Of the activations of one worker, in order of arrival: those that may have begun, so that code of theirs was on the CPU or queued for it,
 * and those that certainly have not.
 */
export function begun(activations: readonly Activation[]): {
  readonly busy: readonly Activation[];
  readonly waiting: readonly Activation[];
} {
  const busy: Activation[] = [];
  const waiting: Activation[] = [];
  let fresh = 0;
  for (const activation of activations) {
    if (!isBusy(activation)) continue;
    if (activation.fresh && ++fresh > limits.tasksAtOnce) waiting.push(activation);
    else busy.push(activation);
  }
  return { busy, waiting };
}

export interface Worker {
  readonly id: WorkerId;
  /** Takes nothing more. */
  readonly draining: boolean;
  /** Kept for one task that has to run alone (design H12), or running it. */
  readonly reserved: boolean;
  /** Only for tasks that ask for so much, one at a time. */
  readonly memoryMiB?: number;
}

export type MemoryChange =
  | { readonly table: "worker"; readonly key: WorkerId; readonly row: Worker | undefined }
  | { readonly table: "activation"; readonly key: TaskId; readonly row: Activation | undefined };

export type StateChange = Change | MemoryChange;

/** Whether a change belongs into the store. */
export function isDurable(change: StateChange): change is Change {
  return change.table !== "worker" && change.table !== "activation";
}

/** How many of a run's tasks are where. */
export interface Tally {
  readonly ready: number;
  readonly active: number;
  readonly parked: number;
  /** Timers, and tasks' waits for messages: what can wake a task from outside of the run. */
  readonly outside: number;
}

export interface WorkerLoad {
  /** In order of arrival. */
  readonly activations: ReadonlyMap<TaskId, Activation>;
  /** How many of them are busy. */
  readonly busy: number;
}

/** Of limits.ts, those that a test makes smaller, so that it meets them. */
export type Bounds = Readonly<Record<"unstartedChildren" | "activationsPerWorker", number>>;

export interface State {
  readonly runs: ReadonlyMap<RunId, RunRow>;
  readonly tasks: ReadonlyMap<TaskId, TaskRow>;
  readonly timers: ReadonlyMap<string, TimerRow>;
  readonly lines: ReadonlyMap<string, LineRow>;
  readonly bundles: ReadonlyMap<Version, BundleRow>;
  readonly gates: ReadonlyMap<GateId, GateRow>;
  readonly items: ReadonlyMap<string, ItemRow>;
  readonly waiters: ReadonlyMap<string, WaiterRow>;
  readonly messages: ReadonlyMap<string, MessageRow>;
  readonly shared: ReadonlyMap<string, SharedRow>;
  readonly workers: ReadonlyMap<WorkerId, Worker>;
  readonly activations: ReadonlyMap<TaskId, Activation>;
  readonly bounds: Bounds;
  /** Runs that this server keeps as they are: their tasks are not dispatched, their lines not printed. */
  readonly held: ReadonlySet<RunId>;

  readonly ready: Pick<ReadyQueue, "line" | "common" | "alone" | "sized">;
  /** The timers due at `now`, in the order in which they fire. */
  due(now: number): readonly TimerRow[];
  nextDue(): number | undefined;
  /** Runs that have ended, beyond the last `kept` ones. */
  endedBefore(kept: number): readonly RunId[];
  /** Runs that had ended by then. */
  endedUntil(time: number): readonly RunId[];
  /** When the first of those that have ended did. */
  firstEnd(): number | undefined;
  /** Runs that have a row, by their bundle. */
  runsOf(version: Version): number;
  /** Every task that has a row, ended ones too. */
  tasksOf(run: RunId): ReadonlySet<TaskId>;
  tally(run: RunId): Tally;
  /** Runs of which a task is ready or on a worker. */
  readonly runsAtWork: Iterable<RunId>;
  loadOf(worker: WorkerId): WorkerLoad;
  /** How many of the tasks that this one has started have not begun, nor ended. */
  unstartedOf(task: TaskId): number;
  /** Answers that a task has not consumed. */
  readonly completions: CompletionsView;
  /** Tasks with rows that are below this one by their names, in no particular order. */
  descendantsOf(task: TaskId): Iterable<TaskId>;
  /** The number under which the inbox took the message with this id, if it did. */
  messageOf(inbox: GateId, id: string): number | undefined;
  /** What the effects of a task wait for. */
  waitsOf(task: TaskId): ReadonlyMap<EffectId, Wait>;
  waitOf(task: TaskId, effect: EffectId): Wait | undefined;
  gatesOf(run: RunId): ReadonlySet<GateId>;
  inboxesOf(task: TaskId): ReadonlySet<GateId>;
  /** How many rows lead to what has this key (uses.ts). */
  uses(key: string): number;
  /** The locks of which a task holds permits, and how many. */
  holdsOf(task: TaskId): ReadonlyMap<GateId, number>;
}

export function emptyState(held: ReadonlySet<RunId> = new Set(), bounds: Bounds = limits): State {
  return new Book(held, bounds);
}

/** Brings `state` up to date; the same object is returned for folds. */
export function apply(state: State, changes: Iterable<StateChange>): State {
  const book = state as Book;
  for (const change of changes) book.change(change);
  return state;
}

/** Puts away what sleeps (S5); for when nothing is going on. */
export function rest(state: State): void {
  (state as Book).rest();
}

/** Over as far as code is concerned: nothing of it will run again. */
export function isOver(row: TaskRow): boolean {
  return row.status === "succeeded" || row.status === "failed" || row.status === "cancelled";
}

/** Who is to wait if there are too many of its kind; undefined: the task has begun, or ended, or nobody has started it. */
export function starterOf(row: TaskRow | undefined): TaskId | undefined {
  return row?.status === "ready" && row.epoch === 0 ? (row.starter ?? parentOf(row.id)) : undefined;
}

const emptyTally: Tally = { ready: 0, active: 0, parked: 0, outside: 0 };

/** The tally after one of the run's tasks went from `before` to `after`. */
export function moveTask(tally: Tally, before: TaskRow | undefined, after: TaskRow | undefined): Tally {
  const from = before?.status;
  const to = after?.status;
  if (from === to) return tally;
  const count = (status: TaskRow["status"]) => (to === status ? 1 : 0) - (from === status ? 1 : 0);
  return {
    ready: tally.ready + count("ready"),
    active: tally.active + count("active"),
    parked: tally.parked + count("parked"),
    outside: tally.outside,
  };
}

const noActivations: WorkerLoad = { activations: new Map(), busy: 0 };
const noTasks: ReadonlySet<TaskId> = new Set();
const noGates: ReadonlySet<GateId> = new Set();
const noHolds: ReadonlyMap<GateId, number> = new Map();

class Book implements State {
  readonly #runs = new PassingMap<RunId, RunRow>();
  readonly runs = waking(this.#runs, {
    wake: (run) => this.#wake(run),
    wakeAll: () => this.#wakeAll(),
  });
  readonly #tasks = new PassingMap<TaskId, TaskRow>();
  readonly tasks = waking(this.#tasks, {
    wake: (task) => this.#wakeOf(task),
    wakeAll: () => this.#wakeAll(),
  });
  readonly lines = new PassingMap<string, LineRow>();
  readonly bundles = new Map<Version, BundleRow>();
  readonly gates = new PassingMap<GateId, GateRow>();
  readonly items = new PassingMap<string, ItemRow>();
  readonly waiters = new PassingMap<string, WaiterRow>();
  readonly messages = new PassingMap<string, MessageRow>();
  readonly shared = new PassingMap<string, SharedRow>();
  readonly #uses = new Uses();
  readonly #inboxes = new PassingMap<TaskId, Set<GateId>>();
  readonly completions = new Completions();
  readonly workers = new Map<WorkerId, Worker>();
  readonly activations = new PassingMap<TaskId, Activation>();
  readonly held: ReadonlySet<RunId>;
  readonly bounds: Bounds;
  readonly ready: ReadyQueue;
  readonly #timers = new Timers();
  readonly timers = waking(this.#timers.rows, {
    wake: (key) => this.#wakeOf(key.slice(0, key.indexOf("/")) as TaskId),
    wakeAll: () => this.#wakeAll(),
  });
  readonly #asleep = new Asleep();
  /** In the order of their ends, unless said otherwise. */
  readonly #ended = new PassingMap<RunId, RunRow>();
  #endedInOrder = true;
  #lastEnd = 0;
  readonly #runsOfVersion = new Map<Version, number>();
  readonly #family = new Family((task) => this.#tasks.has(task));
  readonly #messageNumbers = new PassingMap<GateId, Map<string, number>>();
  readonly #unstarted = new PassingMap<TaskId, number>();
  readonly #tasksOfRun = new PassingMap<RunId, Set<TaskId>>();
  readonly #tallies = new PassingMap<RunId, Tally>();
  readonly runsAtWork = new PassingSet<RunId>();
  readonly #loads = new Map<
    WorkerId,
    { readonly activations: PassingMap<TaskId, Activation>; busy: number }
  >();
  readonly #gatesOfRun = new PassingMap<RunId, Set<GateId>>();
  readonly #holds = new PassingMap<TaskId, Map<GateId, number>>();
  readonly #waits = new WaitIndex();

  constructor(held: ReadonlySet<RunId>, bounds: Bounds) {
    this.held = held;
    this.bounds = bounds;
    this.ready = new ReadyQueue(held);
  }

  due(now: number): TimerRow[] {
    for (const run of this.#asleep.dueRuns(now)) this.#wake(run);
    return this.#timers.due(now);
  }

  nextDue(): number | undefined {
    const [awake, asleep] = [this.#timers.nextDue(), this.#asleep.nextDue()];
    return awake === undefined || asleep === undefined ? (awake ?? asleep) : Math.min(awake, asleep);
  }

  endedBefore(kept: number): readonly RunId[] {
    const count = this.#ended.size - kept;
    if (count <= 0) return [];
    this.#orderEnded();
    const found: RunId[] = [];
    for (const id of this.#ended.keys()) {
      if (found.length === count) break;
      found.push(id);
    }
    return found;
  }

  endedUntil(time: number): readonly RunId[] {
    this.#orderEnded();
    const found: RunId[] = [];
    for (const { id, endedAt } of this.#ended.values()) {
      if (endedAt! > time) break;
      found.push(id);
    }
    return found;
  }

  firstEnd(): number | undefined {
    this.#orderEnded();
    for (const { endedAt } of this.#ended.values()) return endedAt;
    return undefined;
  }

  runsOf(version: Version): number {
    return this.#runsOfVersion.get(version) ?? 0;
  }

  tasksOf(run: RunId): ReadonlySet<TaskId> {
    this.#wake(run);
    return this.#tasksOfRun.get(run) ?? noTasks;
  }

  tally(run: RunId): Tally {
    this.#wake(run);
    return this.#tallies.get(run) ?? emptyTally;
  }

  unstartedOf(task: TaskId): number {
    return this.#unstarted.get(task) ?? 0;
  }

  descendantsOf(task: TaskId): Iterable<TaskId> {
    this.#wakeOf(task);
    return this.#family.below(task);
  }

  messageOf(inbox: GateId, id: string): number | undefined {
    return this.#messageNumbers.get(inbox)?.get(id);
  }

  loadOf(worker: WorkerId): WorkerLoad {
    return this.#loads.get(worker) ?? noActivations;
  }

  waitsOf(task: TaskId): ReadonlyMap<EffectId, Wait> {
    this.#wakeOf(task);
    return this.#waits.of(task);
  }

  waitOf(task: TaskId, effect: EffectId): Wait | undefined {
    this.#wakeOf(task);
    return this.#waits.get(task, effect);
  }

  uses(key: string): number {
    if (this.#asleep.size > 0) this.#wake(runOfKey(key));
    return this.#uses.of(key);
  }

  inboxesOf(task: TaskId): ReadonlySet<GateId> {
    return this.#inboxes.get(task) ?? noGates;
  }

  gatesOf(run: RunId): ReadonlySet<GateId> {
    return this.#gatesOfRun.get(run) ?? noGates;
  }

  holdsOf(task: TaskId): ReadonlyMap<GateId, number> {
    return this.#holds.get(task) ?? noHolds;
  }

  change(change: StateChange): void {
    if (this.#asleep.size > 0 && isOfRun(change)) this.#wake(runOfKey(change.key));
    switch (change.table) {
      case "bytes":
        return;
      case "run":
        this.#changeRun(change.key as RunId, change.row);
        break;
      case "bundle":
        put(this.bundles, change.key as Version, change.row);
        break;
      case "task":
        this.#changeTask(change.key as TaskId, change.row);
        break;
      case "completion":
        this.#changeCompletion(change.key, change.row);
        break;
      case "timer":
        this.#changeTimer(change.key, change.row);
        break;
      case "line":
        put(this.lines, change.key, change.row);
        break;
      case "gate":
        this.#changeGate(change.key as GateId, change.row);
        break;
      case "item":
        this.#changeItem(change.key, change.row);
        break;
      case "waiter":
        this.#changeWaiter(change.key, change.row);
        break;
      case "message":
        this.#changeMessage(change.key, change.row);
        break;
      case "shared":
        this.#changeShared(change.key, change.row);
        break;
      case "worker":
        put(this.workers, change.key, change.row);
        break;
      case "activation":
        this.#changeActivation(change.key, change.row);
        break;
    }
  }

  /** S5. */
  rest(): void {
    const printing = new Set([...this.lines.values()].map(({ task }) => runOf(task)));
    for (const run of this.#runs.values()) if (!printing.has(run.id)) this.#putAway(run);
  }

  #putAway(run: RunRow): void {
    const { ready, active, parked, outside } = this.tally(run.id);
    const sleeps = ready + active === 0 && parked > 0 && outside > 0 && parked <= tasksAsleepMax;
    if (run.status !== "running" || !sleeps || this.#gatesOfRun.has(run.id)) return;
    const tasks: TaskRow[] = [];
    const timers: TimerRow[] = [];
    for (const id of this.tasksOf(run.id)) {
      if (tasks.length === tasksAsleepMax || this.activations.has(id) || this.completions.count(id) > 0)
        return;
      const row = this.#tasks.get(id)!;
      if (row.answered !== undefined) return;
      tasks.push(row);
      for (const [effect, wait] of this.waitsOf(id)) {
        for (const single of eachWait(wait)) {
          if (single.kind !== "timer") continue;
          timers.push(this.#timers.rows.get(timerKey({ task: id, effect, ...branchOf(single) }))!);
        }
      }
    }
    const rows = { run, tasks, timers };
    if (!this.#asleep.takes(rows)) return;
    // What counts runs, and not what is in them, goes on counting this one.
    this.#runs.delete(run.id);
    for (const timer of timers) this.#changeTimer(timerKey(timer), undefined);
    for (const { id } of tasks) this.#changeTask(id, undefined);
    this.#asleep.put(rows);
  }

  #wakeAll(): void {
    for (const run of this.#asleep.runs()) this.#wake(run);
  }

  #wakeOf(task: TaskId): boolean {
    return this.#asleep.size > 0 && this.#wake(runOf(task));
  }

  #wake(run: RunId): boolean {
    const rows = this.#asleep.size === 0 ? undefined : this.#asleep.take(run);
    if (rows === undefined) return false;
    this.#runs.set(run, rows.run);
    for (const task of rows.tasks) this.#changeTask(task.id, task);
    for (const timer of rows.timers) this.#changeTimer(timerKey(timer), timer);
    return true;
  }

  #changeRun(id: RunId, after: RunRow | undefined): void {
    const before = this.runs.get(id);
    put(this.#runs, id, after);
    if (before?.version !== after?.version) {
      if (before !== undefined) this.#countVersion(before.version, -1);
      if (after !== undefined) this.#countVersion(after.version, 1);
    }
    if (before?.endedAt === after?.endedAt) return;
    put(this.#ended, id, after?.endedAt === undefined ? undefined : after);
    if (after?.endedAt === undefined) return;
    // The clock never goes backwards; but a load comes in the order of names.
    if (after.endedAt < this.#lastEnd) this.#endedInOrder = false;
    else this.#lastEnd = after.endedAt;
  }

  #countVersion(version: Version, step: 1 | -1): void {
    const count = this.runsOf(version) + step;
    put(this.#runsOfVersion, version, count === 0 ? undefined : count);
  }

  #orderEnded(): void {
    if (this.#endedInOrder) return;
    const rows = [...this.#ended.values()].sort(
      (one, other) => one.endedAt! - other.endedAt! || (one.id < other.id ? -1 : 1),
    );
    this.#ended.clear();
    for (const row of rows) this.#ended.set(row.id, row);
    this.#endedInOrder = true;
  }

  #changeTask(id: TaskId, after: TaskRow | undefined): void {
    const before = this.#tasks.get(id);
    if (before === after) return;
    put(this.#tasks, id, after);
    this.ready.update(before, after);
    const run = runOf(id);
    this.#setTally(run, moveTask(this.tally(run), before, after));
    if (before === undefined) {
      addTo(this.#tasksOfRun, run, id);
      this.#family.added(id);
    } else if (after === undefined) {
      removeFrom(this.#tasksOfRun, run, id);
      this.#family.removed(id);
    }
    if (before?.joiners !== after?.joiners) this.#changeJoiners(id, before, after);
    this.#countUnstarted(starterOf(before), -1);
    this.#countUnstarted(starterOf(after), 1);
    this.#uses.move(run, before?.handles, after?.handles);
  }

  #countUnstarted(starter: TaskId | undefined, step: 1 | -1): void {
    if (starter === undefined) return;
    const count = this.unstartedOf(starter) + step;
    put(this.#unstarted, starter, count === 0 ? undefined : count);
  }

  #changeCompletion(key: string, after: CompletionRow | undefined): void {
    const before = this.completions.rows.get(key);
    this.completions.change(key, after);
    if (before?.handles !== after?.handles)
      this.#uses.move(runOf((after ?? before)!.task), before?.handles, after?.handles);
  }

  #changeShared(key: string, after: SharedRow | undefined): void {
    const before = this.shared.get(key);
    put(this.shared, key, after);
    this.#uses.move((after ?? before)!.run, before?.handles, after?.handles);
  }

  #changeItem(key: string, after: ItemRow | undefined): void {
    const before = this.items.get(key);
    put(this.items, key, after);
    if (before?.handles !== after?.handles)
      this.#uses.move(runOfGate((after ?? before)!.gate), before?.handles, after?.handles);
  }

  #changeJoiners(id: TaskId, before: TaskRow | undefined, after: TaskRow | undefined): void {
    for (const place of before?.joiners ?? []) this.#waits.set(place, undefined);
    for (const place of after?.joiners ?? [])
      this.#waits.set(place, { kind: "join", task: id, ...branchOf(place) });
  }

  #changeTimer(key: string, after: TimerRow | undefined): void {
    const before = this.#timers.rows.get(key);
    if (before === after) return;
    if (before !== undefined) this.#timers.delete(key);
    if (after !== undefined) this.#timers.set(after, key);
    const row = (after ?? before)!;
    const { branch } = row;
    const wait: SingleWait = branch === undefined ? aTimer : { kind: "timer", branch };
    this.#waits.set(row, after === undefined ? undefined : wait);
    this.#countOutside(row.task, before, after);
  }

  #countOutside(task: TaskId, before: object | undefined, after: object | undefined): void {
    const step = (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    const tally = this.tally(runOf(task));
    this.#setTally(runOf(task), { ...tally, outside: tally.outside + step });
  }

  #changeMessage(key: string, after: MessageRow | undefined): void {
    const before = this.messages.get(key);
    put(this.messages, key, after);
    const { gate, id, number } = (after ?? before)!;
    const numbers = this.#messageNumbers.get(gate) ?? new Map<string, number>();
    put(numbers, id, after === undefined ? undefined : number);
    put(this.#messageNumbers, gate, numbers.size === 0 ? undefined : numbers);
  }

  #changeGate(id: GateId, after: GateRow | undefined): void {
    const before = this.gates.get(id);
    put(this.gates, id, after);
    if (before === undefined) addTo(this.#gatesOfRun, runOfGate(id), id);
    if (after === undefined) removeFrom(this.#gatesOfRun, runOfGate(id), id);
    if (isInbox(id) && before === undefined) addTo(this.#inboxes, ownerOf(id), id);
    if (isInbox(id) && after === undefined) removeFrom(this.#inboxes, ownerOf(id), id);
    if (before?.holders === after?.holders) return;
    for (const { task } of before?.holders ?? []) this.#hold(task, id, -1);
    for (const { task } of after?.holders ?? []) this.#hold(task, id, 1);
  }

  #hold(task: TaskId, gate: GateId, step: 1 | -1): void {
    const holds = this.#holds.get(task) ?? new Map<GateId, number>();
    const count = (holds.get(gate) ?? 0) + step;
    put(holds, gate, count === 0 ? undefined : count);
    put(this.#holds, task, holds.size === 0 ? undefined : holds);
  }

  #changeWaiter(key: string, after: WaiterRow | undefined): void {
    const before = this.waiters.get(key);
    put(this.waiters, key, after);
    if (before !== undefined) this.#waits.set(before, undefined);
    if (after !== undefined) this.#waits.set(after, { kind: "gate", waiter: after });
    const { gate, task } = (after ?? before)!;
    if (before?.handles !== after?.handles)
      this.#uses.move(runOf(task), before && handlesOfWaiter(before), after && handlesOfWaiter(after));
    if (isInbox(gate)) this.#countOutside(task, before, after);
  }

  #changeActivation(task: TaskId, after: Activation | undefined): void {
    const before = this.activations.get(task);
    put(this.activations, task, after);
    if (before !== undefined) {
      const load = this.#loads.get(before.worker)!;
      if (after?.worker !== before.worker) load.activations.delete(task);
      if (isBusy(before)) load.busy--;
      if (load.activations.size === 0) this.#loads.delete(before.worker);
    }
    if (after !== undefined) {
      let load = this.#loads.get(after.worker);
      if (load === undefined) {
        load = { activations: new PassingMap(), busy: 0 };
        this.#loads.set(after.worker, load);
      }
      load.activations.set(task, after);
      if (isBusy(after)) load.busy++;
    }
  }

  #setTally(run: RunId, tally: Tally): void {
    const empty = tally.ready + tally.active + tally.parked + tally.outside === 0;
    put(this.#tallies, run, empty ? undefined : tally);
    if (tally.ready + tally.active > 0) this.runsAtWork.add(run);
    else this.runsAtWork.delete(run);
  }
}

/** Whether its key begins with the name of a run. */
function isOfRun({ table }: StateChange): boolean {
  return table !== "bytes" && table !== "bundle" && table !== "worker";
}

function runOfKey(key: string): RunId {
  const end = key.search(/[./]/);
  return (end < 0 ? key : key.slice(0, end)) as RunId;
}

/** For rows and waits that have a branch only if they are of a choice. */
export function branchOf({ branch }: Pick<Place, "branch">): { readonly branch?: number } {
  return branch === undefined ? {} : { branch };
}

function put<K, V>(map: Pick<PassingMap<K, V>, "set" | "delete">, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function addTo<K, V>(map: PassingMap<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<K, V>(map: PassingMap<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}

export type { SingleWait, Wait } from "./wait-index.ts";
export { eachWait, nextWait } from "./wait-index.ts";
export { timerKey };
