import assert from "node:assert/strict";
import { test } from "node:test";
import { Calm } from "./calm.ts";

test("calm: told once after each time of stirring, however long that was", () => {
  const timers = new Set<() => void>();
  let rests = 0;
  const calm = new Calm(
    (_ms, act) => {
      timers.add(act);
      return () => timers.delete(act);
    },
    10,
    () => rests++,
  );
  const pass = () => {
    const [act] = timers;
    timers.delete(act!);
    act!();
  };
  assert.equal(timers.size, 0);
  calm.stir();
  for (let i = 0; i < 5; i++) {
    calm.stir();
    assert.equal(timers.size, 1);
    pass();
    assert.equal(rests, 0);
  }
  pass();
  assert.deepEqual([rests, timers.size], [1, 0]);
  calm.stir();
  pass();
  assert.equal(rests, 2);
  calm.stir();
  calm.end();
  calm.stir();
  assert.deepEqual([rests, timers.size], [2, 0]);
});
