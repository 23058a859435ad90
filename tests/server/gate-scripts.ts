/**
 * Seeded scripts whose tasks meet: producers and consumers at queues, owners of locks, pairs at barriers. Everything is started by `call` from
 * t0 or t1, so what the root gets is the sum of it all. The items of a producer rise: item = number of the producer * 1,000 + count.
 */
import assert from "node:assert/strict";
import type { Random } from "../../src/base/random.ts";
import type { Scripts, Step } from "./scripts.ts";
import { barrierParties, queueCapacity } from "./scripts.ts";

type Script = Scripts[string];

export function gateScripts(random: Random): Scripts {
  const scripts: Record<string, Script> = {};
  const below = (limit: number): number => Math.floor(random() * limit);
  const define = (name: string, steps: Step[]): string => {
    scripts[name] = { weight: 0, steps };
    return name;
  };
  const pause = (): Step[] =>
    below(3) === 0 ? [below(2) === 0 ? { do: "work" } : { do: "sleep", ms: below(500) }] : [];
  let producers = 0;
  for (const root of ["t0", "t1"]) {
    const started: string[] = [];
    for (let q = 0; q <= below(2); q++) {
      const queue = `q${q}`;
      const makers = Array.from({ length: 1 + below(3) }, () => {
        const producer = ++producers;
        let item = 0;
        const steps: Step[] = [];
        for (let batch = below(5); batch > 0; batch--) {
          const items = Array.from({ length: 1 + below(queueCapacity) }, () => producer * 1_000 + item++);
          steps.push(...pause(), { do: "enqueue", queue, items });
        }
        return define(`${root}-${queue}-maker${producer}`, steps);
      });
      started.push(
        define(`${root}-${queue}-makers`, [
          { do: "call", names: makers },
          { do: "close", queue },
        ]),
      );
      for (let taker = 0; taker <= below(3); taker++)
        started.push(define(`${root}-${queue}-taker${taker}`, [...pause(), { do: "drain", queue }]));
    }
    for (let owner = below(4); owner > 0; owner--) {
      const steps: Step[] = [];
      for (let round = 0; round <= below(2); round++) {
        steps.push(...pause(), { do: "acquire", lock: "m" }, { do: "work" }, ...pause(), {
          do: "release",
          lock: "m",
        });
      }
      // Some end without giving back what they hold.
      if (below(3) === 0) steps.pop();
      started.push(define(`${root}-owner${owner}`, steps));
    }
    const rounds = below(3);
    for (let pair = 0; pair < barrierParties; pair++) {
      const steps = Array.from({ length: rounds }, () => [
        ...pause(),
        { do: "arrive", barrier: "b" } as Step,
      ]);
      started.push(define(`${root}-pair${pair}`, steps.flat()));
    }
    define(root, [{ do: "call", names: started }]);
  }
  return scripts;
}

/** Items of one producer come to any consumer in the order in which they were made. */
export function checkOrder(linesOf: ReadonlyMap<string, readonly string[]>): void {
  for (const [task, lines] of linesOf) {
    const last = new Map<string, number>();
    for (const line of lines) {
      const [, item = "", queue = ""] = /^(\d+) of (.*)$/.exec(line) ?? [];
      if (item === "") continue;
      const producer = `${Math.floor(Number(item) / 1_000)} ${queue}`;
      assert(Number(item) > (last.get(producer) ?? -1), `${task} got ${line} after ${last.get(producer)}`);
      last.set(producer, Number(item));
    }
  }
}
