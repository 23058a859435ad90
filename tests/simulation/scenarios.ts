/** Which programs are simulated, on what, and what must come of them. */
import assert from "node:assert/strict";
import type { RunId } from "../../src/base/ids.ts";
import type { RunRow } from "../../src/protocol/rows.ts";
import type { Chance } from "./chance.ts";
import { generateProgram } from "./generate.ts";
import type { LockAnswer, LockCall, Operation, QueueAnswer, QueueCall } from "./linearizability.ts";
import { linearize, lockModel, queueModel } from "./linearizability.ts";
import type { Seen } from "./outside-world.ts";
import { runPlainly } from "./plain.ts";
import type { Input as BankInput } from "./programs/bank.ts";
import type { Input as CancellationsInput } from "./programs/cancellations.ts";
import type { Input as CancelledInput } from "./programs/cancelled.ts";
import type { Input as ChoicesInput } from "./programs/choices.ts";
import type { Input as ClocksInput, Watched } from "./programs/clocks.ts";
import type { Input as CyclesInput } from "./programs/cycles.ts";
import type { Input as FelledInput } from "./programs/felled.ts";
import type { Input as LettersInput } from "./programs/letters.ts";
import type { Input as LoopsInput } from "./programs/loops.ts";
import type { Input as MeetingsInput } from "./programs/meetings.ts";
import type { Input as MendedInput } from "./programs/mended.ts";
import type { Input as PipelineInput } from "./programs/pipeline.ts";
import type { Input as QueuesInput } from "./programs/queues.ts";
import type { Input as SharesInput } from "./programs/shares.ts";
import type { Input as SpawnersInput } from "./programs/spawners.ts";
import type { Input as StepsInput } from "./programs/steps.ts";
import type { Input as TimersInput } from "./programs/timers.ts";
import type { Input as TreeInput } from "./programs/tree.ts";
import type { Input as VersionsInput } from "./programs/versions.ts";
import type { Input as WitnessesInput } from "./programs/witnesses.ts";
import { nativeMain } from "./programs.ts";
import { cancelRun, mendRun, moveRun, type Sent, sendLetters, type Visit } from "./visits.ts";

/** What became of a run. */
export interface Told<Input = unknown> {
  /** Of the program, if it is another one each time. */
  readonly source: string | undefined;
  readonly run: RunId;
  readonly input: Input;
  readonly result: unknown;
  /** In the order in which they were said. */
  readonly lines: readonly string[];
  readonly outside: Seen;
  /** What clients were told. */
  readonly visited: unknown;
  /** It was copied from another run, which had said some of its lines. */
  readonly copy: boolean;
}

interface Scenario {
  /** It is taken so many times as often as others. */
  readonly weight?: number;
  /** Its result and lines are those of the plain run, and it does nothing outside: so are those of a copy, and of another version like it. */
  readonly plain?: true;
  /** It acts on the world outside by calls whose answer is there at once. */
  readonly actsAtOnce?: true;
  /** Another program each time; absent: that of the scenario's name. */
  readonly source?: (chance: Chance) => string;
  /** What clients do to the run; answers what the judge has to know of it. */
  readonly visit?: (visit: Visit<never>) => unknown;
  /** A later version of the program. */
  readonly next?: (source: string) => string;
  /** How it, or a copy of it, ends; absent: it has succeeded. */
  readonly ends?: (run: RunId) => RunRow["status"];
  readonly input: (chance: Chance) => unknown;
  /** Throws if that must not have come of it. */
  readonly judge: (told: Told<never>) => void | Promise<void>;
}

const pauses = [0, 0, 1, 20, 400] as const;

