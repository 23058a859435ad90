import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId, Version } from "../base/ids.ts";
import type { Completion } from "../protocol/effect.ts";
import type { ToWorker } from "../protocol/wire.ts";
import { inParts } from "./parts.ts";

function completions(sizes: readonly number[]): Completion[] {
  return sizes.map((size, effect) => ({ effect, outcome: { kind: "value", value: new Uint8Array(size) } }));
}

const task = "r1" as TaskId;

test("answers that are too much for one message come in several, in order, none longer than it has to be", () => {
  for (const sizes of [[], [5], [500], [40, 40, 40, 40, 40], [99, 1, 1], [1, 200, 1], [60, 60, 60]]) {
    const complete: ToWorker = {
      kind: "complete",
      task,
      epoch: 3,
      completions: completions(sizes),
      after: 7,
    };
    const activate: ToWorker = {
      kind: "activate",
      task,
      epoch: 3,
      seq: 9,
      version: "v1" as Version,
      from: { kind: "input", json: "1" },
      completions: completions(sizes),
    };
    for (const message of [complete, activate]) {
      const parts = inParts(message, 100);
      assert.deepEqual({ ...parts[0], completions: [] }, { ...message, completions: [] });
      for (const part of parts.slice(1)) {
        assert.equal(part.kind, "complete");
        const { after: _, ...bare } = complete;
        assert.deepEqual(
          { ...part, completions: [] },
          { ...(message === activate ? bare : complete), completions: [] },
        );
      }
      const each = parts.map((part) => ("completions" in part ? part.completions : []));
      assert.deepEqual(each.flat(), message.completions);
      for (const group of each) {
        const bytes = group.reduce(
          (sum, { outcome }) => sum + (outcome as { value: Uint8Array }).value.length,
          0,
        );
        assert(bytes <= 100 || group.length === 1, `${sizes}: ${bytes} bytes together`);
      }
    }
  }
  const drain: ToWorker = { kind: "drain" };
  assert.deepEqual(inParts(drain, 100), [drain]);
});
