import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import type { TimerRow } from "../protocol/rows.ts";
import { Timers, timerKey } from "./timers.ts";

test("timers: the same as a sorted list, whatever is set and deleted", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(seed);
    const timers = new Timers();
    const model = new Map<string, TimerRow>();
    const below = (limit: number) => Math.floor(random() * limit);
    for (let step = 0; step < 400; step++) {
      const row: TimerRow = { task: `r${below(3)}` as TaskId, effect: below(30), dueAt: below(50) };
      const key = timerKey(row);
      if (random() < 0.6) {
        timers.delete(key);
        timers.set(row);
        model.set(key, row);
      } else {
        timers.delete(key);
        model.delete(key);
      }
      const sorted = [...model.values()].sort(
        (a, b) => a.dueAt - b.dueAt || (a.task < b.task ? -1 : a.task > b.task ? 1 : a.effect - b.effect),
      );
      assert.equal(timers.nextDue(), sorted[0]?.dueAt);
      const now = below(50);
      assert.deepEqual(
        timers.due(now),
        sorted.filter(({ dueAt }) => dueAt <= now),
      );
      assert.equal(timers.rows.size, model.size);
    }
  }
});
