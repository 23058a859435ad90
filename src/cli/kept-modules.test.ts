/** C1, C2, C3 of kept-modules.ts, with real projects. */
import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Bundle } from "../protocol/bundle.ts";
import { openKeptModules } from "./kept-modules.ts";
import { compileProject, openProject } from "./project.ts";

const main = `import { twice } from "./twice.ts"; import data from "./data.json" with { type: "json" };
export default async function main(n: number) { return (await twice(n)) + data.add; }`;
const twice = "export async function twice(n: number) { return n * 2; }";

function project(t: TestContext): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "continua-kept-")));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "package.json"), "{}");
  writeFileSync(join(root, "main.ts"), main);
  writeFileSync(join(root, "twice.ts"), twice);
  writeFileSync(join(root, "data.json"), `{ "add": 1 }`);
  return root;
}

function withPackages(t: TestContext): string {
  const root = project(t);
  mkdirSync(join(root, "node_modules"));
  return root;
}

const compiled = (root: string): Promise<Bundle> => compileProject(openProject(join(root, "main.ts")));

function keptIn(root: string): string {
  const folder = join(root, "node_modules/.cache/continua");
  const names = readdirSync(folder);
  assert.equal(names.length, 1);
  return join(folder, names[0]!);
}

/** Whether a module that has not changed is taken as it was kept: its text there is another one. */
async function takesKept(root: string, meddle: () => void = () => {}): Promise<boolean> {
  const keeper = openKeptModules(root, "main.ts");
  const key = keysOf(root).find((each) => keeper.get(each)!.includes("n * 2"))!;
  for (const each of keysOf(root)) keeper.put(each, keeper.get(each)!);
  keeper.put(key, keeper.get(key)!.replace("n * 2", "n * 22"));
  keeper.put("something new", "{}");
  keeper.save();
  meddle();
  const { modules } = await compiled(root);
  return modules.some(({ code }) => code.includes("n * 22"));
}

function keysOf(root: string): string[] {
  const text = readFileSync(keptIn(root), "utf8");
  return (JSON.parse(text.slice(text.indexOf("\n"))) as [string, [string, string][]])[1].map(([key]) => key);
}

test("a program compiles to the same from what was kept", async (t) => {
  const root = withPackages(t);
  const first = await compiled(root);
  assert.deepEqual(await compiled(root), first);
  assert.ok(await takesKept(root));
});

test("a module that has changed is compiled again, and what nothing needs any more is not kept", async (t) => {
  const root = withPackages(t);
  const first = await compiled(root);
  const keys = keysOf(root);
  writeFileSync(join(root, "twice.ts"), twice.replace("2", "3"));
  const second = await compiled(root);
  assert.notEqual(second.version, first.version);
  assert.match(second.modules.find(({ id }) => id === "twice.ts")!.code, /n \* 3/);
  assert.equal(keysOf(root).length, keys.length);
  assert.equal(keysOf(root).filter((key) => keys.includes(key)).length, keys.length - 1);
  writeFileSync(join(root, "twice.ts"), twice);
  assert.deepEqual(await compiled(root), first);
});

test("what another version of the compiler has made is not read", async (t) => {
  const root = withPackages(t);
  await compiled(root);
  const [key] = keysOf(root);
  assert.notEqual(openKeptModules(root, "main.ts").get(key!), undefined);
  assert.equal(openKeptModules(root, "main.ts", "another").get(key!), undefined);
  assert.equal(openKeptModules(root, "other.ts").get(key!), undefined);
});

test("a file that is not what was written is not read", async (t) => {
  const root = withPackages(t);
  const first = await compiled(root);
  const whole = () => readFileSync(keptIn(root), "utf8");
  for (const spoil of [
    () => writeFileSync(keptIn(root), whole().replace("n * 22", "n * 23")),
    () => writeFileSync(keptIn(root), whole().slice(0, -10)),
    () => writeFileSync(keptIn(root), ""),
  ]) {
    assert.equal(await takesKept(root, spoil), false);
    assert.deepEqual(await compiled(root), first);
  }
});

test("errors are not kept, and nothing is where there are no packages", async (t) => {
  const root = project(t);
  await compiled(root);
  assert.deepEqual(readdirSync(root).toSorted(), ["data.json", "main.ts", "package.json", "twice.ts"]);
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "twice.ts"), "export const twice = eval('1');\nexport let x = ;");
  await assert.rejects(compiled(root), /twice\.ts:2/);
  await assert.rejects(compiled(root), /twice\.ts:2/);
});
