/**
 * A task as its host sees it (types.ts): a kernel with modules, a main fiber, and the way to bytes and back.
 *
 * K1. The outcome is fixed when the main function settles; the task ends when its fibers and timers are done, too (design H13).
 * K2. A failure that nobody handles ends the task at once.
 * K3. A task that can never be woken ends with a DeadlockError rather than hang.
 * K4. The outcome of a cancelled task is `cancelled` if the CancelledError leaves the main function, or if it had not begun (design H14).
 */

import { assert } from "../base/errors.ts";
import type { EffectId, SharedId, TaskId } from "../base/ids.ts";
import { inMiB, limits } from "../base/limits.ts";
import { type Completion, cancellation, type Effect, type Outcome } from "../protocol/effect.ts";
import { withCallers } from "./callers.ts";
import { Cancellation } from "./cancellation.ts";
import { type ClockState, isClockState } from "./clock.ts";
import { type ConsoleState, isConsoleState } from "./console.ts";
import { EffectWait } from "./effects.ts";
import { DeadlockError, InterruptedError, LimitError, NotSaveableError, SnapshotError } from "./errors.ts";
import { handlesIn, noteHandles } from "./handles.ts";
import type { Job } from "./jobs.ts";
import { TickJob } from "./jobs.ts";
import { TaskKernel } from "./kernel.ts";
import { isHeard, placeOfWait } from "./listeners.ts";
import { importModule, launchMain, runAdded } from "./main-fiber.ts";
import type { Place } from "./module-places.ts";
import { TaskModules } from "./modules.ts";
import { isOwnQueue, type OwnQueue } from "./own-queues.ts";
import type { LoadedProgram } from "./program.ts";
import { DurablePromise } from "./promise.ts";
import { isRegistration, type Registration } from "./saveable.ts";
import { decode, type Encoded, encode, inspectSnapshot, modeCheckpoint } from "./snapshot/index.ts";
import { TaskContext } from "./task-context.ts";
import { Timer } from "./timers.ts";
import type { Begin, Task, TaskHost, TaskState } from "./types.ts";

/** The root of a checkpoint. */
interface Checkpoint {
  readonly evaluated: readonly string[];
  /** Absent before there were such. */
  readonly evaluations?: readonly (readonly [module: string, promise: DurablePromise])[];
  readonly records: readonly object[];
  readonly jobs: readonly Job[];
  readonly effects: readonly (readonly [EffectId, DurablePromise | Timer | EffectWait | Cancellation])[];
  readonly nextEffect: EffectId;
  readonly main: DurablePromise;
  /** Only to be reached from the root: what waits on them hangs on them. */
  readonly waits: readonly DurablePromise[];
  readonly rejections: readonly DurablePromise[];
  readonly outcome: Outcome | undefined;
  /** Classes that the program has registered. */
  readonly classes?: readonly Registration[];
  /** What the program has put on `globalThis`. */
  readonly globals?: object;
  /** If it has looked at the clock. */
  readonly clock?: ClockState;
  /** What it has done to its console. */
  readonly console?: ConsoleState;
  /** What it has put in the place of the clock's methods. */
  readonly performance?: object;
  /** It waited for nothing but foreign code with functions of the program: that code is gone with its process (design H6). */
  readonly withForeign?: true;
  /** While modules run. */
  readonly places?: readonly Place[];
  /** At which somebody waits. */
  readonly own?: readonly OwnQueue[];
}

export class RunningTask implements Task {
  readonly id: TaskId;
  readonly #kernel: TaskKernel;
  readonly #modules: TaskModules;
  readonly #context: TaskContext;
  #main: DurablePromise | undefined;
  #outcome: Outcome | undefined;
  #ended: TaskState | undefined;
  /** What a thaw leaves to be done by the first run, where the program's code may run. */
  #toInterrupt: readonly DurablePromise[] = [];
  #toCallAgain: readonly DurablePromise[] = [];
  #toEvaluate: readonly string[] = [];
  #bound = false;
  /** Nothing of it has ever run: cancelled now, it ends without running (K4). */
  #fresh = false;
  /** Its modules are there, and it never begins. */
  #aside = false;
  /** The last snapshot, while nothing has happened since. */
  #encoded: (Encoded & { readonly changes: number }) | undefined;

