/**
 * A worker: takes activations over one connection, gives each task its turns, hands everything back before its time is up.
 *
 * Owns: the line to the server, the programs, the queue for the thread, the warm tasks. Does not own what a task writes down
 * (activation.ts), the process and its death (platform), when the server sends what.
 *
 * W1. One task at a time has the thread; those that can run take turns in the order in which they became able to. New ones begin in the order
 *     in which they came, and only while there is a place: `limits.tasksAtOnce` have one, from their beginning to their first stop at which they
 *     wait. The others wait, and can be handed back as they are. Who is woken later needs no place, and takes none from those who wait.
 * W2. The event loop gets a turn about every `limits.pollIntervalMs`, as far as compiled code is polled (design H4): messages, timers
 *     and foreign I/O do not wait for a long computation.
 * W3. Nothing runs outside `#turn`, so nothing happens to a task while it runs. A poll only decides; what follows is done after the run.
 *     But a task whose foreign call has come back may go on within that call (`enter`), while nobody else wants the thread.
 * W4. A worker drains when it is told to or when its own time limit is near. Draining, it begins nothing, and every task leaves at its next
 *     stop; `drained` is said once, when there are none left. Out of a foreign call, which would be made again elsewhere, it leaves when half of what
 *     was left of the limit has passed: a call that takes milliseconds comes back before that.
 * W5. Nothing hangs silently: a task that waits for foreign code in a process where nothing is open that could call that code is handed back.
 *     Thawed elsewhere its call is made again, or its wait is interrupted (design H5, H6).
 * W6. After the connection has closed, no task runs any more (design H9).
 * W7. A worker that has had no task for a while rests: it gives back what it has taken for those it had.
 * W8. A task that the server wants back leaves at its next stop, but not out of a foreign call, which would be made again elsewhere: for that it has
 *     `limits.callPatienceMs`.
 */
import { Calm } from "../base/calm.ts";
import { unreachable } from "../base/errors.ts";
import type { SharedId, TaskId } from "../base/ids.ts";
import { drainMargin, limits } from "../base/limits.ts";
import { PassingMap, PassingSet } from "../base/passing.ts";
import type { Connection } from "../platform/index.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import type { Program } from "../runtime/types.ts";
import { type Activate, Activation, type ActivationHost } from "./activation.ts";
import { type Clock, ServerClock } from "./clock.ts";
import { type LoadProgram, Programs } from "./programs.ts";
import { rehearse } from "./rehearse.ts";
import { SharedCache } from "./shared-cache.ts";

export interface WorkerSettings {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly load: LoadProgram;
  /** What compiled loops poll (abi.ts). */
  readonly signal: Int32Array;
  /** How long from now on until the platform kills this worker; absent: never. */
  readonly timeLimitMs?: number;
  /** Whether foreign code has nothing open in this process that could ever call back; absent: it always may have. */
  readonly quiet?: () => boolean;
  /** Absent: limits.spawnsAhead. */
  readonly spawnsAhead?: number;
  /** Called when it has had nothing to do for a while (W7). */
  readonly rest?: () => void;
}

/** Far more than come and go while a message can be late. */
const leftMax = 1_000;

