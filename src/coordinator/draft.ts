/**
 * A decision in the making: the state as it was, and over it what the decision has changed so far.
 *
 * Owns: the changes and actions of one decision. A command reads through the draft and so sees its own changes; the state underneath is
 * not touched (that is `apply`'s, when the decision is made).
 *
 * D1. A row appears in the changes at most once, as it is in the end.
 * D2. Completions for one activation leave in one message.
 */
import type { EffectId, GateId, HandleId, RunId, TaskId, Version, WorkerId } from "../base/ids.ts";
import { isInbox, runOf, runOfGate } from "../base/ids.ts";
import type { Completion } from "../protocol/effect.ts";
import type {
  BundleRow,
  BytesKey,
  CompletionRow,
  GateRow,
  ItemRow,
  LineRow,
  MessageRow,
  Place,
  Rows,
  RunRow,
  RunStats,
  SharedRow,
  TaskRow,
  TimerRow,
  WaiterRow,
} from "../protocol/rows.ts";
import type { ToWorker } from "../protocol/wire.ts";
import type { Action, Decision, Keep } from "./command.ts";
import { completionRowKey } from "./completions.ts";

import type { Activation, SingleWait, State, StateChange, Tally, Wait, Worker } from "./state.ts";
import { branchOf, eachWait, isBusy, isOver, moveTask, nextWait, starterOf, timerKey } from "./state.ts";
import { doingsOf } from "./stats.ts";
import { listing, sharedBytesKey } from "./uses.ts";

/** A row before and after a decision. */
type Step<Row> = (before: Row | undefined, after: Row | undefined) => void;

/** What to do with each row that has changed, by table. */
export type Steps = {
  readonly [T in "task" | "completion" | "item" | "waiter" | "shared" | "gate"]: Step<Rows[T]>;
};

type Counts = { -readonly [C in Exclude<keyof RunStats, "deaths">]: RunStats[C] };

export class Draft {
  readonly state: State;
  readonly actions: Action[] = [];
  /** The task whose commit is being carried out. */
  committing: TaskId | undefined;
  readonly #runs: Overlay<RunId, RunRow>;
  readonly #tasks: Overlay<TaskId, TaskRow>;
  readonly #completions: Overlay<string, CompletionRow>;
  /** What this decision has added to a task's completions and taken from them, by effect. */
  #ownCompletions: Map<TaskId, { readonly changed: Map<EffectId, boolean>; added: number }> | undefined;
  readonly #timers: Overlay<string, TimerRow>;
  readonly #lines: Overlay<string, LineRow>;
  readonly #bundles: Overlay<Version, BundleRow>;
  readonly #gates: Overlay<GateId, GateRow>;
  readonly #items: Overlay<string, ItemRow>;
  readonly #waiters: Overlay<string, WaiterRow>;
  readonly #messages: Overlay<string, MessageRow>;
  readonly #shared: Overlay<string, SharedRow>;
  readonly #workers: Overlay<WorkerId, Worker>;
  readonly #activations: Overlay<TaskId, Activation>;
  readonly #bytes = new Map<BytesKey, Uint8Array | undefined>();
  /** Of the runs that it has touched. */
  readonly #tallies = new Map<RunId, Tally>();
  /** What it adds to the counters of runs. */
  #counts: Map<RunId, Counts> | undefined;
  #waits: Map<TaskId, Map<EffectId, Wait | undefined>> | undefined;
  /** By how much the numbers of tasks that have not begun have changed, by who started them. */
  #unstarted: Map<TaskId, number> | undefined;
  #relieved: Set<TaskId> | undefined;
  #touchedGates: Set<GateId> | undefined;
  #outbox: Map<string, Completion[]> | undefined;
  #keeps: Keep[] | undefined;

