/** The runtime can be made in a realm of its own, as the tests of test262 need it: what it imports can be linked or lent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRealm, loadRuntime } from "./realm.ts";

test("the runtime is made in a realm, of the realm's own objects", () => {
  const realm = createRealm();
  const runtime = loadRuntime(realm);
  assert.equal(typeof runtime.loadProgram, "function");
  assert.ok(runtime.DeadlockError.prototype instanceof realm.global.Error);
});
