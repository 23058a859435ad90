/** `continua upgrade`: a run that waits, moved to its program as it is now, or refused by name. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { continua, type Ended, start, temporaryFolder } from "./continua.ts";

const program = `import { call, inbox, queue } from "continua";
import { price } from "shop";

const done: string[] = [];
const words = queue<() => string>({ name: "words" });

function greet(name: string) {
  return "hello " + name;
}

async function child(name: string) {
  const word = await inbox<string>("word").receive();
  return greet(name) + " " + word;
}

export default async function main() {
  const suffix = "!";
  await words.enqueue(() => suffix);
  const answer = call(child, "child");
  const word = await inbox<string>("word").receive();
  done.push(greet(word));
  return [...done, await answer, (await words.dequeue())(), price(2)];
}
`;

/** A run whose two tasks wait; afterwards its state is at rest. */
async function parked(t: TestContext): Promise<{ readonly folder: string; readonly id: string }> {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "main.ts"), program);
  install(folder, "1.2.0");
  const run = start(["run", "main.ts", "--workers", "1"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/2 parked/);
  run.process.kill("SIGKILL");
  await run.ended;
  const [{ id }] = JSON.parse((await continua(["list", "--json"], folder)).stdout);
  return { folder, id };
}

function install(folder: string, version: string): void {
  const shop = join(folder, "node_modules/shop");
  mkdirSync(shop, { recursive: true });
  writeFileSync(
    join(shop, "package.json"),
    JSON.stringify({ name: "shop", version, type: "module", main: "index.js" }),
  );
  writeFileSync(join(shop, "index.js"), "export const price = (n) => n * 10;\n");
}

function edit(folder: string, ...changes: readonly (readonly [RegExp | string, string])[]): void {
  let text = program;
  for (const [from, to] of changes) {
    const next = text.replace(from, to);
    assert.notEqual(next, text, `${String(from)} is not there`);
    text = next;
  }
  writeFileSync(join(folder, "main.ts"), text);
}

async function finish(folder: string, id: string): Promise<Ended> {
  for (const task of [id, `${id}.2`]) await continua(["send", task, "word", '"you"'], folder);
  return continua(["resume", id], folder);
}

const before = ["hello you", "hello child you", "!", 20];

test("without an upgrade a run goes on with its program as it was, and says so", async (t) => {
  const { folder, id } = await parked(t);
  edit(folder, ["hello", "good morning"]);
  const resumed = await finish(folder, id);
  assert.deepEqual(JSON.parse(resumed.stdout), before);
  assert.match(
    resumed.stderr,
    /goes on with its program as it was; main\.ts has changed since \(continua upgrade r\w{10} moves it\)/,
  );
});

test("what does not wait may change: functions, comments, layout; new variables, functions and modules are there", async (t) => {
  const { folder, id } = await parked(t);
  writeFileSync(
    join(folder, "marks.ts"),
    'let marks = 2;\nclass Mark { repeat(n: number) { return "?".repeat(n); } }\nconst one = new Mark();\nexport function mark() { return one.repeat(marks--); }\n',
  );
  edit(
    folder,
    ['return "hello " + name;', "return opening + name + mark();"],
    ["const done", 'import { mark } from "./marks.ts";\nconst opening = "good morning ";\nconst done'],
    ["async function child(name: string) {", "// a comment\nasync  function child(name:string)\n{"],
    ['const suffix = "!";', '\n\n  /* more */ const suffix = "!";'],
  );
  const check = await continua(["upgrade", id, "--check"], folder);
  assert.equal(check.stdout, `run ${id} can be moved, with its 2 tasks\n`);
  const moved = await continua(["upgrade"], folder);
  assert.equal(
    moved.stdout,
    `run ${id} goes on with main.ts as it is now, and so do its 2 tasks\n`,
    moved.stderr,
  );
  assert.match((await continua(["upgrade"], folder)).stdout, /has this code already/);
  const resumed = await finish(folder, id);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.doesNotMatch(resumed.stderr, /has changed since/);
  const result = JSON.parse(resumed.stdout);
  // Each task has its own variables.
  assert.deepEqual(result, ["good morning you??", "good morning child?? you", "!", 20]);
});

test("what waits is not changed under it: refused with the function and the place, and nothing has happened", async (t) => {
  const { folder, id } = await parked(t);
  const cases: readonly (readonly [readonly [RegExp | string, string][], RegExp[]])[] = [
    [
      [['+ " " + word', '+ ", " + word']],
      [/task child \(r\w+\.2\):\n +a call of child waits at main\.ts:12:\d+, and the function has changed/],
    ],
    [
      [["price(2)", "price(3)"]],
      [/task main \(r\w+\):\n +a call of main waits at main\.ts:20:\d+, and the function has changed/],
    ],
    [
      [
        [/async function child[^}]*\}\n/, ""],
        ['call(child, "child")', 'call(async (n: string) => greet(n), "child")'],
      ],
      [/a call of child waits at .*, and the function is gone/],
    ],
    [
      [["() => suffix)", "() => suffix + suffix)"]],
      [
        /an item of r\w+\/queue:words:\n +the function .*, which was made with variables around it, has changed/,
      ],
    ],
    [
      [["const done", "class Extra {}\nlet extra = await Promise.resolve(new Extra());\nconst done"]],
      [/the class Extra of main\.ts is new, and nothing would make it/],
    ],
    [
      [
        ["const done: string[] = [];", "function done() {}"],
        ["done.push", "(done as any).push"],
        ["...done, ", ""],
      ],
      [/the variable done of main\.ts is something else now/],
    ],
  ];
  for (const [changes, reasons] of cases) {
    edit(folder, ...changes);
    const refused = await continua(["upgrade", id], folder);
    assert.equal(refused.status, 2, refused.stdout);
    for (const reason of reasons) assert.match(refused.stderr, reason);
    assert.match(refused.stderr, /goes on with its program as it was/);
  }
  assert.deepEqual(JSON.parse((await finish(folder, id)).stdout), before);
});

test("packages: about the same is told, another major version is refused with the way out", async (t) => {
  const { folder, id } = await parked(t);
  install(folder, "2.0.0");
  const refused = await continua(["resume"], folder);
  assert.equal(refused.status, 2);
  assert.match(
    refused.stderr,
    /was started with shop@1\.2\.0, and shop@2\.0\.0 is installed: install shop@1\.2\.0 again, or move the run .* continua upgrade r/,
  );
  install(folder, "1.9.9");
  const resumed = await finish(folder, id);
  assert.match(resumed.stderr, /was started with shop@1\.2\.0, and goes on with shop@1\.9\.9/);
  assert.deepEqual(JSON.parse(resumed.stdout), before);
});

test("a run that runs is moved on its server, and goes on at once", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "main.ts"), program);
  install(folder, "1.2.0");
  const run = start(["run", "main.ts", "--workers", "1"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/2 parked/);
  edit(folder, ["hello", "good morning"]);
  const moved = await continua(["upgrade"], folder);
  assert.match(moved.stdout, /goes on with main\.ts as it is now/, moved.stderr);
  const [{ id }] = JSON.parse((await continua(["list", "--json"], folder)).stdout);
  for (const task of [id, `${id}.2`]) await continua(["send", task, "word", '"you"'], folder);
  const ended = await run.ended;
  assert.deepEqual(JSON.parse(ended.stdout), ["good morning you", "good morning child you", "!", 20]);
});
