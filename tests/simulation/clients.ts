/**
 * Clients: other programs that ask the server for something while it and its workers come and go. They do not die, and give up nothing: what was
 * not answered is asked again, under the same id, of whoever serves by then; and now and then what was answered, too.
 *
 * L1. A question has one answer, however often it is asked.
 * L2. A refusal is an answer.
 */
import assert from "node:assert/strict";
import { UserError } from "../../src/base/errors.ts";
import type { Server } from "../../src/server/index.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";

const patienceMs = 700;
/** Of the answers that come. */
const shareAskedAgain = 0.2;
const shareLost = 0.1;

export class Clients {
  /** Those that still have something to ask. */
  busy = 0;
  readonly #agenda: Agenda;
  readonly #serving: () => Server | undefined;
  readonly #failed: (error: unknown) => void;

  constructor(agenda: Agenda, serving: () => Server | undefined, failed: (error: unknown) => void) {
    this.#agenda = agenda;
    this.#serving = serving;
    this.#failed = failed;
  }

  /** One more, which does this. */
  add(name: string, chance: Chance, act: (client: Client) => Promise<void>): Promise<void> {
    this.busy++;
    const acted = act(new Client(name, chance, this.#agenda, this.#serving));
    acted.then(
      () => this.busy--,
      (error) => {
        this.busy--;
        this.#failed(error);
      },
    );
    return acted;
  }
}

export class Client {
  readonly chance: Chance;
  readonly #name: string;
  readonly #agenda: Agenda;
  readonly #serving: () => Server | undefined;

  constructor(name: string, chance: Chance, agenda: Agenda, serving: () => Server | undefined) {
    this.#name = name;
    this.chance = chance;
    this.#agenda = agenda;
    this.#serving = serving;
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#agenda.after(ms, `${this.#name} waits`, resolve));
  }

  /**
   * `same`: what of the answer must be the same when it is given again.
   *
   * @throws {UserError} what the server says if it will not do that.
   */
  async ask<T>(
    what: string,
    question: (server: Server) => Promise<T>,
    same: (answer: T) => unknown = (answer) => answer,
  ): Promise<T> {
    const first = await this.#untilAnswered(what, question);
    if (!this.chance.hits(shareAskedAgain)) return first;
    await this.pause(this.chance.between(0, 200));
    try {
      const second = await this.#untilAnswered(what, question);
      assert.deepEqual(same(second), same(first), `L1: ${what}, asked twice`);
    } catch (error) {
      // What it was asked of may have ended since.
      if (!(error instanceof UserError)) throw error;
    }
    return first;
  }

  async #untilAnswered<T>(what: string, question: (server: Server) => Promise<T>): Promise<T> {
    for (;;) {
      const server = this.#serving();
      if (server !== undefined) {
        const answered = await this.#once(what, question(server));
        if (answered !== undefined) return answered.answer;
      }
      await this.pause(this.chance.between(5, 60));
    }
  }

  /** Undefined: nobody has answered, or the answer was lost on its way. */
  #once<T>(what: string, asked: Promise<T>): Promise<{ readonly answer: T } | undefined> {
    return new Promise((resolve, reject) => {
      const stop = this.#agenda.after(patienceMs, `${this.#name} hears nothing of: ${what}`, () =>
        resolve(undefined),
      );
      asked.then(
        (answer) => {
          stop();
          resolve(this.chance.hits(shareLost) ? undefined : { answer });
        },
        (error) => {
          stop();
          if (error instanceof UserError) reject(error);
          // Its server has ended.
          else resolve(undefined);
        },
      );
    });
  }
}
