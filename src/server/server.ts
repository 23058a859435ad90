/**
 * The process round the coordinator: one loop of collecting commands, deciding, applying, writing, acting.
 *
 * Owns: the coordinator's state, the store, the workers, until it is closed. Talks to: the coordinator (pure) for every decision, the
 * store through the journal, the platform through the crew, clients by its methods and {@link ServerEvents}.
 *
 * V1. A command is decided and applied when it comes; nothing of the decision is seen outside before it is durable (design D1); what may be told
 *     inside before that is durability.ts's.
 *     The only thing sent past the journal is a bundle, which is content and no decision.
 * V2. Before each write tasks are dispatched, so a spawn and its activation cost one flush.
 * V3. The first command after opening is `restart`: all activations of earlier servers are void (design H9).
 * V4. The clock of the coordinator never goes backwards, and goes on when this machine's is set back (design H22): timers would else wait
 *     until it is as late again.
 * V5. When the store says that another server has taken over, or fails, the server ends its workers and does nothing more: what it knows is
 *     not the truth any longer.
 * V6. That lines were printed is written down with the next write, or by itself after a moment; at the latest when the server is closed.
 * V7. When nothing has happened for a while it rests: what is only needed while something happens is given back.
 * V8. Runs that have ended are forgotten when they are as old as they may become, by an alarm of their own.
 * V9. A checkpoint that is to be kept (coordinator/kept.ts) is written with the decision that says so, if all of its bytes are at hand. Else they are
 *     asked for before what they were is written over, and the checkpoint is kept a moment later.
 * V10. Runs in which something may only lead to itself (coordinator/garbage.ts, G4) are traced when the server rests, and when as much has changed as it
 *     takes to go through them.
 */
import { Calm } from "../base/calm.ts";
import { GoneError, UserError } from "../base/errors.ts";
import type { RunId, TaskId, Version, WorkerId } from "../base/ids.ts";
import { rootTaskOf, runOf, sharedKey } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { PassingMap, PassingSet } from "../base/passing.ts";
import type { Random } from "../base/random.ts";
import type {
  Action,
  Command,
  Decision,
  ForkWish,
  Keep,
  PackedBundle,
  RunImage,
  State,
} from "../coordinator/index.ts";
import {
  apply,
  completionKey,
  decide,
  emptyState,
  hasToDispatch,
  keptFor,
  keptKey,
  noRun,
  outcomeKey,
  outcomesNeeded,
  refuseCancel,
  refuseFork,
  refuseMessage,
  refuseStart,
  refuseUpgrade,
  rest,
} from "../coordinator/index.ts";
import type { Death } from "../platform/platform.ts";
import { nothing } from "../protocol/answers.ts";
import type { Bundle } from "../protocol/bundle.ts";
import type {
  CancelForm,
  ForkForm,
  LineForm,
  SendForm,
  StartForm,
  UpgradeForm,
} from "../protocol/control.ts";
import type { Completion, Outcome } from "../protocol/effect.ts";
import { decodeOutcome } from "../protocol/outcome.ts";
import { unpack } from "../protocol/pack.ts";
import type { BytesKey, KeptRow, LineRow, RunRow } from "../protocol/rows.ts";
import type { Commit, FromWorker, ToWorker } from "../protocol/wire.ts";
import type { ProgramCode } from "../runtime/index.ts";
import { FencedError, type LoadedRow } from "../store/store.ts";
import { withBytes } from "./at-hand.ts";
import { Attempts } from "./attempts.ts";
import { Crew } from "./crew.ts";
import { EarlyAnswers } from "./durability.ts";
import type { ServerEvents } from "./events.ts";
import { imageNow } from "./image.ts";
import { Journal } from "./journal.ts";
import type { RunResult, ServerOptions } from "./options.ts";
import { rehearsalFrom } from "./rehearsal.ts";
import type { Statistics } from "./statistics.ts";
import { statisticsOf } from "./statistics.ts";
import { ToTrace } from "./to-trace.ts";
import { upgradeForm, writtenBy } from "./upgrade.ts";
import {
  cancelForm,
  forkForm,
  heldRun,
  lineForms,
  lostKept,
  refused,
  type Seen,
  sendForm,
  startForm,
} from "./views.ts";

/** Something that is to be kept, and what of it. */
interface Image {
  readonly kept: Keep;
  readonly image: RunImage | Promise<RunImage | undefined>;
}