export const scenarios: Readonly<Record<string, Scenario>> = {
  queues: {
    plain: true,
    input: (chance): QueuesInput => ({
      producers: chance.between(1, 3),
      consumers: chance.between(1, 3),
      items: chance.between(1, 6),
      batch: chance.between(1, 3),
      capacity: chance.between(3, 5),
      pauseMs: chance.pick(pauses),
    }),
    judge: asPlainly("queues"),
  },
  shares: {
    plain: true,
    input: (chance): SharesInput => ({
      rows: chance.between(1, 4),
      readers: chance.between(1, 3),
      rounds: chance.between(1, 5),
      pauseMs: chance.pick(pauses),
    }),
    judge: asPlainly("shares"),
  },
  bank: {
    actsAtOnce: true,
    input: (chance): BankInput => ({
      accounts: chance.between(2, 3),
      clerks: chance.between(1, 3),
      transfers: chance.between(1, 3),
      pauseMs: chance.pick(pauses),
    }),
    judge: judgeBank,
  },
  tree: {
    plain: true,
    input: (chance): TreeInput => ({
      depth: chance.between(1, 2),
      width: chance.between(1, 3),
      pauseMs: chance.pick(pauses),
    }),
    judge: asPlainly("tree"),
  },
  spawners: {
    plain: true,
    weight: 3,
    input: (chance): SpawnersInput => ({
      spawners: chance.pick([1, 1, 1, 2]),
      children: chance.pick([4, 9, 15, 20]),
      pauseEvery: chance.pick([1, 1, 1, 3, 100]),
    }),
    judge: asPlainly("spawners"),
  },
  pipeline: {
    input: (chance): PipelineInput => ({
      stages: chance.between(1, 3),
      workers: chance.between(1, 2),
      items: chance.between(1, 6),
      capacity: chance.between(1, 3),
    }),
    judge: judgePipeline,
  },
  timers: {
    plain: true,
    input: (chance): TimersInput => ({ sleepers: chance.between(0, 3), ms: chance.pick([1, 20, 300]) }),
    judge: asPlainly("timers"),
  },
  cycles: {
    plain: true,
    input: (chance): CyclesInput => ({
      rings: chance.between(1, 4),
      length: chance.between(1, 3),
      pauseMs: chance.pick([0, 5_000, 5_000]),
    }),
    judge: asPlainly("cycles"),
  },
  clocks: {
    input: (chance): ClocksInput => ({
      watchers: chance.between(1, 3),
      rounds: chance.between(1, 8),
      ms: chance.pick([1, 20, 400, 60_000]),
    }),
    judge: judgeClocks,
  },
  meetings: {
    actsAtOnce: true,
    input: (chance): MeetingsInput => ({
      parties: chance.between(1, 4),
      rounds: chance.between(1, 3),
      permits: chance.between(1, 2),
      visitors: chance.between(0, 4),
      pauseMs: chance.pick(pauses),
    }),
    judge: judgeMeetings,
  },
  steps: {
    input: (chance): StepsInput => ({
      shoppers: chance.between(1, 3),
      orders: chance.between(0, 2),
      failures: chance.between(0, 3),
    }),
    judge: judgeSteps,
  },
  choices: {
    input: (chance): ChoicesInput => ({
      queues: chance.between(1, 3),
      takers: chance.between(1, 2),
      items: chance.between(1, 6),
      patienceMs: chance.pick([1, 5, 50]),
    }),
    judge: judgeChoices,
  },
  cancelled: {
    input: (chance): CancelledInput => ({
      trees: chance.between(1, 2),
      width: chance.between(1, 2),
      afterMs: chance.pick([0, 1, 30, 1_000]),
      cleanupMs: chance.pick([0, 1, 100]),
      grace: chance.pick([50, 1_000, 4_000]),
    }),
    judge: judgeCancelled,
  },
  letters: {
    visit: sendLetters,
    input: (chance): LettersInput => ({
      readers: chance.between(1, 4),
      letters: chance.between(1, 5),
      patienceMs: chance.pick([1, 10, 100]),
    }),
    judge: judgeLetters,
  },
  felled: {
    visit: cancelRun,
    ends: () => "cancelled",
    input: (chance): FelledInput => ({
      depth: chance.between(0, 2),
      width: chance.between(1, 3),
      cleanupMs: chance.pick([0, 1, 100]),
      cancels: Array.from({ length: chance.between(1, 3) }, () => chance.pick([0, 10, 50, 300, 1_500])),
    }),
    judge: judgeFelled,
  },
  versions: {
    visit: moveRun,
    next: (source) => source.replace("return 1;", "return 2;"),
    input: (chance): VersionsInput => ({
      workers: chance.between(1, 3),
      rounds: chance.between(1, 8),
      pauseMs: chance.pick([0, 1, 30, 200]),
    }),
    judge: judgeVersions,
  },
  mended: {
    visit: mendRun,
    next: (source) => source.replace(/throw new Error.*;/, "return sum;"),
    ends: (run) => (isMended(run) ? "succeeded" : "failed"),
    input: (chance): MendedInput => ({
      workers: chance.between(1, 3),
      items: chance.between(1, 6),
      pauseMs: chance.pick([0, 1, 30, 200]),
    }),
    judge: judgeMended,
  },
  loops: {
    input: (chance): LoopsInput => ({ workers: chance.between(1, 3), turns: chance.between(20, 120) }),
    judge: judgeLoops,
  },
  witnesses: {
    actsAtOnce: true,
    input: (chance): WitnessesInput => ({
      producers: chance.between(1, 2),
      consumers: chance.between(1, 3),
      items: chance.between(1, 4),
      capacity: chance.between(1, 3),
      owners: chance.between(0, 3),
      rounds: chance.between(1, 2),
      permits: chance.between(1, 2),
    }),
    judge: judgeWitnesses,
  },
  cancellations: {
    input: (chance): CancellationsInput => {
      const takers = chance.between(1, 4);
      const cancels = Array.from({ length: chance.between(0, 4) }, () => ({
        who: chance.below(takers),
        ms: chance.pick([0, 1, 5, 20, 100]),
      }));
      return { takers, items: chance.between(1, 8), cancels, pauseMs: chance.pick([0, 0, 2, 15]) };
    },
    judge: judgeCancellations,
  },
  generated: {
    plain: true,
    source: generateProgram,
    input: (chance): number => chance.below(10),
    judge: (told: Told) => likePlainly(told, nativeMain(told.source!)),
  },
};

