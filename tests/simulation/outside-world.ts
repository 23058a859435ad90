/** The world outside, of a simulation: it keeps what was done to it, answers late, and workers die while they speak with it. */
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Faults } from "./faults.ts";
import type { Outside } from "./outside.ts";
import { Violation } from "./watch.ts";
import type { SimulatedWorker } from "./workers.ts";
import { runningWorker } from "./workers.ts";

/** What the world outside has seen. */
export interface Seen {
  /** Everything that was ever ordered. */
  readonly orders: readonly { readonly label: string; readonly key: string; readonly number: number }[];
  /** When the first came by a mark; of all times only the order counts. */
  readonly marks: ReadonlyMap<string, number>;
  /** What was asked and answered, by name: when it was asked first, and answered first. */
  readonly notes: ReadonlyMap<string, Note>;
  /** What is written last under a name. */
  value(name: string): number | undefined;
}

export interface Note {
  readonly asked: unknown;
  readonly askedAt: number;
  answer?: unknown;
  answeredAt?: number;
}

export class OutsideWorld implements Outside, Seen {
  readonly orders: { readonly label: string; readonly key: string; readonly number: number }[] = [];
  readonly marks = new Map<string, number>();
  readonly notes = new Map<string, Note>();
  readonly #agenda: Agenda;
  readonly #chance: Chance;
  readonly #faults: Faults;
  readonly #tries = new Map<string, number>();
  readonly #written = new Map<string, { token: number; value: number }>();
  #passed = 0;

  constructor(agenda: Agenda, chance: Chance, faults: Faults) {
    this.#agenda = agenda;
    this.#chance = chance;
    this.#faults = faults;
  }

  order(label: string, key: string): Promise<number> {
    return this.#ask(label, (answer) => answer.resolve(this.#take(label, key)));
  }

  flaky(label: string, key: string, times: number): Promise<number> {
    return this.#ask(label, (answer) => {
      const tries = (this.#tries.get(label) ?? 0) + 1;
      this.#tries.set(label, tries);
      if (tries > times) answer.resolve(this.#take(label, key));
      else if (tries % 2 === 1) answer.reject(new Error(`${label} is busy`));
      else this.#agenda.after(200, `${label} is late`, () => answer.resolve(-1));
    });
  }

  write(name: string, token: number, value: number): number {
    this.#mayDie();
    if (!this.#isHeard()) return value;
    const before = this.#written.get(name);
    if (before !== undefined && token < before.token) {
      // It may be one that was given up and does not know it: it is kept out, as tokens are there for.
      throw new Error(`${name}: token ${token} is older than ${before.token}`);
    }
    this.#written.set(name, { token, value });
    this.#mayDie();
    return before?.value ?? 0;
  }

  pass(mark: string): void {
    if (this.#isHeard() && !this.marks.has(mark)) this.marks.set(mark, ++this.#passed);
    this.#mayDie();
  }

  note(name: string, asked: unknown, answer?: unknown): void {
    if (!this.#isHeard()) return;
    const at = ++this.#passed;
    const note = this.notes.get(name) ?? { asked: structuredClone(asked), askedAt: at };
    this.notes.set(name, note);
    if (answer !== undefined && note.answeredAt === undefined)
      Object.assign(note, { answer: structuredClone(answer), answeredAt: at });
    this.#mayDie();
  }

  #take(label: string, key: string): number {
    const number = this.orders.length + 1;
    this.orders.push({ label, key, number });
    return number;
  }

  value(name: string): number | undefined {
    return this.#written.get(name)?.value;
  }

  #isHeard(): boolean {
    return runningWorker()?.alive ?? true;
  }

  /** The action takes place some time after the call, unless the worker is dead by then; the answer comes later still, or never. */
  #ask(label: string, act: (answer: Answer) => void): Promise<number> {
    const worker = runningWorker();
    if (worker === undefined) throw new Violation("outside", `${label} was asked for outside of any worker`);
    this.#mayDie();
    return new Promise((resolve, reject) => {
      const ms = 0.5 + 4 * this.#chance.random();
      const heard = worker.alive || this.#chance.hits(0.5);
      worker.calls++;
      const back = (settle: () => void): void => {
        this.#agenda.after(ms, `${label} is answered`, () => {
          worker.calls--;
          if (worker.alive) settle();
        });
      };
      if (heard) {
        this.#agenda.after(ms, `${label} is done`, () =>
          act({
            resolve: (value) => back(() => resolve(value)),
            reject: (error) => back(() => reject(error)),
          }),
        );
      }
      this.#mayDie(worker);
    });
  }

  #mayDie(worker: SimulatedWorker | undefined = runningWorker()): void {
    if (worker?.alive && this.#faults.strikes("crash outside", 0.06))
      worker.kill(this.#chance.pick(["chaos", "lost", "exit"]));
  }
}

interface Answer {
  resolve(value: number): void;
  reject(error: Error): void;
}
