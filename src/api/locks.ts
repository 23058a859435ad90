/** Locks and barriers: words by which tasks of a run keep out of each other's way, or wait for each other. */
import { UserError } from "../base/errors.ts";
import { loadedId, savedId } from "../base/ids.ts";
import type { Gate } from "../protocol/effect.ts";
import { closure, registerClass, runtimeSite } from "../runtime/index.ts";
import { current } from "./current.ts";
import { handleOfGate, loadedGate, makeGate, savedGate } from "./gate.ts";
import { keepPlainly } from "./plain.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { inTask } from "./task.ts";

interface Named {
  /** The same for all tasks of the run. Without a name it is a new one. */
  readonly name?: string;
}

/** A lock with one or more permits; `mutex()` and `semaphore(n)` make them. The handle can be passed to other tasks and saved. */
export class Semaphore {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
    keepPlainly(this);
  }

  static gateOf(lock: Semaphore): Gate {
    return lock.#gate;
  }

  /**
   * Waits for a permit, in the order of asking. It belongs to this task until it is released, or the task ends in any way.
   *
   *     await using permit = await lock.acquire();      // released at the end of the block
   */
  acquire(waiting: Waiting = {}): Promise<Permit> {
    const taken = inTask(
      "acquire()",
      (kernel) =>
        kernel.effects.askFor(
          { kind: "acquire", gate: this.#gate },
          durableSignal("acquire", waiting),
        ) as unknown as Promise<number>,
      (host) => host.wait(host.at(this.#gate, { kind: "acquire" }), waiting.signal) as Promise<number>,
    );
    return taken.then(closure(permitSite, { lock: this }) as never);
  }

  /** The permit with this token, which the running task has acquired. */
  static permitOf(lock: Semaphore, token: number): Permit {
    return new Permit(lock, token, current.id);
  }

  static release(lock: Semaphore, token: number): void {
    inTask(
      "release()",
      (kernel) => void kernel.effects.ask({ kind: "release", gate: lock.#gate, token }),
      (host) => host.order(lock.#gate, { kind: "release", token }),
    );
  }
}

/** One holding of a lock. */
export class Permit implements Disposable {
  /**
   * Higher than that of every earlier holder. Hand it to services that can refuse a lower one than they have seen: it keeps out a holder that was
   * given up and does not know it yet.
   */
  readonly token: number;
  readonly #lock: Semaphore;
  /** The task whose it is. */
  readonly #holder: string;

  constructor(lock: Semaphore, token: number, holder: string) {
    this.#lock = lock;
    this.#holder = holder;
    keepPlainly(this);
    this.token = token;
  }

  static lockOf(permit: Permit): Semaphore {
    return permit.#lock;
  }

  static holderOf(permit: Permit): string {
    return permit.#holder;
  }

  /**
   * Gives the permit back, with the task's next commit. A second time does nothing.
   *
   * @throws {UserError} in another task than that which acquired it.
   */
  release(): void {
    if (current.id !== this.#holder) {
      throw new UserError(
        `release() in task ${current.id} of a permit of task ${this.#holder}: it belongs to the task that acquired it; release it there, or acquire one here`,
      );
    }
    Semaphore.release(this.#lock, this.token);
  }

  /** For `using permit = …` and `await using permit = …`. */
  [Symbol.dispose](): void {
    this.release();
  }
}

const permitSite = runtimeSite(
  "lock.permit",
  (env: { lock: Semaphore }) =>
    (token: number): Permit =>
      Semaphore.permitOf(env.lock, token),
);

/** A meeting point: `arrive()` waits until as many have arrived as it was made for; then it serves the next round. */
export class Barrier {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
    keepPlainly(this);
  }

  static gateOf(barrier: Barrier): Gate {
    return barrier.#gate;
  }

  /** Waits for the others. Who is withdrawn by its `signal` has not arrived. */
  arrive(waiting: Waiting = {}): Promise<void> {
    return inTask(
      "Barrier.arrive()",
      (kernel) =>
        kernel.effects.askFor(
          { kind: "arrive", gate: this.#gate },
          durableSignal("arrive", waiting),
        ) as unknown as Promise<void>,
      (host) => host.wait(host.at(this.#gate, { kind: "arrive" }), waiting.signal) as Promise<void>,
    );
  }
}

registerClass("continua.Semaphore", Semaphore, {
  save: (lock, home) => savedGate(Semaphore.gateOf(lock), home),
  load: (gate, home) => new Semaphore(loadedGate(gate, home)),
  leadsTo: (lock, home) => handleOfGate(Semaphore.gateOf(lock), home),
});
registerClass("continua.Permit", Permit, {
  save: (permit, home) => ({
    gate: savedGate(Semaphore.gateOf(Permit.lockOf(permit)), home),
    token: permit.token,
    holder: savedId(Permit.holderOf(permit), home.id),
  }),
  load: ({ gate, token, holder }, home) =>
    new Permit(new Semaphore(loadedGate(gate, home)), token, loadedId(holder, home.id)),
  leadsTo: (permit, home) => handleOfGate(Semaphore.gateOf(Permit.lockOf(permit)), home),
});
registerClass("continua.Barrier", Barrier, {
  save: (barrier, home) => savedGate(Barrier.gateOf(barrier), home),
  load: (gate, home) => new Barrier(loadedGate(gate, home)),
  leadsTo: (barrier, home) => handleOfGate(Barrier.gateOf(barrier), home),
});

/** A lock that one task has at a time. */
export function mutex(options: Named = {}): Semaphore {
  return makeLock("mutex", 1, options);
}

/** A lock that `permits` holders have at a time. */
export function semaphore(permits: number, options: Named = {}): Semaphore {
  return makeLock("semaphore", permits, options);
}

function makeLock(word: string, permits: number, { name }: Named): Semaphore {
  const gate = makeGate(word, { kind: "lock", permits }, name);
  return new Semaphore(gate);
}

/** A barrier for `parties`. */
export function barrier(parties: number, { name }: Named = {}): Barrier {
  const gate = makeGate("barrier", { kind: "barrier", parties }, name);
  return new Barrier(gate);
}