interface Waiter {
  resolve(result: RunResult): void;
  reject(error: unknown): void;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #events: ServerEvents;
  readonly #state: State;
  readonly #journal: Journal;
  readonly #early: EarlyAnswers;
  readonly #crew: Crew;
  readonly #attempts = new Attempts();
  readonly #waiters = new PassingMap<RunId, Waiter[]>();
  readonly #lineWatchers = new Set<(lines: readonly LineForm[]) => void>();
  /** Runs whose end is decided and not yet durable. */
  readonly #ending = new PassingSet<RunId>();
  /** What the clock showed last, and by how much it has been set back since the server was opened. */
  #shownLast = 0;
  #setBackMs = 0;
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;
  #dispatchDue = false;
  /** Keys of lines that have been handed out, and of which that has not been written down. */
  readonly #printed: string[] = [];
  #cancelNote: (() => void) | undefined;
  #cancelForget: (() => void) | undefined;
  /** Bytes that were not at hand, for the activations that are about to be sent. */
  readonly #fetched = new PassingMap<BytesKey, Uint8Array>();
  readonly #toTrace: ToTrace;
  #stopped: Error | undefined;
  readonly #calm: Calm;

  /** Reads the rows, takes up what earlier servers left, and starts workers. */
  static async open(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    server.#decide({ kind: "restart", now: server.#now() });
    server.#forget();
    await server.#journal.settled();
    if (server.#stopped !== undefined) {
      await server.close();
      throw server.#stopped;
    }
    server.#fill();
    return server;
  }

