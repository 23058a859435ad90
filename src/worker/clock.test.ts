/** The server's clock as a worker knows it, on a machine whose own is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "./clock.ts";

/** This machine's clock is `wrong` by so much, and has been on for `ticks`. */
const stories: readonly {
  readonly title: string;
  readonly steps: readonly (readonly [
    wrong: number,
    ticks: number,
    told: number | undefined,
    shows: number,
  ])[];
}[] = [
  {
    title: "before it has been told, it is this machine's",
    steps: [[-3_600_000, 5_000_000, undefined, 1_400_000]],
  },
  {
    title: "a machine that is wrong by an hour",
    steps: [
      [-3_600_000, 5_000_000, 5_000_000, 5_000_000],
      [-3_600_000, 5_000_700.5, undefined, 5_000_700],
    ],
  },
  {
    title: "what is told late takes nothing back, and what is told sooner counts",
    steps: [
      [70, 5_000_000, 4_999_900, 4_999_900],
      [70, 5_001_000, 5_000_400, 5_000_900],
      [70, 5_002_000, 5_001_990, 5_001_990],
    ],
  },
  {
    title: "this machine's clock is set while the worker lives",
    steps: [
      [0, 5_000_000, 5_000_000, 5_000_000],
      [3_600_000, 5_001_000, 5_000_950, 5_001_000],
      [-3_600_000, 5_002_000, 5_001_950, 5_002_000],
    ],
  },
];

for (const { title, steps } of stories)
  test(title, () => {
    const machine = { wrong: 0, ticks: 0 };
    const clock = new ServerClock({
      now: () => Math.floor(machine.ticks + machine.wrong),
      monotonic: () => machine.ticks,
    });
    for (const [wrong, ticks, told, shows] of steps) {
      Object.assign(machine, { wrong, ticks });
      if (told !== undefined) clock.told(told);
      assert.equal(clock.now(), shows);
    }
  });
