/**
 * What may be told before it is durable (design H8), and to whom it has been.
 *
 * In `strict` mode nothing. In `group` mode the answers to effects inside the system, to tasks that are on a worker: they are worth
 * nothing outside, and are lost together with what they follow from. A worker begins no foreign call for a task that has been told of
 * something until that is durable (runtime, foreign.ts F4).
 *
 * U1. Never early: results, printed lines, activations; answers to `checkpoint`, whose whole meaning is that it is durable; and locks, since
 *     whoever holds one is about to touch what others see, and its token must not be given out again.
 * U2. A task is answered early only on a stay that its worker knows of: an answer must not overtake its activation.
 * U3. A worker that has been told something early is told when it is durable.
 */
import type { EffectId, TaskId, WorkerId } from "../base/ids.ts";
import type { Action, Command, Decision } from "../coordinator/index.ts";
import type { Completion } from "../protocol/effect.ts";
import type { ToWorker } from "../protocol/wire.ts";
import type { EarlyAction } from "./journal.ts";

export type Durability = "strict" | "group";

type Send = (worker: WorkerId, message: ToWorker) => void;

export class EarlyAnswers {
  readonly #enabled: boolean;
  readonly #send: Send;
  /** Activations that are decided and wait for their group, by task. */
  readonly #unsent = new Map<TaskId, number>();
  /** Checkpoints that the command being decided asks for. */
  #checkpoints: ReadonlySet<EffectId> = new Set();
  /** Up to where workers depend on what is not durable. */
  readonly #told = new Map<WorkerId, number>();
  #durable = 0;

  constructor(durability: Durability, send: Send) {
    this.#enabled = durability === "group";
    this.#send = send;
  }

  /** Before the actions of a decision are recorded. */
  decided(command: Command, { actions }: Decision): void {
    if (!this.#enabled) return;
    for (const action of actions) {
      if (action.kind === "activate") this.#unsent.set(action.task, action.epoch);
    }
    const effects = command.kind === "commit" ? command.commit.effects : [];
    this.#checkpoints = new Set(effects.flatMap(({ kind, id }) => (kind === "checkpoint" ? [id] : [])));
  }

  /** An activation is about to be sent, or given up. */
  activated({ task, epoch }: Action & { readonly kind: "activate" }): void {
    if (this.#unsent.get(task) === epoch) this.#unsent.delete(task);
  }

  /** Sends it, if it may be. */
  tell({ action, after }: EarlyAction): boolean {
    if (!this.#enabled || action.kind !== "send" || action.message.kind !== "complete") return false;
    const { worker, message } = action;
    if (this.#unsent.get(message.task) === message.epoch) return false;
    if (message.completions.some((completion) => this.#mustWait(completion))) return false;
    if (after <= this.#durable) {
      this.#send(worker, message);
      return true;
    }
    this.#told.set(worker, after);
    this.#send(worker, { ...message, after });
    return true;
  }

  /** U1. A number is the token of a lock. */
  #mustWait({ effect, outcome }: Completion): boolean {
    return this.#checkpoints.has(effect) || (outcome.kind === "value" && outcome.number !== undefined);
  }

  durable(position: number): void {
    this.#durable = position;
    for (const [worker, after] of this.#told) {
      this.#send(worker, { kind: "durable", position });
      if (after <= position) this.#told.delete(worker);
    }
  }

  left(worker: WorkerId): void {
    this.#told.delete(worker);
  }
}
