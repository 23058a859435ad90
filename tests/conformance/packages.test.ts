/** A package of a few lines with tests for each runner, as `npm run conformance -- --package` runs it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const work = mkdtempSync(join(tmpdir(), "continua-packages-test-"));
after(() => rmSync(work, { recursive: true }));
const wait = "const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));";

const files: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "sums", "version": "1.2.3", "type": "module" }',
  "index.js": "export const sum = async (a, b) => { await null; return a + b; };",
  "old/package.json": "{}",
  "old/index.js": "const inner = require('./inner.js'); exports.twice = (x) => inner(x) * 2;",
  "old/inner.js": "module.exports = (x) => x;",
  "test/ava.js": `import test from "ava"; import { sum } from "../index.js"; ${wait}
    test.beforeEach((t) => { t.context.two = 2; });
    test("sums", async (t) => { t.plan(2); await wait(1000); t.is(await sum(1, t.context.two), 3); await t.throwsAsync(async () => { await wait(1); throw new TypeError("no"); }, { instanceOf: TypeError, message: /n/ }); });
    test("is wrong", async (t) => { await null; t.is(await sum(1, 1), 3); });
    test.skip("later", () => {});`,
  "test/node.js": `import { describe, it, before } from "node:test"; import assert from "node:assert/strict"; import { sum } from "../index.js";
    describe("sum", () => { let ready = false; before(async () => { await null; ready = true; }); it("is ready", async (t) => { assert.ok(ready); await t.test("inner", async () => { await assert.rejects(Promise.reject(new Error("x")), /x/); }); assert.deepEqual([await sum(1, 1)], [2]); }); });`,
  "test/globals.spec.js": `import old from "../old/index.js"; ${wait}
    describe("matchers", () => { it("hold", async () => { expect(old.twice(2)).toBe(4); const spy = vi.fn(); await wait(5); spy(1); expect(spy).toHaveBeenCalledWith(1); await expect(Promise.reject(new Error("y"))).rejects.toThrow("y"); expect({ a: 1, b: undefined }).toEqual({ a: 1 }); });
    it("calls back", (done) => { setTimeout(done, 3); }); it("never ends", () => new Promise(() => {})); it("comes behind it", async () => { await wait(1); }); });`,
  "test/vi.test.js": `import { expect, test, vi } from "vitest";
    test.each\`a | b\n${"${1}"} | ${"${2}"}\n${"${3}"} | ${"${6}"}\`("rows", ({ a, b }) => { expect(a * 2).toBe(b); });
    test.extend({ made: async ({}, use) => { await use({ n: [1, { a: new Map([["k", "v"]]) }] }); } })("prints", async ({ made }) => { await null; expect(made).toMatchInlineSnapshot(\`
      {
        "n": [
          1,
          {
            "a": Map {
              "k" => "v",
            },
          },
        ],
      }
    \`); expect(() => { throw new TypeError("no"); }).toThrowErrorMatchingInlineSnapshot("[TypeError: no]"); expect({ f() {} }).toStrictEqual({ f: expect.any(Function) }); expect({ f: 1 }).not.toStrictEqual({ f: expect.any(Function) }); });
    test("timers", async () => { vi.useFakeTimers({ now: 5 }); const heard = []; setInterval(() => heard.push(Date.now()), 10); vi.advanceTimersByTime(25); await vi.advanceTimersByTimeAsync(10); expect(heard).toEqual([15, 25, 35]); vi.useRealTimers(); ${wait} await wait(3); expect(heard.length).toBe(3); });`,
  "test/units.js": `QUnit.module("units", (hooks) => { let two; hooks.beforeEach(() => { two = 2; }); QUnit.test("holds", (assert) => { assert.expect(2); assert.equal(two, "2"); const done = assert.async(); setTimeout(() => { assert.ok(true); done(); }, 5); }); });`,
  "test/tape.js": `import test from "tape"; import { sum } from "../index.js";
    test("ends", (t) => { sum(1, 2).then((x) => { t.equal(x, 3); t.end(); }); }); test("plans", (t) => { t.plan(1); setTimeout(() => t.pass(), 5); });`,
};

const folder = join(work, "sums");
for (const [name, text] of Object.entries(files)) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

function run(...more: string[]) {
  const json = join(work, "result.json");
  const runner = fileURLToPath(new URL("./run.js", import.meta.url));
  const options = ["--package", "sums", "--from", folder, "--cache", join(work, "cache"), "--json", json];
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, ...options, "--verbose", ...more], {
    encoding: "utf8",
  });
  assert.equal(status, 1, stderr);
  const lines = stdout.split("\n").filter((line) => /^(passed|failed|skipped)/.test(line));
  const [summary] = JSON.parse(readFileSync(json, "utf8"));
  assert.deepEqual(
    [summary.package, summary.version, summary.passed, summary.failed],
    ["sums", "1.2.3", 12, 2],
    stdout,
  );
  return { lines: lines.sort(), thaws: summary.suspensions as number };
}

const expected = [
  "failed test/ava.js: is wrong: CheckError: 2 is not 3",
  "failed test/globals.spec.js: matchers > never ends: it waits for what never comes",
  "passed test/ava.js: sums",
  "passed test/globals.spec.js: matchers > calls back",
  "passed test/globals.spec.js: matchers > comes behind it",
  "passed test/globals.spec.js: matchers > hold",
  "passed test/node.js: sum > is ready",
  "passed test/tape.js: ends",
  "passed test/tape.js: plans",
  "passed test/units.js: units > holds",
  "passed test/vi.test.js: prints",
  "passed test/vi.test.js: rows [object Object]",
  "passed test/vi.test.js: rows [object Object]",
  "passed test/vi.test.js: timers",
  "skipped test/ava.js: later: the package skips it",
];

test("a package's own tests are run, each runner's in its way", () => {
  const { lines, thaws } = run();
  assert.deepEqual(lines, expected);
  assert.ok(thaws > 0, "they were thawed");
});

test("the same tests are run by Node itself, to compare with", () => {
  const { lines, thaws } = run("--native");
  const inNode = (line: string): string =>
    line.replace(/it waits for what never comes$/, "it has ended the process");
  assert.deepEqual(lines, expected.map(inNode));
  assert.equal(thaws, 0);
});