function asPlainly(name: string): Scenario["judge"] {
  return async (told: Told) => {
    const { default: main } = (await import(`./programs/${name}.js`)) as Program;
    await likePlainly(told, main);
  };
}

interface Program {
  readonly default: (input: unknown) => unknown;
}

/** The result of the plain run, and its lines, each as often, in whatever order. */
async function likePlainly(told: Told, main: Program["default"]): Promise<void> {
  const plain = await runPlainly(main, told.input);
  assert.deepEqual(told.result, plain.result);
  if (told.copy) someOfLines(told.lines, plain.lines);
  else sameLines(told.lines, plain.lines);
}

function someOfLines(lines: readonly string[], all: readonly string[]): void {
  const left = [...all];
  for (const line of lines) {
    const at = left.indexOf(line);
    assert(at >= 0, `a copy has said once too often: ${line}`);
    left.splice(at, 1);
  }
}

function sameLines(lines: readonly string[], wanted: readonly string[]): void {
  assert.deepEqual([...lines].sort(), [...wanted].sort());
}

function judgeBank({ run, input, result, lines, outside }: Told<BankInput>): void {
  const { balances, moved } = result as { balances: number[]; moved: number[][] };
  const told = moved.map((each) => each.map(() => 0));
  for (const line of lines) {
    const [, clerk, amount, from, to] = (
      /^clerk (\d+)\.\d+: (\d+) from (\d+) to (\d+)$/.exec(line) ?? []
    ).map(Number);
    told[clerk!]![from!]! -= amount!;
    told[clerk!]![to!]! += amount!;
  }
  assert.equal(lines.length, input.clerks * input.transfers);
  assert.deepEqual(told, moved, "what the clerks said is what they answered");
  balances.forEach((balance, account) => {
    const change = moved.reduce((sum, each) => sum + each[account]!, 0);
    assert.equal(balance, 1_000 + change, `account ${account} has what was moved`);
    const written = outside.value(`${run} account ${account}`) ?? 1_000;
    assert.equal(written, balance, `account ${account} as the world outside knows it`);
  });
}

