/** `run --plain` is the reference: what a durable run finds and knows, it finds and knows. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

async function bothWays(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  expected: unknown,
): Promise<void> {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const flags of [[], ["--plain"], ["--plain", "--workers", "1"]]) {
    const { stdout, stderr } = await continua(["run", "main.ts", ...flags], folder);
    assert.notEqual(stdout, "", stderr);
    assert.deepEqual(JSON.parse(stdout), expected, flags.join(" "));
  }
}

test("imports lead to the same files", (t) =>
  bothWays(
    t,
    {
      "package.json": '{ "type": "module", "imports": { "#lib/*": "./lib/*" } }',
      "main.ts": `import { one } from "#lib/one.ts";
import { two } from "./lib/two.mjs";
import { three } from "./lib/three";
import { one as again, type Gone } from "./lib/one.js";
import type { Other } from "./nowhere.ts";
export default async (): Promise<number[]> => [one, two, three, again satisfies Gone & Other extends never ? never : number];`,
      "lib/one.ts": "export type Gone = number; export const one = 1;",
      "lib/two.mts": 'import { one } from "./one.js"; export const two = one + 1;',
      "lib/three.ts": 'export * from "./two.mts"; export const three = 3;',
    },
    [1, 2, 3, 1],
  ));

test("Promise has the methods of ES2025 on every Node", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { call } from "continua";
class Own<T> extends Promise<T> {
  static accessor level = 1;
}
async function work(): Promise<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<number>();
  resolve(4);
  const failed = Promise.try(() => { throw new RangeError("far"); });
  return [await promise, await Promise.try((a: number) => a + 1, 2), await failed.catch(String), Own.withResolvers().promise instanceof Own, Promise.try.length, Own.level];
}
export default async () => [await work(), await call(work)];`,
    },
    Array(2).fill([4, 3, "RangeError: far", true, 1, 1]),
  ));
