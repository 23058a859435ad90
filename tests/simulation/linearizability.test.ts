/** The checker itself: histories that are known to be right, and such that are known to be wrong; and against all orders, by brute force. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "./chance.ts";
import type { LockAnswer, LockCall, Model, Operation, QueueAnswer, QueueCall } from "./linearizability.ts";
import { linearize, lockModel, queueModel } from "./linearizability.ts";

/** `a 1-4 +x`: a calls enqueue(x) at 1 and is answered at 4; `-x`: got x; `-`: no answer; `-!`, `+x!`: closed; `close`. */
function queueHistory(text: string): Operation<QueueCall, QueueAnswer>[] {
  return text.split("; ").map((line) => {
    const [times = "", what = ""] = line.split(" ");
    const [calledAt = 0, answeredAt = 0] = times.split("-").map(Number);
    const closed = what.endsWith("!");
    const word = closed ? what.slice(0, -1) : what;
    const rest = word.slice(1);
    const call: QueueCall =
      word === "close"
        ? { kind: "close" }
        : word[0] === "+"
          ? { kind: "enqueue", items: rest.split(",") }
          : { kind: "dequeue" };
    if (times.endsWith("-")) return { call, calledAt };
    const answer: QueueAnswer = closed
      ? { kind: "closed" }
      : call.kind === "dequeue"
        ? { kind: "item", item: rest }
        : { kind: "done" };
    return { call, calledAt, answer, answeredAt };
  });
}

const queues: Readonly<Record<string, readonly [good: boolean, capacity: number, history: string]>> = {
  "one after the other": [true, 2, "1-2 +a; 3-4 +b; 5-6 -a; 7-8 -b"],
  "last in, first out": [false, 2, "1-2 +a; 3-4 +b; 5-6 -b; 7-8 -a"],
  "two at once may come in any order": [true, 2, "1-4 +a; 2-3 +b; 5-6 -b; 7-8 -a"],
  "an item twice": [false, 2, "1-2 +a; 3-4 -a; 5-6 -a"],
  "an item from nowhere": [false, 2, "1-2 +a; 3-4 -b"],
  "an item before it was there": [false, 2, "1-2 -a; 3-4 +a"],
  "an item that somebody is about to bring": [true, 2, "1- +a; 2-3 -a"],
  "more than there is room for": [false, 1, "1-2 +a; 3-4 +b; 5-6 -a"],
  "who finds no room waits": [true, 1, "1-2 +a; 3-6 +b; 4-5 -a; 7-8 -b"],
  "several go in together": [false, 4, "1-9 +a,b; 2-8 +c; 10-11 -a; 12-13 -c; 14-15 -b"],
  "a taker without an answer may have the item": [true, 2, "1-2 +a; 3-4 +b; 5- -; 6-7 -b"],
  "an item is lost": [false, 2, "1-2 +a; 3-4 +b; 6-7 -b"],
  "closed and empty": [true, 2, "1-2 +a; 3-4 close; 5-6 -a; 7-8 -!; 9-10 +b!"],
  "closed, and not empty": [false, 2, "1-2 +a; 3-4 close; 5-6 -!"],
  "taken in after it was closed": [false, 2, "1-2 close; 3-4 +a; 5-6 -a"],
  "said to be closed before it was": [false, 2, "1-2 -!; 3-4 close"],
};

for (const [name, [good, capacity, history]] of Object.entries(queues)) {
  test(`linearizability: queue, ${good ? "right" : "wrong"}: ${name}`, () => {
    const found = linearize(queueModel(capacity), queueHistory(history));
    assert.equal(found !== undefined, good);
  });
}

type LockOperation = Operation<LockCall, LockAnswer>;

function acquire(by: string, calledAt: number, answeredAt: number, token: number): LockOperation {
  return { call: { kind: "acquire", by }, calledAt, answeredAt, answer: { token } };
}

function release(by: string, calledAt: number, answeredAt: number, token: number): LockOperation {
  return { call: { kind: "release", by, token }, calledAt, answeredAt, answer: {} };
}

const locks: Readonly<
  Record<string, readonly [good: boolean, permits: number, history: readonly LockOperation[]]>
