/** `continua check` finds, from the types, exactly the variables that the samples mark with `// held: TYPE`. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, repository } from "./continua.ts";

const folder = join(repository, "tests/samples/check");

for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
  test(`check: ${file}`, async () => {
    const source = readFileSync(join(folder, file), "utf8");
    const expected = source.split("\n").flatMap((line, index) => {
      const type = /\/\/ held: (\w+)/.exec(line)?.[1];
      return type === undefined ? [] : [`${file}:${index + 1} ${type}`];
    });
    const { status, stderr } = await continua(["check", file], folder);
    const found = [...stderr.matchAll(/^([\w.]+:\d+):\d+: error: \w+ \((\w+)\) in \w+ is held across the/gm)];
    assert.deepEqual(found.map(([, place, type]) => `${place} ${type}`).sort(), expected.sort(), stderr);
    assert.equal(status, 1);
  });
}

test("check: a program that holds nothing foreign", async () => {
  const { status, stderr } = await continua(["check", "examples/word-count/main.ts"]);
  assert.equal(status, 0, stderr);
});