function judgePipeline({ input, result, lines }: Told<PipelineInput>): void {
  const { trails, handled } = result as { trails: string[]; handled: number[] };
  const trail = ["f", ...Array.from({ length: input.stages }, (_, s) => `s${s}`)].join(">");
  assert.deepEqual(
    trails,
    Array.from({ length: input.items }, () => trail),
  );
  assert.deepEqual(
    handled,
    Array.from({ length: input.stages + 1 }, () => input.items),
  );
  assert.equal(lines.length, input.stages * input.workers);
}

function judgeMeetings({ run, input, result, lines, outside }: Told<MeetingsInput>): void {
  const { parties, rounds, visitors } = input;
  const members = Array.from({ length: parties }, (_, i) => i);
  const wanted = Array.from({ length: visitors }, (_, i) => `visitor ${i}`);
  const at = (mark: string) => outside.marks.get(`${run} ${mark}`)!;
  for (let round = 0; round < rounds; round++) {
    const last = Math.max(...members.map((i) => at(`arrives ${round} ${i}`)));
    const first = Math.min(...members.map((i) => at(`goes on ${round} ${i}`)));
    assert(last < first, `round ${round} of the barrier began before all had come`);
    wanted.push(...members.map((i) => `party ${i} round ${round}`));
  }
  const tokens = Array.from({ length: 2 * visitors }, (_, i) => i + 1);
  assert.deepEqual(result, { rounds: members.map(() => rounds), tokens });
  sameLines(lines, wanted);
}

/** Each machine's clock may be wrong by an hour, and the server's jumps a few times by some seconds. */
function judgeClocks({ input, result }: Told<ClocksInput>): void {
  const { rounds, ms } = input;
  for (const { dates, passed, origins } of result as Watched[]) {
    for (const seen of [dates, passed])
      assert.deepEqual(
        seen,
        seen.toSorted((one, other) => one - other),
      );
    assert.deepEqual(new Set(origins).size, 1, "a task begins once");
    assert.ok(dates.at(-1)! < 1_800_000, `the clock shows ${dates.at(-1)}, which is that of no server`);
    for (const [first, last] of [
      [dates[0]!, dates.at(-1)!],
      [passed[0]!, passed.at(-1)!],
    ] as const)
      assert.ok(
        last - first > rounds * ms - 45_000,
        `${last - first} ms went by in ${rounds} times ${ms} ms`,
      );
  }
}

function judgeSteps({ run, input, result, lines, outside }: Told<StepsInput>): void {
  const { shopped: answers, linked } = result as {
    shopped: { receipts: { label: string; number: number }[]; given: string }[];
    linked: string;
  };
  const numbers = linked.trim().split(" ").map(Number);
  assert.equal(numbers.length, 2 * input.orders + 1);
  numbers.forEach((number, link) => {
    const order = outside.orders.find((each) => each.number === number);
    assert.equal(order?.label, `link ${run} ${link}`, "the chain is of its own orders");
    const seen = outside.notes.get(`chain ${run} ${link + 1}`)?.asked ?? linked.slice(0, 0);
    assert.ok(
      linked.startsWith(String(seen)),
      `the world has seen "${String(seen)}" of the chain "${linked}"`,
    );
  });
  const wanted: string[] = [];
  const keys = new Map<string, string>();
  for (const { label, key } of outside.orders) {
    if (!label.includes(run)) continue;
    assert.equal(keys.get(label) ?? key, key, `${label} was ordered under two keys`);
    keys.set(label, key);
  }
  assert.equal(new Set(keys.values()).size, keys.size, "no key is that of two orders");
  for (const { receipts, given } of answers) {
    assert.equal(receipts.length, input.orders + 2);
    assert.equal(given, "RangeError: never");
    for (const { label, number } of receipts) {
      // An answer that came late may have come before the timeout did.
      if (label.startsWith("flaky") && number === -1) continue;
      const order = outside.orders.find((each) => each.number === number);
      assert.equal(order?.label, label, `the answer to ${label} is that of another order`);
      if (!label.startsWith("order")) continue;
      assert.equal(outside.notes.get(`receipt ${label}`)?.asked, number, `the receipt of ${label}`);
      wanted.push(`${label}: ${number}`, `still ${label}: ${number}`);
    }
  }
  sameLines(lines, wanted);
}