> = {
  "one after the other": [true, 1, [acquire("a", 1, 2, 1), release("a", 3, 4, 1), acquire("b", 5, 6, 2)]],
  "held twice": [false, 1, [acquire("a", 1, 2, 1), acquire("b", 3, 4, 2), release("a", 5, 6, 1)]],
  "two permits, two holders": [true, 2, [acquire("a", 1, 2, 1), acquire("b", 3, 4, 2)]],
  "two permits, three holders": [
    false,
    2,
    [acquire("a", 1, 2, 1), acquire("b", 3, 4, 2), acquire("c", 5, 6, 3)],
  ],
  "who waits gets it on release": [
    true,
    1,
    [acquire("a", 1, 2, 1), acquire("b", 3, 6, 2), release("a", 4, 5, 1)],
  ],
  "a token twice": [false, 1, [acquire("a", 1, 2, 1), release("a", 3, 4, 1), acquire("b", 5, 6, 1)]],
  "released by another": [false, 1, [acquire("a", 1, 2, 1), release("b", 3, 4, 1), acquire("b", 5, 6, 2)]],
  "released with an old token": [
    false,
    1,
    [
      acquire("a", 1, 2, 1),
      release("a", 3, 4, 1),
      acquire("a", 5, 6, 2),
      release("a", 7, 8, 1),
      acquire("b", 9, 10, 3),
    ],
  ],
  "the end of its holder": [
    true,
    1,
    [
      acquire("a", 1, 2, 1),
      { call: { kind: "end", by: "a" }, calledAt: 3, answeredAt: 4, answer: {} },
      acquire("b", 5, 6, 2),
    ],
  ],
};

for (const [name, [good, permits, history]] of Object.entries(locks)) {
  test(`linearizability: lock, ${good ? "right" : "wrong"}: ${name}`, () => {
    assert.equal(linearize(lockModel(permits), history) !== undefined, good);
  });
}

test("linearizability: the search agrees with trying all orders", () => {
  const verdicts = { right: 0, wrong: 0 };
  for (let seed = 0; seed < 1_000; seed++) {
    const chance = new Chance(seed, "histories");
    const history = randomHistory(chance);
    const model = queueModel(2);
    const found = linearize(model, history) !== undefined;
    assert.equal(
      found,
      byAllOrders(model, history, model.initial),
      `seed ${seed}: ${JSON.stringify(history)}`,
    );
    verdicts[found ? "right" : "wrong"]++;
  }
  assert(verdicts.right > 100 && verdicts.wrong > 100, JSON.stringify(verdicts));
});

function randomHistory(chance: Chance): Operation<QueueCall, QueueAnswer>[] {
  const items = ["a", "b", "c"];
  return Array.from({ length: chance.between(2, 6) }, (_, i): Operation<QueueCall, QueueAnswer> => {
    const calledAt = 4 * i + chance.below(12);
    const answeredAt = calledAt + 1 + chance.below(10);
    if (i < 3 && i % 2 === 0) {
      const call: QueueCall = { kind: "enqueue", items: [items[i]!] };
      return chance.hits(0.1) ? { call, calledAt } : { call, calledAt, answer: { kind: "done" }, answeredAt };
    }
    if (chance.hits(0.1)) return { call: { kind: "close" }, calledAt, answer: { kind: "done" }, answeredAt };
    const call: QueueCall = { kind: "dequeue" };
    if (chance.hits(0.1)) return { call, calledAt };
    const answer: QueueAnswer = chance.hits(0.2)
      ? { kind: "closed" }
      : { kind: "item", item: chance.pick(items) };
    return { call, calledAt, answer, answeredAt };
  });
}

function byAllOrders<State, Call, Answer>(
  model: Model<State, Call, Answer>,
  left: readonly Operation<Call, Answer>[],
  state: State,
): boolean {
  if (left.every(({ answeredAt }) => answeredAt === undefined)) return true;
  return left.some((next) => {
    const tooEarly = left.some(
      (other) => other !== next && (other.answeredAt ?? Number.POSITIVE_INFINITY) < next.calledAt,
    );
    if (tooEarly) return false;
    const after = model.step(state, next.call, next.answer);
    return (
      after !== undefined &&
      byAllOrders(
        model,
        left.filter((other) => other !== next),
        after,
      )
    );
  });
}