  constructor(program: LoadedProgram, id: TaskId, host: TaskHost) {
    this.id = id;
    this.#context = new TaskContext(program);
    const { format } = program.host;
    this.#kernel = new TaskKernel({
      id,
      host,
      codec: this.#context,
      import: importModule,
      ...(format === undefined ? {} : { format }),
    });
    this.#kernel.everyTick = program.everyTick;
    this.#modules = new TaskModules(program.graph, this.#kernel);
    this.#context.attach(this.#kernel, this.#modules);
    this.#kernel.modules = this.#modules;
  }

  begin(from: Begin, shared: ReadonlyMap<SharedId, Uint8Array> = new Map(), again = false): void {
    assert(this.#main === undefined, `task ${this.id} was begun twice`);
    for (const [id, bytes] of shared) this.#kernel.shared.provide(id, bytes);
    if (from.kind === "snapshot") {
      this.#thaw(from.bytes);
      return;
    }
    this.#fresh = !again;
    this.#kernel.clock.begin();
    this.#kernel.entered(() => this.#modules.instantiate());
    this.#main = launchMain(this.#kernel, from);
    this.#kernel.main = this.#main;
    DurablePromise.markHandled(this.#main);
  }

  /** Decodes a value without running anything: for results outside of any task. */
  decodeAside(bytes: Uint8Array): unknown {
    return this.#kernel.entered(() => {
      if (!this.#aside) this.#modules.instantiate();
      this.#aside = true;
      return this.#context.decode(this.#kernel, bytes);
    });
  }

  deliver(completions: readonly Completion[]): void {
    if (this.#fresh) {
      const cancelled = completions.find(({ effect }) => effect === cancellation);
      if (cancelled !== undefined) this.#end(cancelled.outcome);
    }
    this.#kernel.deliver(completions);
  }

  get holds(): boolean {
    return this.#kernel.foreign.holds;
  }

  takeAhead(): { readonly more: boolean } | undefined {
    const { effects, arrivals } = this.#kernel;
    const { ahead } = effects;
    effects.ahead = false;
    return ahead ? { more: arrivals.length > 0 } : undefined;
  }

  get bound(): boolean {
    return this.#bound;
  }

  takeEffects(): Effect[] {
    return this.#kernel.effects.takeEffects();
  }

  refuse(effects: readonly Effect[], reason: NotSaveableError): Effect[] {
    return this.#kernel.entered(() => this.#kernel.effects.refuse(effects, reason));
  }

  takeConsumed(): EffectId[] {
    return this.#kernel.effects.takeConsumed();
  }

  drop(): void {
    this.#kernel.drop();
  }

  // ---- running ------------------------------------------------------------------------------------------------------

  run(): TaskState {
    if (this.#ended !== undefined) return this.#ended;
    assert(this.#main !== undefined, `task ${this.id} runs before it has begun`);
    this.#fresh = false;
    this.#afterThaw();
    this.#kernel.foreign.release();
    const stopped = this.#kernel.run();
    if (stopped === "frozen") return { kind: "frozen" };
    if (stopped === "failed") return this.#end(this.#failed(this.#kernel.failure!.error));
    this.#outcome ??= this.#outcomeOf(this.#main);
    return this.#waiting();
  }

  #outcomeOf(main: DurablePromise): Outcome | undefined {
    const state = DurablePromise.stateOf(main);
    if (state === "pending") return undefined;
    const value = DurablePromise.valueOf(main);
    if (state === "rejected") return this.#failed(value);
    try {
      return listed({ kind: "value", value: this.#context.encode(this.#kernel, value, "the result") });
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Outcome {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    let bytes: Uint8Array;
    try {
      bytes = this.#context.encode(this.#kernel, error, "what was thrown");
    } catch (cause) {
      // What was thrown holds something that cannot be handed over: what it says can.
      const copy = new Error(error instanceof Error ? error.message : String(error));
      if (error instanceof Error) {
        Object.defineProperty(copy, "name", { value: error.name, configurable: true, writable: true });
        if (error.stack !== undefined) copy.stack = error.stack;
      }
      if (!(cause instanceof NotSaveableError || cause instanceof LimitError)) throw cause;
      bytes = this.#context.encode(this.#kernel, copy, "what was thrown");
    }
    const cancelled = this.#kernel.effects.isCancellation(error) ? { cancelled: true as const } : {};
    return listed({ kind: "error", error: bytes, message, ...cancelled });
  }

  /** Nothing can run. What could still wake the task? */
  #waiting(): TaskState {
    const kernel = this.#kernel;
    const outcome = this.#outcome;
    const failed = outcome !== undefined && outcome.kind !== "value";
    // Of a cancelled task the other fibers were cancelled, too, and have their `finally` blocks.
    if (failed && !outcome.cancelled) return this.#end(outcome);
    // Nobody but this task could wake it: so it is said what it waits for (own-queues.ts, Q1).
    if (kernel.effects.own.waits > 0 && kernel.effects.own.waits === kernel.effects.pending.size)
      kernel.effects.own.publishWaiting();
    // Nor does it wait for timers that nobody waits for, however its function has ended: they would keep it until its grace is over.
    const cleaning = outcome !== undefined && kernel.effects.cancelled !== undefined;
    const answers = kernel.effects.keepsAlive(failed || cleaning);
    const calls = kernel.foreign.countAwaited();
    // With answers or calls to come it will wake in any case, and the next snapshot tells about resolvers (`bound`): to look for them is to encode.
    const foreign = calls > 0 || answers ? calls : this.#lostAwaited();
    if (foreign > 0 && answers) return { kind: "waiting", foreign, answers };
    if (foreign > 0 || answers) return { kind: "waiting", foreign };
    if (outcome !== undefined) return this.#end(outcome);
    // An unreferenced timer keeps nothing alive, but the function has not ended: as in Node, that is the end of it.
    return this.#end(
      this.#failed(
        new DeadlockError(`the task's function waits for something that can never come${this.#whereMain()}`),
      ),
    );
  }

  /** Awaited promises that foreign code alone may settle: they bind the task to this process (design H6). */
  #lostAwaited(): number {
    const { awaitedResolvers } = this.#kernel;
    const { size } = awaitedResolvers;
    if (size === 0 || this.#isWithForeign) return size;
    // Its function has ended: only what somebody would hear of keeps the task.
    if (this.#outcome !== undefined && ![...awaitedResolvers].some((each) => isHeard(each))) return 0;
    try {
      return this.#encode().lostAwaited;
    } catch {
      // Pinned (design H7): what it waits for may well be held by what cannot be saved.
      return this.#kernel.awaitedResolvers.size;
    }
  }

  /**
   * Nothing else is to come, and foreign code of this process has functions of the program, which may call the resolvers: where the program holds them as
   * well, nobody can tell.
   */
  get #isWithForeign(): boolean {
    const kernel = this.#kernel;
    if (!kernel.hasHandedOut || kernel.awaitedResolvers.size === 0 || this.#outcome !== undefined)
      return false;
    return !kernel.effects.keepsAlive() && kernel.foreign.countAwaited() === 0 && kernel.jobs().length === 0;
  }

  #whereMain(): string {
    for (const promise of this.#kernel.awaitedResolvers) {
      const where = placeOfWait(promise);
      if (where !== "") return `: ${where}`;
    }
    return "";
  }

  #end(outcome: Outcome): TaskState {
    this.#ended = { kind: "ended", outcome };
    return this.#ended;
  }

  // ---- to bytes and back --------------------------------------------------------------------------------------------

  snapshot(): Uint8Array {
    const { bytes, lostAwaited } = this.#encode();
    this.#bound = lostAwaited > 0 || this.#isWithForeign;
    // Foreign code may change objects at any time without a word: what is kept serves only the call right after `run`.
    this.#encoded = undefined;
    if (bytes.length > limits.snapshotBytesMax) throw new NotSaveableError(tooHeavy(bytes));
    return bytes;
  }

  #encode(): Encoded {
    const kernel = this.#kernel;
    if (this.#encoded?.changes === kernel.changes) return this.#encoded;
    const { obstacle } = kernel.live;
    if (obstacle !== undefined) throw new NotSaveableError(obstacle);
    assert(this.#main !== undefined, `a snapshot of task ${this.id} before it has begun`);
    const places = kernel.places.list();
    const evaluations = this.#modules.evaluations();
    const classes = kernel.classes.own();
    const own = kernel.effects.own.awaited();
    const globals = kernel.taskGlobals.saved();
    const console = kernel.taskGlobals.savedConsole();
    const performance = kernel.taskGlobals.savedPerformance();
    const clock = kernel.clock.saved();
    const checkpoint: Checkpoint = {
      evaluated: [...this.#modules.evaluated],
      ...(evaluations.length === 0 ? {} : { evaluations }),
      records: this.#records(),
      jobs: kernel.jobs(),
      effects: [...kernel.effects.pending],
      nextEffect: kernel.effects.next,
      main: this.#main,
      waits: [...kernel.foreign.awaited(), ...kernel.awaitedResolvers],
      rejections: [...kernel.rejections()],
      outcome: this.#outcome,
      ...(classes.length > 0 && { classes }),
      ...(globals !== undefined && { globals }),
      ...(console !== undefined && { console }),
      ...(performance !== undefined && { performance }),
      ...(clock !== undefined && { clock }),
      ...(this.#isWithForeign && { withForeign: true as const }),
      ...(places.length > 0 && { places }),
      ...(own.length > 0 && { own }),
    };
    const encoded = encode(this.#context, modeCheckpoint, this.#context.constants, checkpoint, "the task");
    noteHandles(encoded.bytes, [...new Set([...encoded.handles, ...(this.#outcome?.handles ?? [])])]);
    this.#encoded = { ...encoded, changes: kernel.changes };
    return this.#encoded;
  }

  /** A module that is still to be evaluated is new in the next process, too. */
  #records(): readonly object[] {
    const all = [...this.#kernel.records];
    const known = this.#toEvaluate.length === 0 ? all : all.filter(([id]) => !this.#toEvaluate.includes(id));
    return known.map(([, record]) => record);
  }

  #thaw(bytes: Uint8Array): void {
    const kernel = this.#kernel;
    kernel.entered(() => {
      const { root, lost, foreign, newVariables } = decode(this.#context, modeCheckpoint, bytes);
      const checkpoint = checkedRoot(root);
      for (const { module, known } of newVariables) this.#modules.complete(module, known);
      const { graph, evaluated } = this.#modules;
      // Of a module that is gone nothing is left.
      for (const id of checkpoint.evaluated) if (graph.definitions.has(id)) evaluated.add(id);
      this.#toEvaluate = this.#modules.add(checkpoint.records);
      if (checkpoint.globals !== undefined) kernel.taskGlobals.restore(checkpoint.globals);
      if (checkpoint.clock !== undefined) kernel.clock.restore(checkpoint.clock);
      if (checkpoint.console !== undefined) kernel.taskGlobals.restoreConsole(checkpoint.console);
      if (checkpoint.performance !== undefined) kernel.taskGlobals.restorePerformance(checkpoint.performance);
      for (const registration of checkpoint.classes ?? []) kernel.classes.register(registration);
      for (const [id, promise] of checkpoint.evaluations ?? [])
        if (graph.definitions.has(id)) this.#modules.setEvaluation(id, promise);
      for (const [id, waiter] of checkpoint.effects) {
        kernel.effects.pending.set(id, waiter);
        if (waiter instanceof Timer) waiter.attach(kernel);
      }
      kernel.places.running = !graph
        .order(graph.bundle.entry)
        .every(
          (id) =>
            this.#toEvaluate.includes(id) ||
            (evaluated.has(id) && this.#modules.evaluationOf(id) === undefined),
        );
      kernel.effects.restore(checkpoint.nextEffect);
      kernel.effects.own.restore(checkpoint.own ?? []);
      kernel.places.restore(checkpoint.places ?? []);
      for (const job of checkpoint.jobs) {
        if (job instanceof Timer && job.isImmediate) kernel.enqueueImmediate(job);
        else if (job instanceof TickJob) kernel.enqueueTick(job);
        else kernel.enqueue(job);
      }
      for (const promise of checkpoint.rejections) kernel.noteRejection(promise);
      for (const promise of checkpoint.waits) {
        const parts = DurablePromise.partsOf(promise);
        if (parts.constructed && parts.state === "pending") kernel.awaitedResolvers.add(promise);
      }
      this.#main = checkpoint.main;
      kernel.main = checkpoint.main;
      this.#outcome = checkpoint.outcome;
      this.#toInterrupt = checkpoint.withForeign ? [...new Set([...lost, ...kernel.awaitedResolvers])] : lost;
      this.#toCallAgain = foreign;
      for (const promise of foreign) kernel.foreign.restore(promise);
    });
  }

  /** Evaluates new modules, interrupts what lost its resolver, and makes foreign calls again: by the first run, since all that is the program's life. */
  #afterThaw(): void {
    const kernel = this.#kernel;
    const [lost, foreign, added] = [this.#toInterrupt, this.#toCallAgain, this.#toEvaluate];
    if (lost.length === 0 && foreign.length === 0 && added.length === 0) return;
    this.#toInterrupt = [];
    this.#toCallAgain = [];
    this.#toEvaluate = [];
    kernel.entered(() => {
      if (added.length > 0) runAdded(kernel, added);
      for (const promise of lost) {
        const where = placeOfWait(promise);
        // Nobody has asked for it yet: so its rejection is not unhandled either.
        DurablePromise.markHandled(promise);
        const message =
          "nothing is left that could settle this promise: who would have called its resolvers was foreign code of a process that is gone";
        const error = new InterruptedError(where === "" ? message : `${message}: ${where}`, "resolvers");
        DurablePromise.settle(promise, true, withCallers(error, promise));
      }
      for (const promise of foreign) kernel.foreign.again(promise);
    });
  }
}

/** With the shared values to which it leads. */
function listed(outcome: Outcome): Outcome {
  const bytes =
    outcome.kind === "value" ? outcome.value : outcome.kind === "error" ? outcome.error : undefined;
  const handles = bytes === undefined ? undefined : handlesIn(bytes);
  return handles === undefined ? outcome : { ...outcome, handles };
}

/** Names what weighs most: without it there is nothing to look for. */
function tooHeavy(bytes: Uint8Array): string {
  const { fibers, modules } = inspectSnapshot(bytes);
  const heavy = [
    ...fibers.flatMap(({ frames }) =>
      frames.flatMap(({ name, variables }) => variables.map((each) => ({ ...each, where: name }))),
    ),
    ...modules.flatMap(({ module, variables }) => variables.map((each) => ({ ...each, where: module }))),
  ]
    .sort((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map(({ name, where, bytes: weight }) => `${name} in ${where} takes ${inMiB(weight)}`);
  return `the task's state takes ${inMiB(bytes.length)}, over the limit of ${inMiB(limits.snapshotBytesMax)} (${heavy.join(", ")}): hold less at once, split the work into tasks, or keep it in files`;
}

function isPlace(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [body, statement, made] = value as unknown[];
  return typeof body === "string" && typeof statement === "string" && Number.isSafeInteger(made);
}

function isWaiter(effect: unknown, value: unknown): boolean {
  if (effect === cancellation) return value instanceof Cancellation && value.isWhole();
  return (
    value instanceof Timer || DurablePromise.is(value) || (value instanceof EffectWait && value.isWhole())
  );
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function checkedRoot(root: unknown): Checkpoint {
  const checkpoint = root as Checkpoint;
  const isList = (value: unknown, check: (item: unknown) => boolean): boolean =>
    Array.isArray(value) && value.every(check);
  const fits =
    typeof root === "object" &&
    root !== null &&
    isList(checkpoint.evaluated, (item) => typeof item === "string") &&
    isList(checkpoint.records, (item) => typeof item === "object" && item !== null) &&
    isList(
      checkpoint.evaluations ?? [],
      (item) => Array.isArray(item) && typeof item[0] === "string" && DurablePromise.is(item[1]),
    ) &&
    isList(checkpoint.jobs, (item) => typeof (item as Job | undefined)?.run === "function") &&
    isList(checkpoint.effects, (item) => Array.isArray(item) && isWaiter(item[0], item[1])) &&
    isList(checkpoint.waits, DurablePromise.is) &&
    isList(checkpoint.rejections, DurablePromise.is) &&
    Number.isSafeInteger(checkpoint.nextEffect) &&
    isList(checkpoint.classes ?? [], isRegistration) &&
    (checkpoint.globals === undefined || isObject(checkpoint.globals)) &&
    (checkpoint.clock === undefined || isClockState(checkpoint.clock)) &&
    (checkpoint.console === undefined || isConsoleState(checkpoint.console)) &&
    (checkpoint.performance === undefined || isObject(checkpoint.performance)) &&
    (checkpoint.places === undefined || isList(checkpoint.places, isPlace)) &&
    isList(checkpoint.own ?? [], isOwnQueue) &&
    DurablePromise.is(checkpoint.main);
  if (!fits) throw new SnapshotError("the snapshot is corrupted: its root is not a task");
  return checkpoint;
}
