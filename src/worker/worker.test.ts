/** Stories of a worker (fixture.ts). Each line of a story is what happens, and what the worker then says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../base/limits.ts";
import { type Act, Bench, log, sleep, spawn } from "./fixture.ts";

interface Story {
  readonly title: string;
  readonly timeLimitMs?: number;
  readonly tasks: Readonly<Record<string, readonly Act[]>>;
  readonly lines: readonly (readonly [deed: string, ...said: string[]])[];
  readonly ran?: readonly string[];
  readonly delivered?: readonly string[];
  readonly dropped?: readonly string[];
}

/** The deed after which the worker has its program. */
const begun = ["bundle app"] as const;

const stories: readonly Story[] = [
  {
    title: "an example of what is likely to come is taken up and dropped, and nothing of it is run or said",
    tasks: { a: [{ then: "ended" }] },
    lines: [
      ["rehearse a 2", "need-bundle v1"],
      [...begun],
      ["rehearse nonsense 1"],
      ["activate a", "commit a #1 end, value"],
    ],
    ran: ["a"],
    dropped: ["a", "a", "a", "a"],
  },
  {
    title: "a task that ends at once: its bundle is asked for, its end is its only commit",
    tasks: { a: [{ effects: [log(1)], then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle app", "commit a #1 end, value, effects 1"],
    ],
    dropped: ["a"],
  },
  {
    title:
      "a bundle that is gone: who waited for it makes room when it is refused, and it is asked for again",
    tasks: { e: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      ["activate d"],
      ["activate e"],
      ["no-bundle a"],
      ["refused a", "need-bundle v1"],
      ["bundle app", "commit e #1 end, value"],
    ],
  },
  {
    title:
      "W8: a task that is asked back out of a foreign call leaves when that has come back, or after a while",
    tasks: {
      a: [{ then: "foreign" }, { consumes: [1] }],
      b: [{ then: "foreign" }],
      c: [{ then: "foreign" }, { then: "foreign" }],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      [...begun],
      ["recall-begun a"],
      ["recall-begun b"],
      ["recall-begun c"],
      ["wake a", "commit a #1 release, not runnable, after run 2, consumed 1"],
      ["wake c"],
      ["pass 4999"],
      ["pass 1", "commit b #1 release, runnable, after run 1", "commit c #1 release, runnable, after run 2"],
    ],
  },
  {
    title: "a task that is asked back although it has begun leaves at its next stop, and others stay",
    tasks: { a: [{ effects: [sleep(1)] }], b: [{ effects: [sleep(1)] }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["activate b", "commit b #1 idle, after run 1, effects 1"],
      ["recall a"],
      ["recall-begun a", "returned a e1"],
      ["complete a 1"],
      ["complete b 1", "commit b #2 end, value"],
    ],
  },
  {
    title: "a bundle is asked for once and kept",
    tasks: { a: [{ then: "ended" }], b: [{ then: "ended" }], c: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["bundle app", "commit a #1 end, value", "commit b #1 end, value"],
      ["activate c", "commit c #1 end, value"],
    ],
  },
  {
    title:
      "W3: a foreign call that has come back is let in while nobody else wants the thread, and then the task has run (A2)",
    tasks: { a: [{ effects: [log(1)], then: "foreign" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle app", "commit a #1 busy, after run 1, effects 1"],
      ["enter a", "enter a: true"],
      ["drain", "commit a #2 release, runnable, after run 1", "drained"],
      ["enter a", "enter a: false"],
    ],
  },
  {
    title: "A1: effects and consumed completions ride on the next commit, numbered on from the activation",
    tasks: {
      a: [
        { effects: [sleep(4)], consumes: [3] },
        { effects: [log(5), sleep(6)], consumes: [4] },
        { consumes: [6], then: "ended" },
      ],
    },
    lines: [
      ["thaw a", "need-bundle v1"],
      ["bundle app", "commit a #8 idle, after run 1, effects 4, consumed 3"],
      ["complete a 4", "commit a #9 idle, after run 2, effects 5,6, consumed 4"],
      ["complete a 6", "commit a #10 end, value, consumed 6"],
    ],
    delivered: ["a/3", "a/4", "a/6"],
  },
  {
    title:
      "a completion that changes nothing is still answered: the server must know that the task is idle again",
    tasks: { a: [{ effects: [sleep(1)] }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["complete a 1"],
      ["pass 4"],
      ["pass 1", "commit a #2 idle, after run 3"],
    ],
  },
  {
    title: "completions that come before the program are not lost; those of an older stay are",
    tasks: { a: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["complete a 1"],
      ["late-complete a 2"],
      ["late-complete z 2"],
      [...begun, "commit a #1 end, value"],
    ],
    delivered: ["a/1"],
  },
  {
    title:
      "a task in a foreign call is busy, and is written down only for its effects or when a checkpoint is due",
    tasks: {
      a: [
        { then: "foreign" },
        { effects: [log(1)], then: "foreign" },
        { then: "foreign" },
        { then: "foreign" },
        { then: "ended" },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 busy, after run 2, effects 1"],
      ["wake a"],
      ["pass 1000"],
      ["wake a", "commit a #2 busy, after run 4"],
      ["wake a", "commit a #3 end, value"],
    ],
  },
  {
    title: "T4: a long computation is written down every second, and goes on",
    tasks: { a: [{ runs: 2_500, then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [
        ...begun,
        "commit a #1 busy, after run 50",
        "commit a #2 busy, after run 100",
        "commit a #3 end, value",
      ],
    ],
  },
  {
    title: "effects of a task that goes on are committed at its next freeze",
    tasks: {
      a: [
        { effects: [log(1)], then: "foreign" },
        { runs: 40, effects: [log(2)] },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 busy, after run 1, effects 1"],
      ["wake a", "commit a #2 idle, after run 4, effects 2"],
    ],
  },
  {
    title:
      "A8: tasks started while many others are waited for ride together, until there are many, or for ten times what a snapshot takes",
    tasks: {
      a: [
        { effects: Array.from({ length: 12 }, (_, at) => spawn(101 + at)), weighs: 3 },
        { consumes: [101], effects: [spawn(11)], weighs: 3 },
        { consumes: [102], effects: [spawn(12)], weighs: 3 },
        { consumes: [103], effects: [spawn(13)], weighs: 3 },
        { consumes: [104], effects: [spawn(14)], weighs: 3 },
        { consumes: [105], effects: [log(15)], weighs: 3 },
        {},
        {},
        { consumes: [106], effects: [sleep(16)], weighs: 3 },
      ],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 101,102,103,104,105,106,107,108,109,110,111,112"],
      ["complete a 101"],
      ["complete a 102"],
      ["complete a 103", "commit a #2 idle, after run 4, effects 11,12,13, consumed 101,102,103"],
      ["complete a 104"],
      ["complete a 105"],
      ["pass 29"],
      ["pass 1", "commit a #3 idle, after run 8, effects 14,15, consumed 104,105"],
      ["complete a 106", "commit a #4 idle, after run 9, effects 16, consumed 106"],
    ],
  },
  {
    title: "W1: long computations take turns in order",
    tasks: { a: [{ runs: 60 }], b: [{ runs: 40 }], c: [{}] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      [...begun, "commit b #1 idle, after run 3", "commit a #1 idle, after run 4"],
    ],
    ran: ["a", "b", "c", "a", "b", "a", "b", "a"],
  },
  {
    title: "W1: no more begin than take turns; who waits for I/O makes room, and the server is told",
    tasks: {
      a: [{ then: "foreign" }],
      b: [{ runs: 60 }],
      c: [{ runs: 60 }],
      d: [{ runs: 60 }],
      e: [{ runs: 40 }],
      f: [{ then: "ended" }],
    },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      ["activate c"],
      ["activate d"],
      ["activate e"],
      ["activate f"],
      ["recall f", "returned f e1"],
      ["recall a"],
      [
        ...begun,
        "begun e e1",
        "commit b #1 idle, after run 4",
        "commit e #1 idle, after run 3",
        "commit c #1 idle, after run 4",
        "commit d #1 idle, after run 4",
      ],
    ],
  },
  {
    title: "W1: who has been woken and never rests keeps nobody from beginning",
    tasks: Object.fromEntries([
      ...["a", "b", "c", "d"].map((task) => [task, [{ effects: [sleep(1)] }, { runs: 40 }]]),
      ["e", [{ then: "ended" }]],
    ]),
    lines: [
      ["activate a + activate b + activate c + activate d", "need-bundle v1"],
      [begun[0], ...["a", "b", "c", "d"].map((task) => `commit ${task} #1 idle, after run 1, effects 1`)],
      [
        "complete a 1 + complete b 1 + complete c 1 + complete d 1 + activate e",
        "commit e #1 end, value",
        ...["a", "b", "c", "d"].map((task) => `commit ${task} #2 idle, after run 4`),
      ],
    ],
    ran: [..."abcd", ..."abcde", ..."abcdabcd"],
  },
  {
    title: "W4: a drain hands back what is warm as it is, and what computes at its next stop",
    tasks: {
      warm: [{ effects: [sleep(1)] }],
      calls: [{ then: "foreign" }],
      written: [{ effects: [log(1)], then: "foreign" }],
    },
    lines: [
      ["activate warm", "need-bundle v1"],
      ["activate calls"],
      ["activate written"],
      [
        ...begun,
        "commit warm #1 idle, after run 1, effects 1",
        "commit written #1 busy, after run 1, effects 1",
      ],
      [
        "drain",
        "returned warm e1",
        "commit calls #1 release, runnable, after run 1",
        "returned written e1",
        "drained",
      ],
      ["activate late 5", "returned late e5"],
      ["drain"],
    ],
    dropped: ["warm", "calls", "written"],
  },
  {
    title: "W4: out of a foreign call a task leaves when that has come back, or late, not to make it twice",
    timeLimitMs: 2_000,
    tasks: {
      back: [{ then: "foreign" }, {}],
      more: [{ then: "foreign" }, { effects: [log(1)], then: "foreign" }, {}],
      slow: [{ then: "foreign" }],
      warm: [{ effects: [sleep(1)] }],
    },
    lines: [
      ["activate back", "need-bundle v1"],
      ["activate more"],
      ["activate slow"],
      ["activate warm"],
      [...begun, "commit warm #1 idle, after run 1, effects 1"],
      ["pass 1700 + drain", "returned warm e1"],
      ["wake back", "commit back #1 release, not runnable, after run 2"],
      ["wake more", "commit more #1 busy, after run 2, effects 1"],
      ["pass 100 + wake more", "commit more #2 release, not runnable, after run 3"],
      ["pass 49"],
      ["pass 1", "commit slow #1 release, runnable, after run 1", "drained"],
    ],
  },
  {
    title: "W4: a worker without tasks has drained at once; what waits for its program has not begun",
    tasks: {},
    lines: [["activate a", "need-bundle v1"], ["drain", "returned a e1", "drained"], ["bundle app"]],
  },
  {
    title: "W4: near its time limit a worker drains by itself, even if a computation keeps the thread",
    timeLimitMs: 2_000,
    tasks: { warm: [{ effects: [sleep(1)] }], a: [{ runs: 10_000 }] },
    lines: [
      ["activate warm", "need-bundle v1"],
      ["activate a"],
      [
        ...begun,
        "commit warm #1 idle, after run 1, effects 1",
        "commit a #1 busy, after run 50",
        "returned warm e1",
        "commit a #2 release, runnable, after run 88",
        "drained",
      ],
    ],
  },
  {
    title: "W4: an idle worker drains by its own timer",
    timeLimitMs: 2_000,
    tasks: { a: [{ effects: [sleep(1)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "commit a #1 idle, after run 1, effects 1"],
      ["pass 1759"],
      ["pass 1", "returned a e1", "drained"],
    ],
  },
  {
    title: "a warm task goes back after a while, unless it was woken",
    tasks: { a: [{ effects: [sleep(1)] }], b: [{ effects: [sleep(1)] }, { effects: [sleep(2)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      [...begun, "commit a #1 idle, after run 1, effects 1", "commit b #1 idle, after run 1, effects 1"],
      ["pass 1500"],
      ["complete b 1", "commit b #2 idle, after run 2, effects 2"],
      ["pass 500", "returned a e1"],
      ["complete a 1"],
      ["pass 1499"],
      ["pass 1", "returned b e1"],
    ],
  },
  {
    title: "D3: a refused task is dropped and never heard of again; a newer stay of it is another thing",
    tasks: { a: [{ then: "foreign" }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["refused a 2"],
      ["refused a 1"],
      ["wake a"],
      ["activate a 2", "commit a #1 end, value"],
    ],
    dropped: ["a", "a"],
  },
  {
    title: "a newer activation of a task takes the place of the older one",
    tasks: { a: [{ then: "foreign" }, { then: "foreign" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["activate a 2"],
      ["drain", "commit a #1 release, runnable, after run 1", "drained"],
    ],
    dropped: ["a", "a"],
  },
  {
    title: "W5: nothing runs and nothing is said after the connection has closed",
    tasks: { a: [{ then: "foreign" }, { then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["close"],
      ["wake a"],
      ["activate b"],
      ["pass 10000"],
    ],
    ran: ["a"],
    dropped: ["a"],
  },
  {
    title: "A3: checkpoints of a pinned task are skipped and tried again",
    tasks: { a: [{ runs: 1_200, pinned: true, then: "foreign" }, { runs: 900 }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 busy, after run 101", "commit a #2 idle, after run 107"],
    ],
  },
  {
    title: "A3: who waits for an effect of a pinned task is refused it, and the task goes on",
    tasks: { a: [{ effects: [log(1), sleep(2)], pinned: true }, { effects: [log(3)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, "refused 2", "commit a #1 idle, after run 2, effects 1,3"],
    ],
  },
  {
    title: "A3: while a foreign call goes on, an effect waits for a moment at which the task can be saved",
    tasks: { a: [{ effects: [sleep(1)], pinned: true, then: "foreign" }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 idle, after run 2, effects 1"],
    ],
  },
  {
    title: "A3: it does not wait for ever",
    tasks: { a: Array.from({ length: 3 }, () => ({ effects: [sleep(9)], pinned: true, then: "foreign" })) },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["pass 4999"],
      ["pass 1", 'commit a #1 end, failure, "socket in main at app.ts:3:9"'],
    ],
  },
  {
    title: "A3: a pinned task that waits for a timer ends with the error; only what it said is kept",
    tasks: { a: [{ effects: [log(1), sleep(9)], pinned: true }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun, 'commit a #1 end, failure, "socket in main at app.ts:3:9", effects 1'],
    ],
  },
  {
    title: "A3: log lines of a pinned task wait for its next commit",
    tasks: { a: [{ effects: [log(1)], pinned: true, then: "foreign" }, { effects: [log(2)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["wake a", "commit a #1 idle, after run 2, effects 1,2"],
    ],
  },
  {
    title: "A3: a pinned task stays while the worker drains, and leaves at its next stop",
    tasks: { a: [{ pinned: true, then: "foreign" }, {}] },
    lines: [
      ["activate a", "need-bundle v1"],
      [...begun],
      ["drain"],
      ["wake a", "commit a #1 release, not runnable, after run 2", "drained"],
    ],
  },
  {
    title: "a program that cannot be loaded ends its tasks with the reason, and all later ones",
    tasks: {},
    lines: [
      ["activate a", "need-bundle v1"],
      ["bundle broken", 'commit a #1 end, failure, "app.ts imports what is not there"'],
      ["activate b", 'commit b #1 end, failure, "app.ts imports what is not there"'],
    ],
  },
  {
    title: "bytes that are no snapshot end the task",
    tasks: {},
    lines: [
      ["thaw-nothing a", "need-bundle v1"],
      [...begun, 'commit a #8 end, failure, "not a snapshot"'],
    ],
  },
  {
    title: "an error of the runtime ends its task, not the worker",
    tasks: { a: [{ then: "bug" }], b: [{ then: "ended" }] },
    lines: [
      ["activate a", "need-bundle v1"],
      ["activate b"],
      [...begun, 'commit a #1 end, failure, "TypeError: not a program\'s error"', "commit b #1 end, value"],
    ],
  },
  {
    title: "a commit that is too long to send ends the task with that error",
    tasks: { a: [{ runs: 199 * 20, effects: [sleep(1)] }] },
    lines: [
      ["activate a", "need-bundle v1"],
      [
        ...begun,
        "commit a #1 busy, after run 50",
        "commit a #2 busy, after run 100",
        "commit a #3 busy, after run 150",
        'commit a #4 end, failure, "a message is too long"',
      ],
    ],
  },
];

for (const story of stories) {
  test(story.title, async () => {
    const scripts = Object.fromEntries(Object.entries(story.tasks).map(([id, acts]) => [id, [...acts]]));
    const bench = new Bench(scripts, story.timeLimitMs);
    assert.deepEqual(bench.said, ["ready"]);
    for (const [deed, ...said] of story.lines) {
      bench.said = [];
      await bench.do(deed);
      assert.deepEqual(bench.said, said, `after "${deed}"`);
    }
    if (story.ran !== undefined) assert.deepEqual(bench.ran, story.ran);
    if (story.delivered !== undefined) assert.deepEqual(bench.delivered, story.delivered);
    if (story.dropped !== undefined) assert.deepEqual(bench.dropped, story.dropped);
  });
}

test("no more than limits.warmTasksPerWorker stay warm; the longest idle goes first", async () => {
  const names = Array.from({ length: limits.warmTasksPerWorker + 2 }, (_, i) => `t${i}`);
  const bench = new Bench({});
  await bench.do("activate t0");
  await bench.do("bundle app");
  for (const name of names.slice(1)) await bench.do(`activate ${name}`);
  await bench.do(`pass ${limits.lazyCommitMs}`);
  assert.deepEqual(
    bench.said.filter((line) => line.startsWith("returned")),
    ["returned t0 e1", "returned t1 e1"],
  );
});