  private constructor(options: ServerOptions) {
    const {
      store,
      platform,
      clock,
      workers: size,
      workerOptions = {},
      events = {},
      freeze = false,
      spare = false,
    } = options;
    this.#options = options;
    this.#events = events;
    const after = (ms: number, act: () => void) => clock.after(ms, act);
    this.#calm = new Calm(after, limits.restAfterMs, () => void this.#rest());
    const rows = [...store.load()];
    this.#state = apply(emptyState(heldRuns(rows, options.drives), options.bounds), rows);
    this.#toTrace = new ToTrace(this.#state);
    this.#early = new EarlyAnswers(options.durability ?? "strict", (worker, message) =>
      this.#crew.send(worker, message),
    );
    this.#journal = new Journal(store, {
      closing: () => {
        this.#dispatch();
        if (this.#journal.hasChanges) this.#notePrinted();
      },
      fetch: (actions) => this.#fetch(actions),
      act: (action) => this.#act(action),
      acted: () => this.#crew.flush(),
      after,
      actEarly: (early) => this.#early.tell(early),
      durable: (group) => this.#early.durable(group),
      failed: (error) => this.#stop(error),
    });
    this.#crew = new Crew(
      {
        platform,
        clock,
        size,
        workerOptions,
        isIdle: (worker) => this.#state.loadOf(worker).busy === 0,
        freeze,
        spare,
      },
      {
        joined: (worker, memoryMiB) =>
          this.#decide({ kind: "worker-joined", worker, ...(memoryMiB === undefined ? {} : { memoryMiB }) }),
        received: (worker, message) => this.#received(worker, message),
        printed: (worker, stream, text) => events.workerPrinted?.({ worker, stream, text }),
        ageing: () => this.#fill(),
        drain: (worker) => {
          this.#decide({ kind: "drain-worker", worker, now: this.#now() });
          this.#fill();
        },
        left: (worker, name, death, joined) => this.#left(worker, name, death, joined),
        failed: (error) => this.#stop(error),
        spareReady: (worker) => void this.#rehearse(worker),
      },
    );
  }

  async #rehearse(worker: WorkerId): Promise<void> {
    try {
      const message = await rehearsalFrom(this.#state, (key) => this.#journal.fetch(key));
      if (message !== undefined) this.#crew.send(worker, message);
    } catch (error) {
      this.#stop(error);
    }
  }

  /** V8. */
  #forget(): void {
    const { retentionMs, clock } = this.#options;
    this.#cancelForget?.();
    this.#cancelForget = undefined;
    if (retentionMs === undefined || this.#stopped !== undefined) return;
    this.#decide({ kind: "forget", before: this.#now() - retentionMs });
    const first = this.#state.firstEnd();
    if (first === undefined) return;
    this.#cancelForget = clock.after(Math.max(1, first + retentionMs - this.#now()), () => this.#forget());
  }

  /**
   * Resolves when the run is durable. `program`: its path, for people. `input`: JSON text, or empty. Under the same `id` it is started once, and what
   * was started the first time is answered again.
   *
   * @throws {UserError} if the name is taken by another program's run, or is none.
   */
  async startRun(bundle: PackedBundle, program: string, input: string, id?: RunId): Promise<RunId> {
    return (await this.start(bundle, program, input, id)).id;
  }

  /** As `startRun`; also tells whether the run was there already. */
  async start(bundle: PackedBundle, program: string, input: string, id?: RunId): Promise<StartForm> {
    this.#assertOpen();
    const refusal = refuseStart(this.#state, id, program);
    if (refusal !== undefined) throw new UserError(refusal);
    const run = id ?? newRunId(this.#state, this.#options.random);
    const again = this.#state.runs.has(run);
    if (!again) {
      const keeps = this.#options.retentionMs === undefined ? {} : ({ keepsEnded: true } as const);
      this.#decide({ kind: "start-run", run, bundle, program, input, ...keeps, now: this.#now() });
      this.#events.runStarted?.(this.#state.runs.get(run)!);
    }
    const form = startForm(this.#state, run, again, !this.#state.held.has(run));
    this.#crew.fill();
    await this.#journal.settled();
    this.#assertOpen();
    return form;
  }

  /** Resolves when the run has ended; rejects when the server is closed or fails before. */
  async result(run: RunId): Promise<RunResult> {
    const row = this.#state.runs.get(run);
    if (row === undefined) throw new GoneError(noRun(run));
    if (row.status !== "running" && !this.#ending.has(run)) return this.#resultOf(row);
    this.#assertOpen();
    if (this.#state.held.has(run)) throw new UserError(heldRun(row));
    const waiters = this.#waiters.get(run) ?? [];
    this.#waiters.set(run, waiters);
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  /**
   * Cancels a task, or a whole run by its id, and everything below it; resolves when that is durable. The tasks are told, and have so long to
   * end by themselves. Of what has ended already nothing changes.
   */
  async cancel(task: TaskId, graceMs: number = limits.cancelGraceMs): Promise<CancelForm> {
    this.#assertOpen();
    const refusal = refuseCancel(this.#state, task);
    if (refusal !== undefined) throw refused(this.#state, runOf(task), refusal);
    this.#decide({ kind: "cancel", task, graceMs, now: this.#now() });
    const form = cancelForm(this.#state, task);
    await this.#journal.settled();
    this.#assertOpen();
    return form;
  }

  /**
   * Puts a message (JSON text) into an inbox of a task; resolves when it is durable, with its number there. A message with an `id` is taken once:
   * the same id again is answered as the first time.
   *
   * @throws {UserError} if the task is not there or has ended, or the inbox is full.
   */
  async send(task: TaskId, inbox: string, message: string, id?: string): Promise<SendForm> {
    this.#assertOpen();
    const what = { task, inbox, message, ...(id === undefined ? {} : { id }) };
    const refusal = refuseMessage(this.#state, what);
    if (refusal !== undefined) throw refused(this.#state, runOf(task), refusal);
    this.#decide({ kind: "send", ...what, now: this.#now() });
    const form = sendForm(this.#state, what);
    await this.#journal.settled();
    this.#assertOpen();
    return form;
  }

  /**
   * Starts a copy of a run, as its commits so far have left it or as one of its kept checkpoints has it, under `id` or a new name; resolves when it is
   * durable. The same `id` again is answered as the first time.
   *
   * @throws {UserError} if the run is not there, or over and has kept nothing, or has no such checkpoint, or the name is taken.
   */
  async fork(wish: ForkWish): Promise<ForkForm> {
    const { run } = wish;
    const as = wish.id ?? newRunId(this.#state, this.#options.random);
    while (this.#state.runs.get(as)?.forkOf?.run !== run) {
      this.#assertOpen();
      const refusal = refuseFork(this.#state, wish);
      if (refusal !== undefined) throw refused(this.#state, run, refusal);
      const kept = keptFor(this.#state.runs.get(run)!, wish.checkpoint);
      const image = kept === undefined ? await this.#imageOf(run) : await this.#keptImage(run, kept);
      // Else what it was made from has changed meanwhile, or somebody else has taken the name.
      if (image === undefined || refuseFork(this.#state, wish) !== undefined) continue;
      const of = kept === undefined ? {} : { checkpoint: kept.name };
      this.#decide({ kind: "fork", as, image, ...of, now: this.#now() });
    }
    const form = forkForm(this.#state, as, !this.#state.held.has(as));
    this.#crew.fill();
    await this.#journal.settled();
    this.#assertOpen();
    return form;
  }

  async #keptImage(run: RunId, kept: KeptRow): Promise<RunImage | undefined> {
    const bytes = await this.#journal.fetch(keptKey(run, kept.name));
    if (bytes !== undefined) return unpack(bytes) as RunImage;
    if (this.#state.runs.get(run)?.kept?.includes(kept)) throw new UserError(lostKept(run, kept.name));
    return undefined;
  }

  /**
   * Moves a run to another version of its program (bytes: `pack` of its Bundle), if all that it has written can go on there; resolves when that is durable.
   * `check`: only says whether it could.
   *
   * @throws {UserError} if the run is not there or over.
   */
  async upgrade(run: RunId, bytes: Uint8Array, code: ProgramCode, check = false): Promise<UpgradeForm> {
    const { version } = unpack(bytes) as Bundle;
    for (;;) {
      this.#assertOpen();
      const refusal = refuseUpgrade(this.#state, run);
      if (refusal !== undefined) throw refused(this.#state, run, refusal);
      const written = writtenBy(this.#state, run);
      const fetch = (key: BytesKey) => this.#journal.fetch(key);
      const form = await withBytes(fetch, (read) =>
        upgradeForm({ state: this.#state, read }, run, version, code),
      );
      // What has come meanwhile has to be looked at, too.
      if (refuseUpgrade(this.#state, run) !== undefined || writtenBy(this.#state, run) !== written) continue;
      if (form.moves && !check) this.#decide({ kind: "upgrade", run, version, bytes, now: this.#now() });
      await this.#journal.settled();
      this.#assertOpen();
      return form;
    }
  }

  /** All that are known, in order of their start. */
  runs(): RunRow[] {
    this.#calm.stir();
    return [...this.#state.runs.values()].sort(byStart);
  }

  /** The bytes of a bundle, to read a result with. */
  bundle(version: Version): Uint8Array | undefined {
    return this.#journal.read(`bundle/${version}`);
  }

  /** Looks at the state, and answers when what was seen is durable (V1). `look` must not keep what it is given. */
  async look<T>(look: (seen: Seen) => T): Promise<T> {
    this.#assertOpen();
    this.#calm.stir();
    const fetch = (key: BytesKey) => this.#journal.fetch(key);
    const seen = await withBytes(fetch, (read) => look({ state: this.#state, read }));
    await this.#journal.settled();
    this.#assertOpen();
    return seen;
  }

  /** Calls `listener` with the lines of every commit from now on, when they are durable, and before that with each as a provisional one; ends it with the function that is returned. */
  watchLines(listener: (lines: readonly LineForm[]) => void): () => void {
    this.#lineWatchers.add(listener);
    return () => this.#lineWatchers.delete(listener);
  }

  statistics(run: RunId): Statistics | undefined {
    return statisticsOf(this.#state, run, this.#crew.size);
  }

  /** Kills a worker, as machines and platforms do without asking; nobody is charged for it. */
  killWorker(random: Random): void {
    if (this.#stopped === undefined) this.#crew.killOne(random);
  }

  /** Ends the workers and gives the store up. Runs that go on are taken up by the next server. */
  async close(): Promise<void> {
    await this.#crew.close();
    await this.#journal.settled();
    this.#notePrinted();
    await this.#journal.settled();
    this.#end(new UserError("the server has been closed"));
    this.#journal.stop();
    await this.#options.store.close();
  }

  #decide(command: Command): void {
    if (this.#stopped !== undefined) return;
    this.#calm.stir();
    try {
      const decision = (this.#options.decide ?? decide)(this.#state, command);
      const before = this.#imagesToKeep(decision, "before");
      apply(this.#state, decision.changes);
      for (const action of decision.actions) if (action.kind === "run-ended") this.#ending.add(action.run);
      if (command.kind !== "printed" && command.kind !== "dispatch") this.#dispatchDue = true;
      this.#early.decided(command, decision);
      this.#journal.record(decision);
      if (this.#toTrace.note(decision, this.#state)) this.#trace();
      this.#keep(before);
      this.#keep(this.#imagesToKeep(decision, "after"));
      this.#setAlarm();
    } catch (error) {
      this.#stop(error);
    }
  }

  /** V10. */
  #trace(): void {
    const runs = this.#toTrace.take();
    if (runs.length > 0) this.#decide({ kind: "trace", runs });
  }

  /** V9. */
  #imagesToKeep({ keeps = [] }: Decision, moment: Keep["moment"]): readonly Image[] {
    return keeps
      .filter((kept) => kept.moment === moment)
      .map((kept) => ({ kept, image: this.#imageOf(runOf(kept.task)) }));
  }

  #keep(images: readonly Image[]): void {
    for (const { kept, image } of images) {
      const bring = (image: RunImage | undefined): void => {
        if (image !== undefined) this.#decide({ kind: "keep", kept, image, now: this.#now() });
      };
      if (image instanceof Promise) image.then(bring, (error) => this.#stop(error));
      else bring(image);
    }
  }

  #imageOf(run: RunId): RunImage | Promise<RunImage | undefined> {
    return imageNow(this.#state, (key) => this.#journal.fetch(key), run);
  }

  /** V2. A decision to dispatch makes no room and no task ready, so one after other decisions is enough. */
  #dispatch(): void {
    if (!this.#dispatchDue) return;
    this.#dispatchDue = false;
    if (!hasToDispatch(this.#state)) return;
    this.#decide({ kind: "dispatch", now: this.#now() });
    this.#fill();
  }

  /** Tasks that are ready still, after a dispatch, have found no worker of their size. */
  #fillSized(): void {
    for (const [memoryMiB, tasks] of this.#state.ready.sized()) {
      let count = 0;
      for (const _ of tasks) if (++count === this.#options.workers) break;
      this.#crew.want(memoryMiB, count);
    }
  }

  #received(worker: WorkerId, message: Exclude<FromWorker, { kind: "ready" }>): void {
    const now = this.#now();
    switch (message.kind) {
      case "commit": {
        const outcomes = this.#outcomesFor(message);
        this.#attempts.committed(message);
        if (outcomes !== undefined) this.#decide({ kind: "commit", worker, commit: message, outcomes, now });
        if (message.awaited) this.#journal.hurry();
        break;
      }
      case "hurry":
        this.#journal.hurry();
        break;
      case "said":
        this.#said(worker, message);
        break;
      case "begun":
        this.#decide({ kind: "begun", worker, task: message.task, epoch: message.epoch });
        break;
      case "returned":
        this.#decide({ kind: "returned", worker, task: message.task, epoch: message.epoch, now });
        break;
      case "drained":
        this.#decide({ kind: "drained", worker, now });
        this.#fill();
        break;
      case "need-shared":
        void this.#sendShared(worker, message);
        break;
      case "need-bundle": {
        const { version } = message;
        const bytes = this.bundle(version);
        // Gone if its run has ended meanwhile, or was upgraded; the activation has been refused or will be.
        this.#crew.send(worker, { kind: "bundle", version, ...(bytes === undefined ? {} : { bytes }) });
        break;
      }
    }
  }

  #outcomesFor(commit: Commit): ReadonlyMap<TaskId, Outcome> | undefined {
    try {
      const needed = outcomesNeeded(this.#state, commit);
      return new Map(needed.map((task) => [task, this.#outcome(outcomeKey(task))]));
    } catch (error) {
      this.#stop(error);
      return undefined;
    }
  }

  #said(worker: WorkerId, message: FromWorker & { kind: "said" }): void {
    const { task, epoch } = message;
    const activation = this.#state.activations.get(task);
    const row = this.#state.tasks.get(task);
    if (row === undefined || activation?.worker !== worker || activation.epoch !== epoch) return;
    const line = this.#attempts.said(worker, row.name, message, this.#now());
    for (const watch of this.#lineWatchers) watch([line]);
  }

  /** Lines that tasks of the run have said and not committed yet. */
  provisional(run: RunId): LineForm[] {
    return this.#attempts.of(run);
  }

  async #sendShared(worker: WorkerId, { task, shared }: FromWorker & { kind: "need-shared" }): Promise<void> {
    try {
      const bytes = await this.#journal.fetch(`shared/${sharedKey(runOf(task), shared)}`);
      this.#crew.send(worker, { kind: "shared", task, shared, ...(bytes === undefined ? {} : { bytes }) });
    } catch (error) {
      this.#stop(error);
    }
  }

  #left(worker: WorkerId, name: string, death: Death, joined: boolean): void {
    this.#events.workerLeft?.({ worker: name, ...death });
    this.#early.left(worker);
    if (joined) {
      const { kind, detail, waitedMs } = death;
      const said = this.#attempts.lost(worker);
      const { timeLimitMs } = this.#options.workerOptions ?? {};
      const time = {
        ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
        ...(waitedMs === undefined ? {} : { waitedMs }),
      };
      this.#decide({ kind: "worker-lost", worker, death: kind, detail, ...time, said, now: this.#now() });
    }
    // After the crew has counted a failed start.
    queueMicrotask(() => this.#fill());
  }

  /** Starts workers, or replaces those that have gone, as long as there is something to do for them: not for tasks that sleep. */
  #fill(): void {
    if (this.#stopped !== undefined) return;
    for (const run of this.#state.runsAtWork) {
      if (this.#state.held.has(run)) continue;
      this.#crew.fill();
      this.#fillSized();
      return;
    }
  }

  /** What activations begin from, where the store has to be asked for it. */
  #fetch(actions: readonly Action[]): Promise<void> | undefined {
    const missing: Promise<void>[] = [];
    for (const action of actions) {
      if (action.kind !== "activate" || !this.#isCurrent(action)) continue;
      const key: BytesKey = `${action.from}/${action.task}`;
      const bytes = this.#journal.fetch(key);
      if (!(bytes instanceof Promise)) continue;
      missing.push(bytes.then((found) => void (found !== undefined && this.#fetched.set(key, found))));
    }
    return missing.length === 0 ? undefined : Promise.all(missing).then(() => {});
  }

  #act(action: Action): void {
    switch (action.kind) {
      case "send":
        this.#crew.send(action.worker, action.message);
        break;
      case "activate":
        this.#activate(action);
        break;
      case "dismiss":
        this.#crew.dismiss(action.worker);
        break;
      case "print":
        this.#print(action.key, action.row);
        break;
      case "task-failed":
        this.#events.taskFailed?.({ task: action.task, name: action.name, message: action.message });
        break;
      case "run-ended":
        this.#runEnded(action.run);
    }
  }

  #print(key: string, row: LineRow): void {
    const run = runOf(row.task);
    const lines = lineForms(key, row);
    for (const { id, task, name, stream, text } of lines)
      this.#events.printed?.({ id, run, task, name, stream, text });
    for (const watch of this.#lineWatchers) watch(lines);
    this.#printed.push(key);
    this.#cancelNote ??= this.#options.clock.after(limits.printedNoteMs, () => this.#notePrinted());
  }

  /** V6. */
  #notePrinted(): void {
    this.#cancelNote?.();
    this.#cancelNote = undefined;
    if (this.#printed.length > 0) this.#decide({ kind: "printed", keys: this.#printed.splice(0) });
  }

  #activate(action: Action & { kind: "activate" }): void {
    const { worker, task, epoch, seq, version } = action;
    const key: BytesKey = `${action.from}/${task}`;
    const fetched = this.#fetched.get(key);
    this.#fetched.delete(key);
    this.#early.activated(action);
    if (!this.#isCurrent(action)) return;
    const bytes = fetched ?? this.#present(key, this.#journal.fetch(key));
    const from: (ToWorker & { kind: "activate" })["from"] =
      action.from === "input"
        ? { kind: "input", json: new TextDecoder().decode(bytes) }
        : { kind: action.from, bytes };
    const completions: Completion[] = action.answered.map((effect) => ({ effect, outcome: nothing }));
    for (const effect of action.completions)
      completions.push({ effect, outcome: this.#outcome(completionKey(task, effect)) });
    const time = this.#crew.time(worker, this.#now());
    this.#crew.send(worker, { kind: "activate", task, epoch, seq, version, from, completions, ...time });
  }

  /** Else it has been given up since it was decided; and its bytes may be gone. */
  #isCurrent({ worker, task, epoch }: Action & { kind: "activate" }): boolean {
    const current = this.#state.activations.get(task);
    return current?.worker === worker && current.epoch === epoch;
  }

  #runEnded(run: RunId): void {
    this.#ending.delete(run);
    const row = this.#state.runs.get(run);
    const waiters = this.#waiters.get(run) ?? [];
    this.#waiters.delete(run);
    if (row === undefined) {
      const gone = new GoneError(
        `run ${run} has ended, and its result was forgotten for those of later runs`,
      );
      for (const { reject } of waiters) reject(gone);
      return;
    }
    const result = this.#resultOf(row);
    for (const { resolve } of waiters) resolve(result);
    this.#events.runEnded?.(row);
    if (this.#cancelForget === undefined) this.#forget();
  }

  #resultOf(row: RunRow): RunResult {
    const status = row.status === "running" ? "failed" : row.status;
    return { status, outcome: this.#outcome(outcomeKey(rootTaskOf(row.id))), row };
  }

  #outcome(key: BytesKey): Outcome {
    return decodeOutcome(this.#read(key));
  }

  #read(key: BytesKey): Uint8Array {
    return this.#present(key, this.#journal.read(key));
  }

  #present(key: BytesKey, bytes: Uint8Array | undefined | Promise<Uint8Array | undefined>): Uint8Array {
    // A promise: it was not there when it was asked for in time.
    if (!(bytes instanceof Uint8Array)) {
      throw new IncompleteError(
        `the state is incomplete: ${key} is missing. Restore it from a copy, or start the run anew`,
      );
    }
    return bytes;
  }

  /** V4. */
  #now(): number {
    const shown = this.#options.clock.now();
    if (shown < this.#shownLast) this.#setBackMs += this.#shownLast - shown;
    this.#shownLast = shown;
    return shown + this.#setBackMs;
  }

  #setAlarm(): void {
    const at = this.#state.nextDue();
    if (at === this.#alarm?.at) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (at === undefined || this.#stopped !== undefined) return;
    const cancel = this.#options.clock.after(Math.max(0, Math.ceil(at - this.#now())), () => {
      this.#alarm = undefined;
      this.#decide({ kind: "tick", now: this.#now() });
    });
    this.#alarm = { at, cancel };
  }

  /** V7. */
  async #rest(): Promise<void> {
    try {
      this.#trace();
      rest(this.#state);
      this.#crew.rest();
      await this.#options.store.rest?.();
      await this.#options.giveBack?.();
    } catch (error) {
      this.#stop(error);
    }
  }

  /** V5. */
  #stop(error: unknown): void {
    if (this.#stopped !== undefined) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#stopped = reason;
    this.#journal.stop();
    void this.#crew.close();
    const end = (why: Error): void => {
      this.#stopped = why;
      this.#end(why);
      this.#events.stopped?.(why);
    };
    if (!(reason instanceof IncompleteError)) {
      end(reason);
      return;
    }
    // Whoever has taken over may have gone on, and have no use any more for what is missing here: then that is what has happened.
    const asked = this.#options.store.write([]);
    asked.then(
      () => end(reason),
      (refusal) => end(refusal instanceof FencedError ? refusal : reason),
    );
  }

  #end(reason: Error): void {
    this.#stopped ??= reason;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    this.#cancelNote?.();
    this.#cancelForget?.();
    this.#calm.end();
    for (const waiters of this.#waiters.values()) for (const { reject } of waiters) reject(reason);
    this.#waiters.clear();
  }

  #assertOpen(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }
}

/** Something that a row speaks of is not there. */
class IncompleteError extends UserError {}

/** A name that no run of the state has. */
export function newRunId({ runs }: State, random: Random): RunId {
  const letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (;;) {
    let id = "r";
    for (let i = 0; i < 10; i++) id += letters[Math.floor(random() * letters.length)];
    if (!runs.has(id as RunId)) return id as RunId;
  }
}

function heldRuns(rows: readonly LoadedRow[], drives: ServerOptions["drives"]): Set<RunId> {
  const runs = rows.flatMap((row) => (row.table === "run" ? [row.row] : [])).sort(byStart);
  const held = runs.filter((run) => drives !== undefined && !drives(run, runs));
  return new Set(held.map(({ id }) => id));
}

function byStart(a: RunRow, b: RunRow): number {
  return a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1);
}
