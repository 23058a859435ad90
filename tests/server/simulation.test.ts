/**
 * The real coordinator and server against chance: seeded programs, and at each step a seeded choice of what happens next: a message arrives,
 * a disk flushes, a worker dies or hands back, a message comes twice, time passes, the server itself is killed. Whatever happened, in the
 * end each run has the result that it would have had undisturbed, every line was printed, none twice by one server, and nothing is left.
 *
 * One seed: `SEED=123 node --test <this file>`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../src/base/limits.ts";
import type { Random } from "../../src/base/random.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { DeathKind } from "../../src/protocol/rows.ts";
import { checkOrder, gateScripts } from "./gate-scripts.ts";
import type { Scripts, Step } from "./scripts.ts";
import { expected } from "./scripts.ts";
import { leftovers, turn, World } from "./world.ts";

const seeds =
  process.env["SEED"] === undefined
    ? Array.from({ length: 150 }, (_, i) => i)
    : [Number(process.env["SEED"])];
/** Steps after which chance leaves the world alone, so that everything ends. */
const troubledSteps = 600;
const stepsMax = 20_000;

for (const seed of seeds) {
  test(`simulation ${seed}`, async () => {
    const random = seededRandom(seed * 7_919 + 1);
    const scripts = randomScripts(random);
    const story = new Story(scripts, random);
    await story.tell(["t0", "t1"]);
  });
}

for (const seed of seeds) {
  test(`simulation ${seed} of gates`, async () => {
    const random = seededRandom(seed * 7_919 + 2);
    const scripts = gateScripts(random);
    const story = new Story(scripts, random);
    await story.tell(["t0", "t1"]);
  });
}

class Story {
  readonly #random: Random;
  readonly #scripts: Scripts;
  readonly #world: World;
  readonly #options: { readonly workers: number; readonly timeLimitMs?: number };
  /** Deaths that could be charged are fewer than a task may die of. */
  #chargeable: number = limits.deathsWithoutProgress - 1;
  #serverDeaths = 0;

  constructor(scripts: Scripts, random: Random) {
    this.#random = random;
    this.#scripts = scripts;
    this.#world = new World(scripts);
    const workers = 1 + this.#below(3);
    this.#options = random() < 0.5 ? { workers, timeLimitMs: 2_000 } : { workers };
    const lossy = random() < 0.5;
    this.#world.repeat = () => lossy && random() < 0.2;
  }

  async tell(names: readonly string[]): Promise<void> {
    const world = this.#world;
    await world.open(this.#options);
    for (const name of names) await world.start(name);
    for (let step = 0; !this.#allEnded(); step++) {
      assert(step < stepsMax, "does not come to an end");
      await turn();
      if (world.stopped !== undefined) throw world.stopped;
      if (step < troubledSteps && (await this.#trouble())) continue;
      const moves = world.moves();
      const move = moves[this.#below(moves.length)];
      if (move === undefined) assert(world.advance(), "nothing can happen any more");
      else if (this.#random() < 0.02) world.advance();
      else move.make();
    }
    await world.settle();
    await world.notePrinted();
    await this.#check(names);
  }

  /** By what is on the disk, since an end may have been told to a server that died of it. */
  #allEnded(): boolean {
    return this.#world.server.runs().every(({ status }) => status !== "running");
  }

  async #trouble(): Promise<boolean> {
    const workers = [...this.#world.workers];
    const worker = workers[this.#below(workers.length)];
    const dice = this.#random();
    if (dice < 0.01) {
      worker?.kill(this.#deathKind());
      return true;
    }
    if (dice < 0.02) return worker?.returnIdle() ?? false;
    if (dice < 0.024) {
      this.#serverDeaths++;
      await this.#world.open(this.#options);
      return true;
    }
    return false;
  }

  #deathKind(): DeathKind {
    if (this.#random() < 0.7 || this.#chargeable === 0) return this.#random() < 0.5 ? "chaos" : "lost";
    this.#chargeable--;
    return this.#random() < 0.5 ? "exit" : "memory";
  }

  async #check(names: readonly string[]): Promise<void> {
    const world = this.#world;
    const wanted: string[] = [];
    for (const row of world.server.runs()) {
      const name = row.program.replace(".ts", "");
      assert(names.includes(name));
      const { value, lines } = expected(this.#scripts, name);
      wanted.push(...lines);
      assert.equal(row.status, "succeeded", row.message);
      const { outcome } = await world.server.result(row.id);
      assert(outcome.kind === "value");
      assert.equal(new TextDecoder().decode(outcome.value), String(value), name);
      assert.equal(row.stats.tasks, row.stats.tasksEnded);
    }
    assert.deepEqual(tally(world.lines), tally(wanted));
    checkOrder(world.linesOf);
    // Again only by a server that could not know that the one before it had printed the line.
    for (const [id, times] of world.timesPrinted)
      assert(times <= 1 + this.#serverDeaths, `${id}: ${times} times`);
    assert.deepEqual(leftovers(world.kept(), world.server.runs()), []);
    await world.server.close();
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

function tally(lines: readonly string[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const line of [...lines].sort()) times[line] = (times[line] ?? 0) + 1;
  return times;
}

/** Scripts t0, t1, ...: each starts only later ones, so all come to an end. */
function randomScripts(random: Random): Scripts {
  const scripts: Record<string, { weight: number; steps: Step[] }> = {};
  const count = 6;
  const below = (limit: number) => Math.floor(random() * limit);
  for (let i = count - 1; i >= 0; i--) {
    const steps: Step[] = [];
    const later = () => `t${i + 1 + below(count - i - 1)}`;
    const length = 1 + below(5);
    for (let step = 0; step < length; step++) {
      const kind = below(i === count - 1 ? 4 : 7);
      if (kind === 0) steps.push({ do: "work" });
      if (kind === 1) steps.push({ do: "sleep", ms: below(3_000) });
      if (kind === 2) steps.push({ do: "checkpoint" });
      if (kind === 3) steps.push({ do: "log", text: `${i} ${step}` });
      if (kind === 4) steps.push({ do: "call", names: Array.from({ length: 1 + below(3) }, later) });
      if (kind === 5) steps.push({ do: "spawn", name: later() }, { do: "work" }, { do: "join" });
      if (kind === 6) steps.push({ do: "spawn", name: later() });
    }
    scripts[`t${i}`] = { weight: 10 ** i, steps };
  }
  return scripts;
}