  constructor(state: State) {
    this.state = state;
    this.#runs = new Overlay(state.runs);
    this.#tasks = new Overlay(state.tasks);
    this.#completions = new Overlay(state.completions.rows);
    this.#timers = new Overlay(state.timers);
    this.#lines = new Overlay(state.lines);
    this.#bundles = new Overlay(state.bundles);
    this.#gates = new Overlay(state.gates);
    this.#items = new Overlay(state.items);
    this.#waiters = new Overlay(state.waiters);
    this.#messages = new Overlay(state.messages);
    this.#shared = new Overlay(state.shared);
    this.#workers = new Overlay(state.workers);
    this.#activations = new Overlay(state.activations);
  }

  finish(): Decision {
    this.#addCounts();
    const changes: StateChange[] = [];
    this.#runs.list((key, row) => changes.push({ table: "run", key, row }));
    this.#bundles.list((key, row) => changes.push({ table: "bundle", key, row }));
    this.#tasks.list((key, row) => changes.push({ table: "task", key, row }));
    this.#completions.list((key, row) => changes.push({ table: "completion", key, row }));
    this.#timers.list((key, row) => changes.push({ table: "timer", key, row }));
    this.#lines.list((key, row) => changes.push({ table: "line", key, row }));
    this.#gates.list((key, row) => changes.push({ table: "gate", key, row }));
    this.#items.list((key, row) => changes.push({ table: "item", key, row }));
    this.#waiters.list((key, row) => changes.push({ table: "waiter", key, row }));
    this.#messages.list((key, row) => changes.push({ table: "message", key, row }));
    this.#shared.list((key, row) => changes.push({ table: "shared", key, row }));
    for (const [key, bytes] of this.#bytes) changes.push({ table: "bytes", key, bytes });
    this.#workers.list((key, row) => changes.push({ table: "worker", key, row }));
    this.#activations.list((key, row) => changes.push({ table: "activation", key, row }));
    const keeps = this.#keeps === undefined ? undefined : { keeps: this.#keeps };
    return { changes, actions: this.actions, ...keeps };
  }

  /** Goes through what has changed so far in the tables whose rows lead to others. */
  eachStep(steps: Steps): void {
    this.#tasks.eachStep(steps.task);
    this.#completions.eachStep(steps.completion);
    this.#items.eachStep(steps.item);
    this.#waiters.eachStep(steps.waiter);
    this.#shared.eachStep(steps.shared);
    this.#gates.eachStep(steps.gate);
  }

  // --- shared values ---

  shared(key: string): SharedRow | undefined {
    return this.#shared.get(key);
  }

  addShared(key: string, row: SharedRow, bytes: Uint8Array): void {
    this.#shared.set(key, row);
    this.setBytes(sharedBytesKey(key), bytes);
  }

  dropShared(key: string): void {
    const isNew = !this.state.shared.has(key);
    this.#shared.set(key, undefined);
    if (isNew) this.#bytes.delete(sharedBytesKey(key));
    else this.deleteBytes(sharedBytesKey(key));
  }

  // --- runs and bundles ---

  run(id: RunId): RunRow | undefined {
    return this.#runs.get(id);
  }

  setRun(id: RunId, row: RunRow | undefined): void {
    this.#runs.set(id, row);
  }

  /** Adds to the counters of a run, which are in its row when the decision is made. */
  count(id: RunId, added: Partial<Counts>): void {
    this.#counts ??= new Map();
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      counts = { tasks: 0, tasksEnded: 0, activations: 0, commits: 0, checkpointBytes: 0 };
      this.#counts.set(id, counts);
    }
    counts.tasks += added.tasks ?? 0;
    counts.tasksEnded += added.tasksEnded ?? 0;
    counts.activations += added.activations ?? 0;
    counts.commits += added.commits ?? 0;
    counts.checkpointBytes += added.checkpointBytes ?? 0;
  }

