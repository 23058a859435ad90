import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, type Expectations } from "./expectations.ts";
import { nodeFails, type Result } from "./result.ts";

const folder = "language/statements/try";
const expected: Expectations = {
  node: { "not there yet": ["built-ins/Iterator/zip/**", `${folder}/native.js`] },
  compiled: { "a reason": [`${folder}/ours.js`] },
  inject: { "another reason": [`${folder}/injected.js`] },
};

function result(name: string, outcome: Result["outcome"], reason = "because"): Result {
  return { path: name.includes("/") ? name : `${folder}/${name}`, outcome, reason, suspensions: 0 };
}

test("a run that is as expected has no differences", () => {
  const results = [
    result("fine.js", "passed"),
    result("ours.js", "failed"),
    result("native.js", "skipped", nodeFails),
    result("built-ins/Iterator/zip/basic.js", "skipped", nodeFails),
    result("built-ins/Iterator/zip/absent.js", "passed"),
    result("injected.js", "passed"),
  ];
  assert.deepEqual(differences(expected, "frames", results), []);
});

test("what is listed and was not run, or not counted, is no difference", () => {
  assert.deepEqual(differences(expected, "inject", [result("ours.js", "skipped", "negative")]), []);
});

test("a failure that is not listed, here or in Node, is a difference", () => {
  assert.deepEqual(
    differences(expected, "plain", [result("new.js", "failed"), result("other.js", "skipped", nodeFails)]),
    [
      `${folder}/new.js fails, and is not listed: because`,
      `${folder}/other.js fails in Node itself, and is not listed`,
    ],
  );
  assert.deepEqual(differences(expected, "plain", [result("injected.js", "failed")]), [
    `${folder}/injected.js fails, and is not listed: because`,
  ]);
});

test("what Node itself fails outside the tiers is no difference: nothing is listed there", () => {
  assert.deepEqual(differences(expected, "plain", [result("built-ins/Map/a.js", "skipped", nodeFails)]), []);
});

test("a pass that is listed as a failure is a difference", () => {
  const results = ["ours.js", "native.js", "injected.js"].map((name) => result(name, "passed"));
  assert.deepEqual(differences(expected, "inject", results), [
    `${folder}/ours.js is listed as failing (a reason), but passes`,
    `${folder}/injected.js is listed as failing (another reason), but passes`,
    `${folder}/native.js is listed as failing in Node itself (not there yet), but passes`,
  ]);
});
