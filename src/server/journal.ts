/**
 * Between deciding and acting: takes decisions in their order, writes their changes in groups, does their actions when they are durable.
 *
 * Owns: the order. Talks to: the store, and whoever does the actions.
 *
 * J1. Actions are done in the order of their decisions, each after all changes of its decision, and of those before it, are durable
 *     (design D1). An action without changes waits for what was decided before it all the same.
 *     What need not wait, as the server sees it, is done as soon as it is decided, with the number of the group on which it depends (design H8).
 * J2. One write is under way at any time; decisions that come meanwhile go together with the next.
 * J3. After a write has failed nothing is written and nothing is done any more.
 * J4. A group for which nobody waits, but to hear that it is there, is held back for a moment (limits.lazyWriteMs), and goes with the next one for which
 *     somebody does: where two tasks hand each other something to and fro, that is half of the flushes. If nobody does until then either, the store may
 *     take its time for it, and the thread is free meanwhile.
 * J5. Answers for one stay of a task that follow each other go in one message: of a thousand children that end, their parent is told now and then, and not
 *     each time.
 */
import { limits } from "../base/limits.ts";
import type { Action, Decision } from "../coordinator/index.ts";
import { isDurable } from "../coordinator/index.ts";
import type { Completion } from "../protocol/effect.ts";
import type { BytesKey, Change } from "../protocol/rows.ts";
import type { ToWorker } from "../protocol/wire.ts";
import type { Store } from "../store/store.ts";

/** An action, and the group that has to be durable before anything outside may see what follows from it. */
export interface EarlyAction {
  readonly action: Action;
  readonly after: number;
}

interface JournalEvents {
  /** A group is about to be written: the last moment to decide something that should go with it. */
  closing(): void;
  /** Fetches what these actions need and is not at hand; they are done when that is there. Nothing is missing: undefined. */
  fetch(actions: readonly Action[]): Promise<void> | undefined;
  act(action: Action): void;
  /** The actions of a group have been done. */
  acted(): void;
  /** Whether the action may be done before it is durable; if so, it has been done. */
  actEarly(early: EarlyAction): boolean;
  /** Every group up to this one is. */
  durable(group: number): void;
  failed(error: unknown): void;
  /** Calls `act` once, `ms` milliseconds from now, unless the returned function is called before. */
  after(ms: number, act: () => void): () => void;
}

export class Journal {
  readonly #store: Store;
  readonly #events: JournalEvents;
  #changes = new Map<string, Change>();
  #actions: Action[] = [];
  /** A list of answers in its last action that is the journal's own (J5). */
  #together: Completion[] | undefined;
  #waiting: (() => void)[] = [];
  #running = false;
  /** Somebody waits for what is to be written next (J4). */
  #urgent = false;
  /** It has been held back for long enough. */
  #isOverdue = false;
  #cancelDelay: (() => void) | undefined;
  #failed = false;
  /** Groups handed to the store. */
  #groups = 0;

  constructor(store: Store, events: JournalEvents) {
    this.#store = store;
    this.#events = events;
  }

  record({ changes, actions }: Decision): void {
    for (const change of changes) {
      if (isDurable(change)) this.#changes.set(`${change.table} ${change.key}`, change);
    }
    // One by one: a spread of many thousands would be too many arguments.
    const after = this.#groups + (this.#changes.size > 0 ? 1 : 0);
    for (const action of actions) {
      if (this.#events.actEarly({ action, after })) continue;
      this.#add(action);
      this.#urgent ||= !isAcknowledgement(action);
    }
    this.#start();
  }

  /** J5. */
  #add(action: Action): void {
    const last = this.#actions.at(-1);
    const before = last && answersIn(last);
    const more = answersIn(action);
    if (before === undefined || more?.task !== before.task || more.epoch !== before.epoch) {
      this.#actions.push(action);
      return;
    }
    const { worker } = last as Action & { readonly kind: "send" };
    if (before.completions !== this.#together) {
      this.#together = [...before.completions];
      const message = { ...before, completions: this.#together };
      this.#actions[this.#actions.length - 1] = { kind: "send", worker, message };
    }
    for (const completion of more.completions) this.#together.push(completion);
  }

  /** Somebody waits for what has been recorded so far. */
  hurry(): void {
    if (this.#isEmpty()) return;
    this.#urgent = true;
    this.#start();
  }

  /** Bytes as the decisions made so far have left them. */
  read(key: BytesKey): Uint8Array | undefined {
    const change = this.#changes.get(`bytes ${key}`);
    return change?.table === "bytes" ? change.bytes : this.#store.read(key);
  }

  /** The same for bytes that may not be at hand. */
  fetch(key: BytesKey): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const change = this.#changes.get(`bytes ${key}`);
    if (change?.table === "bytes") return change.bytes;
    return this.#store.fetch === undefined ? this.#store.read(key) : this.#store.fetch(key);
  }

  /** Whether the next group writes anything. */
  get hasChanges(): boolean {
    return this.#changes.size > 0;
  }

  /** Resolves when everything recorded so far is durable and done, or never will be. */
  settled(): Promise<void> {
    if (this.#failed || (!this.#running && this.#isEmpty())) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#urgent = true;
      this.#start();
    });
  }

  #isEmpty(): boolean {
    return this.#changes.size === 0 && this.#actions.length === 0 && this.#waiting.length === 0;
  }

  #start(): void {
    if (this.#running || this.#failed) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    // Not at once: what else is decided in this turn goes into the same group.
    await undefined;
    for (;;) {
      // Asked even when there is nothing to write: what was decided may have made room for more.
      this.#events.closing();
      if (this.#isEmpty()) break;
      if (!this.#urgent && !this.#isOverdue) {
        this.#delay();
        break;
      }
      const unhurried = !this.#urgent;
      this.#urgent = false;
      this.#isOverdue = false;
      const changes = this.#changes;
      const actions = this.#actions;
      const waiting = this.#waiting;
      this.#changes = new Map();
      this.#actions = [];
      this.#waiting = [];
      try {
        if (changes.size > 0) {
          const group = ++this.#groups;
          await this.#store.write([...changes.values()], unhurried);
          if (!this.#failed) this.#events.durable(group);
        }
        const missing = this.#events.fetch(actions);
        if (missing !== undefined) await missing;
        for (const action of actions) if (!this.#failed) this.#events.act(action);
        this.#events.acted();
      } catch (error) {
        // First the failure, so that whoever waited finds the server failed.
        this.#fail(error);
      }
      for (const resolve of waiting) resolve();
      if (this.#failed) return;
    }
    this.#running = false;
  }

  /** J4. */
  #delay(): void {
    this.#cancelDelay ??= this.#events.after(limits.lazyWriteMs, () => {
      this.#cancelDelay = undefined;
      if (this.#isEmpty()) return;
      this.#isOverdue = true;
      this.#start();
    });
  }

  /** Ends everything (J3). */
  stop(): void {
    this.#failed = true;
    this.#cancelDelay?.();
    this.#cancelDelay = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#events.failed(error);
    this.stop();
  }
}

function answersIn(action: Action): (ToWorker & { readonly kind: "complete" }) | undefined {
  return action.kind === "send" && action.message.kind === "complete" ? action.message : undefined;
}

/** Who is told goes on without it, as a rule; who does not says so (wire.ts, `awaited`, `hurry`). */
function isAcknowledgement(action: Action): boolean {
  return action.kind === "send" && action.message.kind === "committed";
}