  #addCounts(): void {
    for (const [id, counts] of this.#counts ?? []) {
      const row = this.run(id);
      if (row === undefined) continue;
      const { stats } = row;
      this.setRun(id, {
        ...row,
        stats: {
          tasks: stats.tasks + counts.tasks,
          tasksEnded: stats.tasksEnded + counts.tasksEnded,
          activations: stats.activations + counts.activations,
          commits: stats.commits + counts.commits,
          checkpointBytes: stats.checkpointBytes + counts.checkpointBytes,
          deaths: stats.deaths,
        },
      });
    }
  }

  setBundle(version: Version, row: BundleRow | undefined): void {
    this.#bundles.set(version, row);
  }

  setLine(key: string, row: LineRow | undefined): void {
    this.#lines.set(key, row);
  }

  // --- tasks ---

  task(id: TaskId): TaskRow | undefined {
    return this.#tasks.get(id);
  }

  setTask(id: TaskId, after: TaskRow | undefined): void {
    const before = this.#tasks.get(id);
    const run = runOf(id);
    this.#tallies.set(run, moveTask(this.tally(run), before, after));
    this.#tasks.set(id, after);
    if (before !== undefined && !isOver(before) && (after === undefined || isOver(after)))
      this.count(run, doingsOf(after ?? before));
    if (before?.cancel !== after?.cancel) this.#relieve(id);
    const was = starterOf(before);
    const is = starterOf(after);
    if (was === is) return;
    if (was !== undefined) {
      this.#countUnstarted(was, -1);
      this.#relieve(was);
    }
    if (is !== undefined) this.#countUnstarted(is, 1);
  }

  #countUnstarted(starter: TaskId, step: 1 | -1): void {
    this.#unstarted ??= new Map();
    this.#unstarted.set(starter, (this.#unstarted.get(starter) ?? 0) + step);
  }

  #relieve(task: TaskId): void {
    this.#relieved ??= new Set();
    this.#relieved.add(task);
  }

  /** How many of the tasks that this one has started have not begun, nor ended. */
  unstartedOf(starter: TaskId): number {
    return this.state.unstartedOf(starter) + (this.#unstarted?.get(starter) ?? 0);
  }

  /** Tasks that may have room now and had none before, each once. */
  takeRelieved(): Iterable<TaskId> {
    const taken = this.#relieved;
    this.#relieved = undefined;
    return taken ?? [];
  }

  /** Every task of the run that has a row now. */
  tasksOf(run: RunId): TaskRow[] {
    const rows: TaskRow[] = [];
    for (const id of this.state.tasksOf(run)) {
      const row = this.task(id);
      if (row !== undefined) rows.push(row);
    }
    for (const [id, row] of this.#tasks.changes) {
      if (row !== undefined && runOf(id) === run && !this.state.tasks.has(id)) rows.push(row);
    }
    return rows;
  }

  /** Tasks that have a row now and are below this one by their names. */
  descendantsOf(top: TaskId): TaskId[] {
    const found: TaskId[] = [];
    for (const id of this.state.descendantsOf(top)) if (this.task(id) !== undefined) found.push(id);
    for (const [id, row] of this.#tasks.changes) {
      if (row !== undefined && id.startsWith(`${top}.`) && !this.state.tasks.has(id)) found.push(id);
    }
    return found;
  }

  /** Runs some task of which this decision has changed. */
  touchedRuns(): RunId[] {
    return [...this.#tallies.keys()];
  }

  tally(run: RunId): Tally {
    return this.#tallies.get(run) ?? this.state.tally(run);
  }

  // --- completions ---

  /** Whether there is a row of it. */
  hasCompletion(task: TaskId, effect: EffectId): boolean {
    return this.#ownCompletions?.get(task)?.changed.get(effect) ?? this.state.completions.has(task, effect);
  }

  /** With rows of their own or without. */
  hasCompletions(task: TaskId): boolean {
    if (this.task(task)?.answered !== undefined) return true;
    let count = this.state.completions.count(task);
    for (const [effect, there] of this.#ownCompletions?.get(task)?.changed ?? []) {
      if (there !== this.state.completions.has(task, effect)) count += there ? 1 : -1;
    }
    return count > 0;
  }

  /** In the order in which they came. */
  completionsOf(task: TaskId): EffectId[] {
    const changed = this.#ownCompletions?.get(task)?.changed;
    const before = this.state.completions.of(task);
    if (changed === undefined) return before;
    const kept = before.filter((effect) => changed.get(effect) !== false);
    for (const [effect, there] of changed)
      if (there && !this.state.completions.has(task, effect)) kept.push(effect);
    return kept;
  }

  addCompletion(task: TaskId, effect: EffectId, handles?: readonly HandleId[]): void {
    const own = this.#noteCompletion(task, effect, true);
    const number = this.state.completions.next(task) + own.added++;
    this.#completions.set(completionRowKey(task, effect), { task, effect, number, ...listing(handles) });
  }

  /** An effect of the commit that is being carried out is answered with nothing. */
  answer(task: TaskId, effect: EffectId): void {
    const row = this.task(task)!;
    const { answered } = row;
    // A list of this decision's own can grow: a commit may ask for very many.
    if (answered !== undefined && answered !== this.state.tasks.get(task)?.answered)
      (answered as EffectId[]).push(effect);
    else this.setTask(task, { ...row, answered: [...(answered ?? []), effect] });
  }

  /** One of another run's task, for its copy. */
  copyCompletion(row: CompletionRow): void {
    this.#noteCompletion(row.task, row.effect, true);
    this.#completions.set(completionRowKey(row.task, row.effect), row);
  }

  dropCompletion(task: TaskId, effect: EffectId): void {
    this.#noteCompletion(task, effect, false);
    this.#completions.set(completionRowKey(task, effect), undefined);
  }

  #noteCompletion(task: TaskId, effect: EffectId, there: boolean): { added: number } {
    this.#ownCompletions ??= new Map();
    let own = this.#ownCompletions.get(task);
    if (own === undefined) {
      own = { changed: new Map(), added: 0 };
      this.#ownCompletions.set(task, own);
    }
    own.changed.set(effect, there);
    return own;
  }

  // --- what effects wait for ---

  wait(task: TaskId, effect: EffectId): Wait | undefined {
    const own = this.#waits?.get(task);
    return own?.has(effect) ? own.get(effect) : this.state.waitOf(task, effect);
  }

  waitsOf(task: TaskId): ReadonlyMap<EffectId, Wait> {
    const own = this.#waits?.get(task);
    if (own === undefined) return this.state.waitsOf(task);
    const waits = new Map(this.state.waitsOf(task));
    for (const [effect, wait] of own) {
      if (wait === undefined) waits.delete(effect);
      else waits.set(effect, wait);
    }
    return waits;
  }

  setTimer(row: TimerRow): void {
    this.#countOutside(row.task, this.#timers.set(timerKey(row), row));
    this.#setWait(row, { kind: "timer", ...branchOf(row) });
  }

  /** Whether the timer of this place is still to fire. */
  hasTimer(place: Place): boolean {
    return this.#timers.get(timerKey(place)) !== undefined;
  }

  addJoiner(target: TaskRow, place: Place): void {
    const { task, effect } = place;
    this.setTask(target.id, {
      ...target,
      joiners: [...target.joiners, { task, effect, ...branchOf(place) }],
    });
    this.noteJoin(place, target.id);
  }

  /** A child is born with its joiner in its row. */
  noteJoin(place: Place, child: TaskId): void {
    this.#setWait(place, { kind: "join", task: child, ...branchOf(place) });
  }

  /** The joiner has been taken off the target's row together with all others. */
  noteJoined(place: Place): void {
    this.#setWait(place, undefined);
  }

  /**
   * Ends the wait of an effect, if it waits: its timer or its place at a gate is deleted, its name taken off the list of those who join; of a
   * select all of these.
   */
  endWait(task: TaskId, effect: EffectId): void {
    const wait = this.wait(task, effect);
    if (wait === undefined) return;
    this.#ownWaits(task).set(effect, undefined);
    for (const single of eachWait(wait)) this.#endSingle({ task, effect }, single);
  }

  #endSingle({ task, effect }: Place, wait: SingleWait): void {
    if (wait.kind === "timer") {
      const key = timerKey({ task, effect, ...branchOf(wait) });
      this.#countOutside(task, this.#timers.set(key, undefined));
      return;
    }
    if (wait.kind === "gate") {
      const { gate } = wait.waiter;
      const step = this.#waiters.set(waiterKey(wait.waiter), undefined);
      if (isInbox(gate)) this.#countOutside(task, step);
      this.#touchGate(gate);
      return;
    }
    const target = this.task(wait.task);
    if (target === undefined) return;
    const joiners = target.joiners.filter((joiner) => joiner.task !== task || joiner.effect !== effect);
    this.setTask(target.id, { ...target, joiners });
  }

  #countOutside(task: TaskId, step: number): void {
    const run = runOf(task);
    const tally = this.tally(run);
    this.#tallies.set(run, { ...tally, outside: tally.outside + step });
  }

  #setWait({ task, effect, branch }: Place, single: SingleWait | undefined): void {
    const wait = nextWait(this.wait(task, effect), branch, single);
    this.#ownWaits(task).set(effect, wait);
  }

  #ownWaits(task: TaskId): Map<EffectId, Wait | undefined> {
    this.#waits ??= new Map();
    let own = this.#waits.get(task);
    if (own === undefined) {
      own = new Map();
      this.#waits.set(task, own);
    }
    return own;
  }

  // --- gates ---

  gate(id: GateId): GateRow | undefined {
    return this.#gates.get(id);
  }

  setGate(id: GateId, row: GateRow | undefined): void {
    this.#gates.set(id, row);
  }

  /** Gates at which this decision has made room or taken somebody away, each once. */
  takeTouchedGates(): Iterable<GateId> {
    const taken = this.#touchedGates;
    this.#touchedGates = undefined;
    return taken ?? [];
  }

  #touchGate(id: GateId): void {
    this.#touchedGates ??= new Set();
    this.#touchedGates.add(id);
  }

  gatesOf(run: RunId): GateRow[] {
    const ids = new Set(this.state.gatesOf(run));
    for (const id of this.#gates.changes.keys()) if (runOfGate(id) === run) ids.add(id);
    return [...ids].flatMap((id) => this.gate(id) ?? []);
  }

  /** Gives back every permit that the task has. */
  dropHolds(task: TaskId): void {
    for (const id of new Set([...this.state.holdsOf(task).keys(), ...this.#gates.changes.keys()])) {
      const row = this.gate(id);
      const holders = row?.holders.filter((holder) => holder.task !== task);
      if (row === undefined || holders?.length === row.holders.length) continue;
      this.setGate(id, { ...row, holders: holders! });
      this.#touchGate(id);
    }
  }

  item(gate: GateId, number: number): ItemRow | undefined {
    return this.#items.get(itemKey({ gate, number }));
  }

  setItem(row: ItemRow): void {
    this.#items.set(itemKey(row), row);
  }

  deleteItem(gate: GateId, number: number): void {
    this.#items.set(itemKey({ gate, number }), undefined);
  }

  waiter(at: Pick<WaiterRow, "gate" | "side" | "number">): WaiterRow | undefined {
    return this.#waiters.get(waiterKey(at));
  }

  addWaiter(row: WaiterRow): void {
    const step = this.#waiters.set(waiterKey(row), row);
    if (isInbox(row.gate)) this.#countOutside(row.task, step);
    this.#setWait(row, { kind: "gate", waiter: row });
  }

  setMessage(gate: GateId, number: number, id: string | undefined): void {
    this.#messages.set(`${gate}/${number}`, id === undefined ? undefined : { gate, number, id });
  }

  message(gate: GateId, number: number): MessageRow | undefined {
    return this.#messages.get(`${gate}/${number}`);
  }

  // --- bytes ---

  setBytes(key: BytesKey, bytes: Uint8Array): void {
    this.#bytes.set(key, bytes);
  }

  deleteBytes(key: BytesKey): void {
    this.#bytes.set(key, undefined);
  }

  // --- workers and activations ---

  worker(id: WorkerId): Worker | undefined {
    return this.#workers.get(id);
  }

  setWorker(id: WorkerId, row: Worker | undefined): void {
    this.#workers.set(id, row);
  }

  activation(task: TaskId): Activation | undefined {
    return this.#activations.get(task);
  }

  /** How many of the tasks of a worker count as its load. */
  busyOn(worker: WorkerId): number {
    let busy = this.state.loadOf(worker).busy;
    for (const [task, after] of this.#activations.changes) {
      const before = this.state.activations.get(task);
      if (before?.worker === worker && isBusy(before)) busy--;
      if (after?.worker === worker && isBusy(after)) busy++;
    }
    return busy;
  }

  setActivation(task: TaskId, row: Activation | undefined): void {
    this.#activations.set(task, row);
  }

  /** Those of one worker, in order of arrival, as they are now. */
  activationsOf(worker: WorkerId): Activation[] {
    const found: Activation[] = [];
    for (const task of this.state.loadOf(worker).activations.keys()) {
      const activation = this.activation(task);
      if (activation?.worker === worker) found.push(activation);
    }
    for (const [task, activation] of this.#activations.changes) {
      if (activation?.worker === worker && this.state.activations.get(task)?.worker !== worker) {
        found.push(activation);
      }
    }
    return found;
  }

  // --- actions ---

  keep(what: Keep): void {
    this.#keeps ??= [];
    this.#keeps.push(what);
  }

  act(action: Action): void {
    this.actions.push(action);
  }

  send(
    worker: WorkerId,
    message: Exclude<ToWorker, { kind: "activate" | "bundle" | "complete" | "durable" | "rehearse" }>,
  ): void {
    this.act({ kind: "send", worker, message });
  }

  sendCompletion({ worker, task, epoch }: Activation, completion: Completion): void {
    const key = `${task} ${epoch}`;
    this.#outbox ??= new Map();
    const waiting = this.#outbox.get(key);
    if (waiting !== undefined) {
      waiting.push(completion);
      return;
    }
    const completions = [completion];
    this.#outbox.set(key, completions);
    this.act({ kind: "send", worker, message: { kind: "complete", task, epoch, completions } });
  }
}

function itemKey({ gate, number }: Pick<ItemRow, "gate" | "number">): string {
  return `${gate}/${number}`;
}

function waiterKey({ gate, side, number }: Pick<WaiterRow, "gate" | "side" | "number">): string {
  return `${gate}/${side}/${number}`;
}

/** A map seen through changes. Most decisions leave most tables alone: those have no map of changes. */
class Overlay<K, V> {
  #changes: Map<K, V | undefined> | undefined;
  readonly #base: ReadonlyMap<K, V>;

  constructor(base: ReadonlyMap<K, V>) {
    this.#base = base;
  }

  get changes(): ReadonlyMap<K, V | undefined> {
    return this.#changes ?? nothingChanged;
  }

  get(key: K): V | undefined {
    return this.#changes?.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  list(add: (key: K, after: V | undefined) => void): void {
    if (this.#changes !== undefined) for (const [key, after] of this.#changes) add(key, after);
  }

  /** What has changed: before and after. */
  eachStep(step: Step<V>): void {
    if (this.#changes !== undefined)
      for (const [key, after] of this.#changes) step(this.#base.get(key), after);
  }

  /** Answers by how much the number of entries has changed. */
  set(key: K, value: V | undefined): -1 | 0 | 1 {
    const before = this.get(key);
    // What neither was nor is needs no change.
    if (value === undefined && !this.#base.has(key)) this.#changes?.delete(key);
    else {
      this.#changes ??= new Map();
      this.#changes.set(key, value);
    }
    if ((before === undefined) === (value === undefined)) return 0;
    return value === undefined ? -1 : 1;
  }
}

const nothingChanged: ReadonlyMap<never, never> = new Map<never, never>();
