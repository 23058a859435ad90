/** A run that is about to be moved is looked at again if it has written anything meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId } from "../../src/base/ids.ts";
import { apply, type Command, decide, emptyState } from "../../src/coordinator/index.ts";
import { writtenBy } from "../../src/server/upgrade.ts";
import { parseCommand } from "../transcripts/coordinator-notation.ts";

test("what a run has written is other with each of its commits, also one that writes over the same checkpoint, and with nothing else", () => {
  const state = emptyState();
  const tell = (text: string, ...effects: string[]): string => {
    const line = parseCommand(text, effects);
    assert(line.kind === "command");
    const command: Command = line.make(0);
    apply(state, decide(state, command).changes);
    return writtenBy(state, "r1" as RunId);
  };
  tell("start r1 v1 null");
  tell("worker w1");
  tell("dispatch");
  const first = tell("commit w1 r1 e1 s1 busy", "  spawn 1 child");
  const second = tell("commit w1 r1 e1 s2 busy");
  assert.notEqual(second, first);
  assert.equal(tell("commit w1 r1 e1 s2 busy"), second, "the same once more");
  tell("start r2 v1 null");
  assert.equal(tell("tick"), second, "what others do");
  tell("dispatch");
  const third = tell("commit w1 r1.1 e1 s1 busy", "  enqueue 1 r1/q:5 item");
  assert.notEqual(third, second);
  assert.notEqual(tell("commit w1 r1.1 e1 s2 end done"), third);
});