function judgeChoices({ input, result, lines }: Told<ChoicesInput>): void {
  const wanted = Array.from({ length: input.queues }, (_, q) =>
    Array.from({ length: input.items }, (__, i) => q * 1_000 + i),
  ).flat();
  assert.deepEqual(result, wanted, "each item was taken once");
  const ends = Array.from({ length: input.takers }, (_, i) => `chooser ${i} ends`);
  sameLines(lines, [...wanted.map((item) => `taken ${item}`), ...ends]);
}

function judgeCancelled({ run, input, result, lines, outside }: Told<CancelledInput>): void {
  const trees = Array.from({ length: input.trees }, () => "cancelled");
  const polite = `${run}.${input.trees + 1}`;
  // Who had not begun when it was cancelled has nothing to say.
  const marks = outside.marks;
  const begun =
    (marks.get(`${run} polite ${polite}`) ?? Number.POSITIVE_INFINITY) < marks.get(`${run} asks`)!;
  const told = (result as { ends: string[] }).ends[input.trees]!;
  const end = begun || told !== "cancelled" ? "value as you wish" : "cancelled";
  const ends = [...trees, end, "cancelled", "cancelled"];
  assert.deepEqual(result, { ends, soon: true });
  assert.deepEqual(lines, []);
  assert(outside.marks.has(`${run} cleaned ${run}.1`), "the first tree had begun, and cleaned up");
}

function judgeLetters({ input, result, lines, visited }: Told<LettersInput>): void {
  const all = visited as readonly Sent[];
  const { sent, got } = result as { sent: number; got: string[][] };
  assert.equal(sent, all.length);
  assert.equal(got.length, input.readers);
  got.forEach((letters, reader) => {
    const wanted: string[] = [];
    for (const { number, text } of all.filter((each) => each.reader === reader)) {
      assert.equal(wanted[number], undefined, `two letters are number ${number} of reader ${reader}`);
      wanted[number] = text;
    }
    assert.deepEqual(letters, wanted, `what reader ${reader} has read`);
  });
  assert.deepEqual(lines, []);
}

/** The result is how it ended. */
function judgeFelled({ lines }: Told<FelledInput>): void {
  const of = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.split(" ")[1]!] : [])).sort();
  const begun = of("begun");
  assert.deepEqual(of("cleaned"), begun, "who has begun has cleaned up");
  assert.equal(new Set(begun).size, begun.length, "each once");
  assert.deepEqual(of("cancelled"), begun.length > 0 ? ["true"] : []);
}

function judgeVersions({ input, result, lines }: Told<VersionsInput>): void {
  const { seen, ...others } = result as { seen: number[][]; sum: number };
  const sum = (input.workers * input.rounds * (input.rounds - 1)) / 2;
  assert.deepEqual(others, { told: 2, then: 2, after: 2, sum });
  assert.equal(seen.length, input.workers);
  for (const each of seen) {
    assert.equal(each.length, 2 * input.rounds);
    for (let at = 0; at < each.length; at += 2)
      assert.equal(each[at], each[at + 1], "a function that a variable holds is that of the version, too");
    assert.deepEqual(each, [...each].sort(), "no task goes back to the version before");
  }
  assert.deepEqual(lines, []);
}

/** Copies that were moved to the version without the mistake. */
function isMended(run: RunId): boolean {
  return /^(early|late)of/.test(run);
}

