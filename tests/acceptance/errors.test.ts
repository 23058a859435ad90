/** What a user gets for a mistake: one message with place, value and next step; an exit code; nothing half-written. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

interface Mistake {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly status: 1 | 2;
  readonly stderr: RegExp;
  /** The mistake is found only after the program has begun, so there is a state directory. */
  readonly started?: true;
}

const mistakes: readonly Mistake[] = [
  { name: "no command", args: [], status: 2, stderr: /no command given.*--help/ },
  { name: "an unknown command", args: ["walk"], status: 2, stderr: /no command "walk"/ },
  { name: "an unknown flag", args: ["run", "a.ts", "--fast"], status: 2, stderr: /'--fast'/ },
  { name: "a flag without its value", args: ["run", "a.ts", "--seed"], status: 2, stderr: /--seed/ },
  {
    name: "a bad duration",
    args: ["run", "a.ts", "--time-limit", "soon"],
    status: 2,
    stderr: /--time-limit: "soon" is not a duration; write for example/,
  },
  {
    name: "a bad number",
    args: ["run", "a.ts", "--workers", "many"],
    status: 2,
    stderr: /--workers many: give a whole number/,
  },
  {
    name: "input that is not JSON",
    args: ["run", "a.ts", "--input", "[a]"],
    status: 2,
    stderr: /--input is not JSON/,
  },
  { name: "a missing file", args: ["run", "none.ts"], status: 2, stderr: /none\.ts: no such file/ },
  {
    name: "a directory",
    files: { "src/main.ts": "" },
    args: ["run", "src"],
    status: 2,
    stderr: /src: is a directory; name the program's file/,
  },
  {
    name: "not a program",
    files: { "data.csv": "1" },
    args: ["run", "data.csv"],
    status: 2,
    stderr: /data\.csv: not a program/,
  },
  {
    name: "a syntax error",
    files: { "a.ts": "export default async function main() {\n  const x = ;\n}\n" },
    args: ["run", "a.ts"],
    status: 2,
    stderr: /a\.ts:2:\d+/,
  },
  {
    name: "a missing module",
    files: { "a.ts": 'import { b } from "./b.ts";\nexport default async () => b;\n' },
    args: ["run", "a.ts"],
    status: 2,
    stderr: /a\.ts:1:\d+[\s\S]*cannot find "\.\/b\.ts"/,
  },
  {
    name: "something not supported",
    files: { "a.ts": 'export default async function main() {\n  return eval("1");\n}\n' },
    args: ["run", "a.ts"],
    status: 2,
    stderr: /a\.ts:2:\d+[\s\S]*eval/,
  },
  {
    name: "a program that throws",
    files: { "a.ts": 'export default async function main() {\n  throw new RangeError("out of paper");\n}\n' },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /RangeError: out of paper[\s\S]*a\.ts:2/,
    started: true,
  },
  {
    name: "a wait that nothing can end",
    files: { "a.ts": "export default async function main() {\n  await new Promise(() => {});\n}\n" },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /InterruptedError: nothing is left that could settle this promise[\s\S]*a\.ts:2/,
    started: true,
  },
  {
    name: "a wait of which the task itself is the only end",
    files: {
      "a.ts":
        "export default async function main() {\n  let go;\n  await new Promise((r) => { go = r; });\n  go();\n}\n",
    },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /DeadlockError[\s\S]*a\.ts:3/,
    started: true,
  },
  {
    name: "the same after functions went to methods of the language, which call no resolvers",
    files: {
      "a.ts":
        "export default async function main() {\n  let go;\n  await Promise.all([1, 2].map(async (x) => x));\n  await Promise.resolve(3).catch(() => 0);\n  await new Promise((r) => { go = r; });\n  go();\n}\n",
    },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /DeadlockError[\s\S]*a\.ts:5/,
    started: true,
  },
  {
    name: "the same after functions went to words of continua, which call no resolvers",
    files: {
      "a.ts":
        'import { call, spawn, step } from "continua";\nasync function f() {}\nexport default async function main() {\n  let go;\n  await Promise.all([call(f), step(() => 1), spawn.with({ id: "x" })(f).result()]);\n  await new Promise((r) => { go = r; });\n  go();\n}\n',
    },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /DeadlockError[\s\S]*a\.ts:6/,
    started: true,
  },
  {
    name: "no default export",
    files: { "a.ts": "export const x = 1;\n" },
    args: ["run", "a.ts"],
    status: 2,
    stderr: /a\.ts: has no default export, which is what runs; write: export default async function/,
  },
  {
    name: "nothing but types",
    files: { "a.ts": "export default interface A { x: number }\nexport type B = A;\n" },
    args: ["run", "a.ts", "--plain"],
    status: 2,
    stderr: /a\.ts: has no default export/,
  },
  {
    name: "a default export that is no function",
    files: { "a.ts": "export default 42;\n" },
    args: ["run", "a.ts", "--quiet"],
    status: 1,
    stderr: /^continua: a\.ts failed: UserError: a\.ts has no function as its default export; .*\n$/,
    started: true,
  },
  {
    name: "a result without a JSON form",
    files: { "a.ts": "export default async function main() {\n  return { list: [1, Number.NaN] };\n}\n" },
    args: ["run", "a.ts"],
    status: 1,
    stderr: /result\.list\[1\] is the number NaN/,
    started: true,
  },
  {
    name: "resume of nothing",
    args: ["resume"],
    status: 2,
    stderr: /there is no run in .*: none has been started there/,
  },
  {
    name: "resume of an empty directory",
    files: { "empty/.keep": "" },
    args: ["resume", "--state", "empty"],
    status: 2,
    stderr: /there is no run in .*: none has been started there/,
  },
  { name: "a store of unknown kind", args: ["resume", "--store", "paper:x"], status: 2, stderr: /paper:x/ },
  {
    name: "a state directory that is a file",
    files: { "a.ts": "export default async () => 1;", state: "" },
    args: ["run", "a.ts", "--state", "state"],
    status: 2,
    stderr: /state[\s\S]*not a directory/,
  },
];

for (const { name, files = {}, args, status, stderr, started } of mistakes) {
  test(`mistake: ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const ended = await continua(args, folder);
    assert.match(ended.stderr, stderr);
    assert.equal(ended.status, status);
    assert.equal(ended.stdout, "");
    assert.doesNotMatch(
      ended.stderr,
      /dist\/src|please report/,
      "no stack trace of ours for a user's mistake",
    );
    if (!started) assert.equal(existsSync(join(folder, ".continua")), false, "nothing half-written");
  });
}

test("mistake: a state directory that may not be read", {
  skip: process.getuid?.() === 0 && "root may read everything",
}, async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "a.ts"), "export default async () => 1;");
  chmodSync(join(folder, "state"), 0o000);
  const ended = await continua(["run", "a.ts", "--state", "state"], folder);
  assert.match(ended.stderr, /state[\s\S]*permission/);
  assert.equal(ended.status, 2);
});

for (const flags of [[], ["--plain"]])
  test(`nobody reads the result of run ${flags.join(" ")}: no mistake`, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "a.ts"), "export default async () => 'x'.repeat(1_000_000);");
    const run = start(["run", "a.ts", ...flags], folder);
    run.process.stdout!.destroy();
    const { status, stderr } = await run.ended;
    assert.doesNotMatch(stderr, /EPIPE/);
    assert.equal(status, 0, stderr);
  });