export class Worker implements ActivationHost {
  readonly spawnsAhead: number;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #signal: Int32Array;
  readonly #programs: Programs;
  readonly #shared: SharedCache;
  readonly #activations = new PassingMap<TaskId, Activation>();
  /** Those that can run, the next one first. */
  readonly #runnable = new PassingSet<Activation>();
  /** Those that wait for a place to begin, the next one first. */
  readonly #waiting = new PassingSet<Activation>();
  /** Those that have one: begun, and on the CPU or in line for it ever since. */
  readonly #placed = new PassingSet<Activation>();
  /** Begun, and of whose runs the server has seen nothing yet. */
  readonly #unseen = new PassingSet<Activation>();
  /** Begun, and not yet run: their programs, or shared values, are being loaded. One that is given up meanwhile makes room. */
  readonly #loading = new Set<Activation>();
  /** Epochs of tasks that were here last: what the network says twice does not begin them again. */
  #left = new Map<TaskId, number>();
  #leftBefore = new Map<TaskId, number>();
  /** The server wants them back, and since when (W8). What cannot leave now tries again whenever it stops. */
  readonly #unwanted = new Map<Activation, number>();
  /** Warm ones and since when, the longest idle first. */
  readonly #idle = new PassingMap<Activation, number>();
  #durable = 0;
  /** Up to where the server has been asked to hurry. */
  #hurried = 0;
  #turnAsked = false;
  #turnBegan = 0;
  #closed = false;
  #draining = false;
  #handedBack = false;
  #drained = false;
  /** When it begins to drain by itself. */
  readonly #drainAt: number;
  /** Until when those that are in a foreign call may stay while it drains (W4). */
  #callsEndAt: number;
  #cancelDrain: () => void = () => {};
  #cancelPatience: () => void = () => {};
  #cancelCooling: (() => void) | undefined;
  readonly #quiet: () => boolean;
  readonly #calm: Calm | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(settings: WorkerSettings) {
    const { connection, clock, signal, load, timeLimitMs, quiet = () => false } = settings;
    this.spawnsAhead = settings.spawnsAhead ?? limits.spawnsAhead;
    this.#quiet = quiet;
    const { rest } = settings;
    const after = (ms: number, act: () => void) => clock.after(ms, act);
    this.#calm = rest === undefined ? undefined : new Calm(after, limits.restAfterMs, () => this.#rest(rest));
    this.#connection = connection;
    this.#clock = clock;
    this.#serverClock = new ServerClock(clock);
    this.#signal = signal;
    this.#programs = new Programs((version) => this.send({ kind: "need-bundle", version }), load);
    this.#shared = new SharedCache((task, shared) => this.send({ kind: "need-shared", task, shared }));
    this.#drainAt = clock.monotonic() + drainAge(timeLimitMs);
    this.#callsEndAt = timeLimitMs === undefined ? 0 : clock.monotonic() + callAge(timeLimitMs);
  }

  /** Says that it is ready, and serves from now on. */
  start(): void {
    this.#connection.listen({
      received: (message) => this.#received(message),
      closed: () => this.#close(),
    });
    if (Number.isFinite(this.#drainAt)) {
      const wait = Math.max(0, this.#drainAt - this.#clock.monotonic());
      this.#cancelDrain = this.#clock.after(wait, () => this.#drain());
    }
    this.send({ kind: "ready" });
  }

  send(message: FromWorker): void {
    if (this.#closed) return;
    this.#connection.send(message);
    // It may be the last that is heard of its task.
    if (message.kind === "said") this.#connection.flush?.();
  }

  hurry(position: number): void {
    if (position <= this.#hurried) return;
    this.#hurried = position;
    this.send({ kind: "hurry" });
  }

  committed(activation: Activation): void {
    this.#unseen.delete(activation);
  }

  wake(activation: Activation): void {
    this.#idle.delete(activation);
    this.#runnable.add(activation);
    this.#askTurn();
  }

  after(ms: number, act: () => void): void {
    this.#clock.after(ms, () => {
      if (!this.#closed) act();
    });
  }

  freeze(activation: Activation): boolean {
    this.#signal[0] = 0;
    this.#stretch();
    const now = this.#clock.monotonic();
    if (now >= this.#drainAt) this.#draining = true;
    // Half, because looks come at this interval too: with the whole of it the event loop would often wait for the second look.
    const starved = now - this.#turnBegan >= limits.pollIntervalMs / 2;
    return this.#draining || this.#unwanted.has(activation) || starved || activation.due;
  }

  enter(activation: Activation): boolean {
    this.#stretch();
    return !this.#closed && !this.#draining && this.#runnable.size === 0 && !this.#unwanted.has(activation);
  }

  shared(task: TaskId, id: SharedId): Promise<Uint8Array | undefined> {
    return this.#shared.get(task, id);
  }

  get durable(): number {
    return this.#durable;
  }

  get awaitsCalls(): boolean {
    return this.#clock.monotonic() < this.#callsEndAt;
  }

  now(): number {
    return this.#serverClock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  #received(message: ToWorker): void {
    if (this.#closed) return;
    switch (message.kind) {
      case "activate":
        if (message.now !== undefined) this.#serverClock.told(message.now);
        this.#activate(message);
        break;
      case "complete":
        this.#settle(this.#current(message), (activation) =>
          activation.deliver(message.completions, message.after),
        );
        break;
      case "refused":
        this.#settle(this.#current(message), (activation) => activation.drop());
        break;
      case "committed":
        // Completions come only when what they follow from is durable (design H8), so nothing but room is waited for here.
        this.#current(message)?.acknowledge(message.seq);
        break;
      case "durable":
        this.#durable = Math.max(this.#durable, message.position);
        for (const activation of this.#activations.values()) activation.release();
        break;
      case "bundle":
        this.#programs.provide(message.version, message.bytes);
        break;
      case "shared":
        this.#shared.provide(message.task, message.shared, message.bytes);
        break;
      case "recall":
        for (const each of message.tasks) this.#recall(this.#current(each), message.begun === true);
        break;
      case "rehearse":
        void rehearse(this.#programs.get(message.version), message.example, this.#serverClock);
        break;
      case "drain":
        this.#drain();
        break;
      default:
        unreachable(message);
    }
  }

  #activate(message: Activate): void {
    const { task, epoch } = message;
    if (this.#draining) {
      this.send({ kind: "returned", task, epoch });
      return;
    }
    const current = this.#activations.get(task);
    // Said twice by the network: it is at work already, or a later stay is, or it is over.
    if (epoch <= (current?.epoch ?? this.#left.get(task) ?? this.#leftBefore.get(task) ?? 0)) return;
    // The server gave up on an earlier stay, or it would not begin another.
    this.#settle(current, (earlier) => earlier.drop());
    const activation = new Activation(message, this);
    this.#activations.set(task, activation);
    this.#waiting.add(activation);
    this.#admit();
  }

  /** W1. Answers those that have begun, and can run now. */
  #admit(): Activation[] {
    const begun: Activation[] = [];
    for (const activation of this.#waiting) {
      if (this.#closed || this.#draining || this.#placed.size + this.#loading.size >= limits.tasksAtOnce)
        break;
      this.#begin(activation);
      if (this.#runnable.has(activation)) begun.push(activation);
    }
    return begun;
  }

  #begin(activation: Activation): void {
    this.#waiting.delete(activation);
    // So that of those that have not been heard of no more have begun than the server takes it (see `begun` in wire.ts).
    this.#connection.flush?.();
    if (this.#unseen.size >= limits.tasksAtOnce) {
      this.send({ kind: "begun", task: activation.id, epoch: activation.epoch });
    } else {
      this.#unseen.add(activation);
    }
    const program = this.#programs.loaded(activation.version);
    if (program !== undefined) {
      this.#beginWith(activation, program);
      return;
    }
    this.#loading.add(activation);
    const loaded = (act: () => void): void => {
      this.#loading.delete(activation);
      act();
      this.#admit();
    };
    this.#programs.get(activation.version).then(
      (program) => loaded(() => this.#beginWith(activation, program)),
      (error) => loaded(() => this.#settle(activation, () => activation.fail(error))),
    );
  }

  #beginWith(activation: Activation, program: Program): void {
    this.#settle(activation, () => {
      const missing = activation.begin(program);
      if (missing === undefined) {
        if (!activation.over) this.#placed.add(activation);
        return;
      }
      this.#loading.add(activation);
      const fetched = missing.map(async (id) => ({ id, bytes: await this.shared(activation.id, id) }));
      void Promise.all(fetched).then((found) => {
        this.#loading.delete(activation);
        for (const { id, bytes } of found) this.#settle(activation, () => activation.provide(id, bytes));
        this.#beginWith(activation, program);
        this.#admit();
      });
    });
  }

  #recall(activation: Activation | undefined, begun: boolean): void {
    if (activation === undefined) return;
    if (this.#waiting.has(activation)) this.#leave(activation);
    else if (begun) {
      this.#unwanted.set(activation, this.#clock.monotonic());
      this.#cancelPatience();
      this.#cancelPatience = this.#clock.after(limits.callPatienceMs, () => this.#askTurn());
      this.#askTurn();
    }
  }

  /** W8. */
  #leaveUnwanted(): void {
    for (const [activation, since] of this.#unwanted)
      if (!activation.isCalling || this.#turnBegan - since >= limits.callPatienceMs) this.#leave(activation);
  }

  /** Does something to an activation between two runs. */
  #settle(activation: Activation | undefined, act: (activation: Activation) => void): void {
    if (this.#closed || activation === undefined || activation.over) return;
    act(activation);
    if (!activation.over) return;
    const wasLoading = this.#loading.has(activation);
    this.#forget(activation);
    if (wasLoading) this.#admit();
    this.#sayDrained();
  }

  #current(message: { readonly task: TaskId; readonly epoch: number }): Activation | undefined {
    const activation = this.#activations.get(message.task);
    return activation?.epoch === message.epoch ? activation : undefined;
  }

  /** Another stretch of code begins (signal.ts): what runs from here on without a look is counted from here on. */
  #stretch(): void {
    this.#signal[1]! += 1;
  }

  #askTurn(): void {
    if (this.#turnAsked || this.#closed) return;
    this.#turnAsked = true;
    this.#clock.turn(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#closed) return;
    this.#calm?.stir();
    this.#turnBegan = this.#clock.monotonic();
    this.#stretch();
    if (this.#draining) this.#handBack();
    this.#leaveUnwanted();
    // Those that become able to run meanwhile have their first turn after the event loop has had its own; but those that find a place now, as
    // others have ended or wait, go on with this one: so what many short tasks have to say goes to the server together.
    let round = [...this.#runnable];
    do {
      for (const activation of round) {
        this.#run(activation);
        if (this.#closed || this.#isTurnOver) break;
      }
      round = this.#admit();
    } while (round.length > 0 && !this.#isTurnOver);
    this.#sayDrained();
    this.#turnAsked = false;
    // A poll may have found that it is time to drain.
    if (this.#runnable.size > 0 || (this.#draining && !this.#handedBack)) this.#askTurn();
    else this.#cancelLook ??= this.#clock.after(limits.quietMs, this.#lookForHangs);
  };

  get #isTurnOver(): boolean {
    return this.#clock.monotonic() - this.#turnBegan >= limits.pollIntervalMs;
  }

  /** W5. */
  readonly #lookForHangs = (): void => {
    this.#cancelLook = undefined;
    if (this.#closed || this.#draining || this.#runnable.size > 0) return;
    const waiting = [...this.#activations.values()].filter((activation) => activation.waitsForForeign);
    if (waiting.length === 0) return;
    if (this.#quiet()) for (const activation of waiting) this.#leave(activation);
    else this.#cancelLook = this.#clock.after(limits.quietMs, this.#lookForHangs);
  };

  /** W7. */
  #rest(rest: () => void): void {
    if (this.#activations.size === 0) rest();
    else this.#calm?.stir();
  }

  #run(activation: Activation): void {
    this.#runnable.delete(activation);
    // What others have to say does not wait for a task that may be a long one; several that are new may go together.
    if (!this.#unseen.has(activation)) this.#connection.flush?.();
    const stop = activation.run(this.#draining);
    if (stop !== "runnable") this.#placed.delete(activation);
    if (stop === "over") this.#forget(activation);
    else if (stop === "runnable") this.#runnable.add(activation);
    else if (this.#unwanted.has(activation) && !activation.isCalling) this.#leave(activation);
    else if (stop === "idle" && !this.#runnable.has(activation)) this.#warm(activation);
  }

  #forget(activation: Activation): void {
    this.#runnable.delete(activation);
    this.#waiting.delete(activation);
    this.#placed.delete(activation);
    this.#loading.delete(activation);
    this.#unwanted.delete(activation);
    this.#unseen.delete(activation);
    this.#idle.delete(activation);
    if (this.#activations.get(activation.id) !== activation) return;
    this.#activations.delete(activation.id);
    this.#left.set(activation.id, activation.epoch);
    if (this.#left.size < leftMax) return;
    // The older half goes at once: a map whose first entry is taken away again and again looks at all that have gone.
    this.#leftBefore = this.#left;
    this.#left = new Map();
  }

  /** Keeps an idle task in memory for a while, so that its next completion needs no decoding. */
  #warm(activation: Activation): void {
    this.#idle.set(activation, this.#clock.monotonic());
    if (this.#idle.size > limits.warmTasksPerWorker) {
      const [longest] = this.#idle.keys();
      if (longest !== undefined) this.#leave(longest);
    }
    this.#cancelCooling ??= this.#clock.after(limits.warmMs, this.#cool);
  }

  readonly #cool = (): void => {
    this.#cancelCooling = undefined;
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    for (const [activation, since] of this.#idle) {
      const left = since + limits.warmMs - now;
      if (left > 0) {
        this.#cancelCooling = this.#clock.after(left, this.#cool);
        return;
      }
      this.#leave(activation);
    }
  };

  #leave(activation: Activation): void {
    this.#idle.delete(activation);
    if (activation.leave() === "over") this.#forget(activation);
  }

  #drain(): void {
    this.#draining = true;
    this.#askTurn();
  }

  /** Each once: what cannot leave now is pinned (activation.ts, A3) and tries by itself at its next stop. */
  #handBack(): void {
    if (this.#handedBack) return;
    this.#handedBack = true;
    const callsEndIn = this.#callsEndAt - this.#clock.monotonic();
    const calling: Activation[] = [];
    for (const activation of [...this.#activations.values()]) {
      if (callsEndIn > 0 && activation.isCalling) calling.push(activation);
      else this.#leave(activation);
    }
    if (calling.length > 0) this.#cancelPatience = this.#clock.after(callsEndIn, this.#endCalls);
    this.#sayDrained();
  }

  readonly #endCalls = (): void => {
    if (this.#closed) return;
    this.#callsEndAt = 0;
    for (const activation of [...this.#activations.values()])
      if (activation.isCalling) this.#leave(activation);
    this.#sayDrained();
  };

  #sayDrained(): void {
    if (!this.#handedBack || this.#drained || this.#activations.size > 0) return;
    this.#drained = true;
    this.send({ kind: "drained" });
  }

  #close(): void {
    this.#closed = true;
    this.#calm?.end();
    this.#cancelDrain();
    this.#cancelCooling?.();
    this.#cancelPatience();
    this.#cancelLook?.();
    for (const activation of this.#activations.values()) activation.drop();
    this.#activations.clear();
    this.#waiting.clear();
    this.#placed.clear();
    this.#unwanted.clear();
    this.#unseen.clear();
    this.#runnable.clear();
    this.#idle.clear();
  }
}

/**
 * Age at which a worker drains by itself. The server asks for it a little earlier; this is for when it is late, and it is a little later
 * so that the two do not play tasks back and forth.
 */
function drainAge(timeLimitMs: number | undefined): number {
  if (timeLimitMs === undefined) return Number.POSITIVE_INFINITY;
  return timeLimitMs - Math.min(drainMargin(timeLimitMs) * 0.8, timeLimitMs / 2);
}

/** Age at which it waits for foreign calls no longer: what is left is for the freeze and the commit. */
function callAge(timeLimitMs: number): number {
  return timeLimitMs - Math.min(drainMargin(timeLimitMs), timeLimitMs) / 2;
}