function judgeMended({ run, input, result, lines }: Told<MendedInput>): void {
  const { items } = input;
  const wanted = isMended(run) ? { go: 2, taken: items, sum: (items * (items - 1)) / 2 } : undefined;
  assert.deepEqual(result, wanted);
  assert.deepEqual(lines, []);
}

function judgeLoops({ input, result, lines }: Told<LoopsInput>): void {
  const { all, mine } = result as { all: { sum: number; ends: number }[]; mine: number };
  const wanted: string[] = [];
  const expected = Array.from({ length: input.workers }, (_, worker) => {
    const turns = input.turns + worker;
    let sum = 0;
    for (let i = 0; i < turns; i++) {
      sum = (((sum + 3) % 1_000_003) + i * i) % 1_000_003;
      if ((i + 1) % 50 === 0) wanted.push(`worker ${worker}: ${i + 1} ${sum}`);
    }
    for (let i = 0; i < turns * 5; i++) sum = i % 97 === 0 ? sum + i : (sum * 31 + i) % 1_000_003;
    return { sum, ends: turns * 5 };
  });
  assert.deepEqual(all, expected);
  assert.equal(mine, 0, "module variables are a task's own");
  sameLines(lines, wanted);
}

function judgeCancellations({ input, result, lines }: Told<CancellationsInput>): void {
  const { got, ends } = result as { got: number[]; ends: string[] };
  assert.deepEqual(
    got,
    Array.from({ length: input.items }, (_, n) => n),
  );
  const times = (line: string) => lines.filter((each) => each === line).length;
  ends.forEach((end, who) => {
    const name = `taker ${who}`;
    const cancelled = input.cancels.some((each) => each.who === who);
    assert(end === "end" || (cancelled && end === "CancelledError"), `${name} ended with ${end}`);
    const leads = who === input.takers - 1;
    // One that was cancelled before it had begun has said nothing.
    const begun = end === "end" || times(`${name} cleans up`) > 0;
    assert.equal(times(`${name} cleans up`), begun ? 1 : 0);
    if (!leads) assert.equal(times(`${name} is cancelled`), begun && end !== "end" ? 1 : 0);
    else assert(times(`${name}'s is cancelled`) <= times(`${name}'s cleans up`));
    if (leads && end === "end") assert.equal(times(`${name}'s cleans up`), 1);
  });
}

/** What the tasks have seen themselves of a queue and of a lock is what one that does one thing at a time could have shown them. */
function judgeWitnesses({ run, input, result, lines, outside }: Told<WitnessesInput>): void {
  const { items, produced } = result as { items: string[]; produced: string[] };
  assert.deepEqual([...items].sort(), [...produced].sort());
  assert.equal(items.length, input.producers * input.items);
  sameLines(
    lines,
    items.map((item) => `got ${item}`),
  );
  const ofQueue: Operation<QueueCall, QueueAnswer>[] = [];
  const ofLock: Operation<LockCall, LockAnswer>[] = [];
  for (const [name, { asked, askedAt, answer, answeredAt }] of outside.notes) {
    if (!name.startsWith(`${run} `)) continue;
    const operation = { call: asked, calledAt: askedAt, answer, answeredAt };
    if (/ (acquire|release) /.test(name)) ofLock.push(operation as Operation<LockCall, LockAnswer>);
    else ofQueue.push(operation as Operation<QueueCall, QueueAnswer>);
  }
  assert.equal(ofLock.length, 2 * input.owners * input.rounds);
  // Besides the items: that each consumer, and whoever closes, has come to the end.
  assert.equal(ofQueue.length, 2 * items.length + input.consumers + 1);
  assert(linearize(queueModel(input.capacity), ofQueue) !== undefined, told("the queue", ofQueue));
  assert(linearize(lockModel(input.permits), ofLock) !== undefined, told("the lock", ofLock));
}

function told(what: string, history: readonly unknown[]): string {
  const lines = history.map((operation) => `  ${JSON.stringify(operation)}`);
  return `no order explains what the tasks have seen of ${what}:\n${lines.join("\n")}`;
}
