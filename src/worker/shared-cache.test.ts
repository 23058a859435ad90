import assert from "node:assert/strict";
import { test } from "node:test";
import type { SharedId, TaskId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { SharedCache } from "./shared-cache.ts";

test("each value is asked for once, however many want it, and few at a time; one that is gone lets the next one come", async () => {
  const asked: SharedId[] = [];
  const cache = new SharedCache((_, shared) => asked.push(shared));
  const task = (number: number) => `rrun.${number}` as TaskId;
  const ids = Array.from({ length: 3 * limits.sharedAsked }, (_, number) => `s${number}` as SharedId);
  const answers = ids.flatMap((id) => [cache.get(task(1), id), cache.get(task(2), id)]);
  assert.deepEqual(asked, ids.slice(0, limits.sharedAsked));
  for (let at = 0; at < asked.length; at++)
    cache.provide(task(1), asked[at]!, at === 5 ? undefined : new Uint8Array([at]));
  assert.deepEqual(asked, ids);
  const found = await Promise.all(answers);
  assert.deepEqual(
    found.map((bytes) => bytes?.[0]),
    ids.flatMap((_, at) => (at === 5 ? [undefined, undefined] : [at, at])),
  );
  assert.equal(await cache.get(task(3), ids[7]!), found[14]);
  assert.equal(asked.length, ids.length);
});
