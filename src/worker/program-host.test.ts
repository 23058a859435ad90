import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import type { Bundle, ModuleLink } from "../protocol/bundle.ts";
import { createProgramHost } from "./program-host.ts";

const api = { spawn: () => "spawned" };
const host = createProgramHost({ namespaces: { continua: api } });

type Foreign = ModuleLink & { kind: "foreign" };
const link = (name: string, path?: string): Foreign =>
  path === undefined ? { kind: "foreign", name } : { kind: "foreign", name, path };
const bundleAt = (root: string) => ({ root }) as Bundle;

test("compiled code is strict and is given $rt", () => {
  const run = host.compile("return [this, $rt.x];", "app.ts");
  assert.deepEqual(run({ x: 1 }), [undefined, 1]);
});

test("positions are those of the code as given, in its first line too", () => {
  for (const [code, line, column] of [
    ["throw new Error('here')", 1, 7],
    ["\n  throw new Error('here')", 2, 9],
  ] as const) {
    const run = host.compile(code, "/project/app.ts");
    assert.throws(
      () => run({}),
      (error: Error) => error.stack?.includes(`/project/app.ts:${line}:${column}`) ?? false,
      code,
    );
  }
});

test("a syntax error of compiled code names the file", () => {
  assert.throws(
    () => host.compile("return (", "/project/app.ts"),
    (error: Error) => error.name === "SyntaxError" && (error.stack?.includes("/project/app.ts:1") ?? false),
  );
});

test("foreign modules: given, built in, found below the root", async () => {
  const root = await mkdtemp(join(tmpdir(), "continua-host-"));
  try {
    await mkdir(join(root, "node_modules/pkg name"), { recursive: true });
    await writeFile(join(root, "node_modules/pkg name/index.mjs"), "export const found = 1;");
    await writeFile(join(root, "node_modules/pkg name/old.cjs"), "module.exports = { old: 2 };");
    await writeFile(join(root, "data.json"), '{"a": 3}');
    await writeFile(join(root, "fails.mjs"), "throw new RangeError('at import');");
    const get = (name: string, path?: string) => host.importForeign(link(name, path), bundleAt(root));

    assert.equal(await get("continua"), api);
    await assert.rejects(get("not-installed"), { code: "ERR_MODULE_NOT_FOUND" });
    assert.equal(typeof (await get("node:path"))["join"], "function");
    assert.equal(typeof (await get("fs/promises"))["readFile"], "function");
    assert.equal((await get("pkg name", "node_modules/pkg name/index.mjs"))["found"], 1);
    assert.deepEqual((await get("pkg name/old", "node_modules/pkg name/old.cjs"))["default"], { old: 2 });
    assert.deepEqual((await get("./data.json", "data.json"))["default"], { a: 3 });

    await assert.rejects(get("gone", "node_modules/gone/index.js"), (error: Error) => {
      return error instanceof UserError && /"gone".*node_modules\/gone\/index\.js/.test(error.message);
    });
    await assert.rejects(get("toString"), UserError);
    await assert.rejects(get("./fails.mjs", "fails.mjs"), RangeError);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("lines are formatted as console.log does", () => {
  assert.equal(
    host.format?.(["%s is", "a", { b: [1, new Map([[2, "c"]])] }]),
    "a is { b: [ 1, Map(1) { 2 => 'c' } ] }",
  );
});
