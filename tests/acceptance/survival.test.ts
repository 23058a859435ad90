/**
 * The promise itself, on real processes and SIGKILL: the same answer, whatever dies; nothing done twice that was
 * before a checkpoint; nobody outlives his parent.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { continua, repository, start, temporaryFolder } from "./continua.ts";

const wordCount = join(repository, "examples/word-count/main.ts");
/** Work enough that two workers with a limit of two seconds must die in the middle of it, on any machine. */
const workMs = 8_000;
const workers = ["--workers", "2"];
const texts = { files: 16, linesEach: 500, wordsInLine: 10 } as const;
const syllables = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu".split(" ");
const folder = mkdtempSync(join(tmpdir(), "continua-texts-"));
after(() => rmSync(folder, { recursive: true }));
let input = "";
let expected = "";
/** Of a worker: as short as this machine, with whatever else it does now, still gets anything done within. */
let timeLimitMs = 1_000;
/** With a shorter one no worker would get anything done. */
const shortestLimitMs = 800;

before(async () => {
  const random = seededRandom(7);
  const word = (): string => `${syllables[Math.floor(random() ** 2 * syllables.length)]}`;
  for (let file = 0; file < texts.files; file++) {
    const line = (): string => Array.from({ length: texts.wordsInLine }, () => word() + word()).join(" ");
    writeFileSync(join(folder, `text${file}.md`), Array.from({ length: texts.linesEach }, line).join("\n"));
  }
  const plainly = (resamples: number) => {
    input = JSON.stringify({ paths: [folder], resamples });
    return continua(["run", wordCount, "--plain", "--input", input]);
  };
  const probe = 20;
  const begin = performance.now();
  await plainly(probe);
  const probeMs = performance.now() - begin;
  timeLimitMs = Math.round(Math.max(timeLimitMs, Math.min(3 * probeMs, workMs / 3)));
  const plain = await plainly(Math.ceil((probe * workMs) / probeMs));
  assert.equal(plain.status, 0, plain.stderr);
  assert.equal(JSON.parse(plain.stdout).total, texts.files * texts.linesEach * texts.wordsInLine);
  expected = plain.stdout;
});

test("word count: the run prints what the plain run prints", async (t) => {
  const run = await continua(["run", wordCount, "--input", input, ...workers, "--state", temporaryFolder(t)]);
  assert.equal(run.stdout, expected, run.stderr);
  assert.equal(run.status, 0);
});

const deaths: Readonly<Record<string, { readonly chaos: readonly string[]; readonly seen: RegExp }>> = {
  "at their time limit": { chaos: [], seen: /deaths: [1-9]\d* time-limit/ },
  "at their time limit, and before it by chance": {
    chaos: ["--chaos", "--seed", "1"],
    seen: /deaths: \d+ time-limit, [1-9]\d* chaos/,
  },
};

for (const [when, { chaos, seen }] of Object.entries(deaths)) {
  test(`word count: on functions that die ${when}`, async (t) => {
    // The machine may have become faster than it was when the limit was chosen: then nobody dies of it, and a shorter one is due.
    for (let limitMs = timeLimitMs; ; limitMs = Math.round(limitMs / 2)) {
      const limit = ["--time-limit", `${limitMs}ms`];
      const flags = [...workers, ...limit, ...chaos, "--state", temporaryFolder(t)];
      const run = await continua(["run", wordCount, "--input", input, ...flags]);
      assert.equal(run.stdout, expected, run.stderr);
      assert.equal(run.status, 0);
      if (seen.test(run.stderr)) break;
      assert.ok(limitMs > shortestLimitMs, run.stderr);
    }
  });
}

test("word count: SIGKILL of everything, again and again, each followed by resume", async (t) => {
  const state = temporaryFolder(t);
  let running = start(["run", wordCount, "--input", input, ...workers, "--state", state]);
  let kills = 0;
  for (const percent of [10, 40, 70]) {
    const tens = percent / 10;
    // It may end between two lines of progress.
    await running.seen(new RegExp(`(?:^|\\n)(?:[${tens}-9]\\d|100) %`)).catch(() => undefined);
    if (running.process.exitCode === null && running.process.kill("SIGKILL")) kills++;
    await running.ended;
    running = start(["resume", "--state", state]);
  }
  assert.ok(kills >= 2, `${kills} kills`);
  const last = await running.ended;
  assert.equal(last.stdout, expected, last.stderr);
  assert.equal(last.status, 0);
  const again = await continua(["resume", "--state", state]);
  assert.equal(again.stdout, expected, "resume of a finished run prints its result");
});

const counting = `
  import { appendFileSync } from "node:fs";
  import { checkpoint } from "continua";

  export default async function main(path: string) {
    let sum = 0;
    for (let n = 0; n < 30; n++) {
      appendFileSync(path, n + "\\n");
      sum += n;
      await checkpoint({ sync: true });
      console.log("did", n);
      if (n % 10 === 9) for (const end = Date.now() + 400; Date.now() < end; );
    }
    return sum;
  }
`;

test("work done before the last checkpoint is not done again", async (t) => {
  const folder = temporaryFolder(t);
  const done = join(folder, "done.txt");
  writeFileSync(join(folder, "count.ts"), counting);
  writeFileSync(done, "");
  const kills = 3;
  let running = start(["run", "count.ts", "--workers", "1", "--input", JSON.stringify(done)], folder);
  let said = "";
  for (let kill = 0; kill < kills; kill++) {
    await running.seen(new RegExp(`did ${kill * 10 + 5}\\n`));
    running.process.kill("SIGKILL");
    said += (await running.ended).stderr;
    running = start(["resume", "--workers", "1"], folder);
  }
  const { stdout, stderr } = await running.ended;
  assert.equal(stdout, "435\n", stderr);
  const lines = readFileSync(done, "utf8").trim().split("\n").map(Number);
  assert.deepEqual(
    [...new Set(lines)],
    Array.from({ length: 30 }, (_, n) => n),
    "everything was done, in order",
  );
  const saidOnce = new Set((said + stderr).match(/did \d+/g));
  assert.equal(saidOnce.size, 30, "no line was lost with a server");
  assert.ok(
    lines.length <= 30 + kills,
    `a kill repeats at most what came after the last checkpoint: ${lines.length - 30} of ${kills}`,
  );
});

test("a second owner of the state is refused with the pid of the first", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "wait.ts"),
    `import { sleep } from "continua";\nexport default async () => { console.log("up"); await sleep("1h"); };\n`,
  );
  const first = start(["run", "wait.ts"], folder);
  await first.seen(/up/);
  const second = await continua(["resume"], folder);
  first.process.kill("SIGKILL");
  assert.match(second.stderr, new RegExp(`\\b${first.process.pid}\\b`));
  assert.equal(second.status, 2);
});

test("no worker outlives its parent, even in the middle of a computation", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "spin.ts"),
    `import { sleep } from "continua";\nexport default async () => {\n  console.log("worker", process.pid);\n  await sleep(1);\n  spin();\n};\nfunction spin() { for (;;); }\n`,
  );
  const run = start(["run", "spin.ts", "--workers", "1"], folder);
  const pid = Number((await run.seen(/worker (\d+)/))[1]);
  run.process.kill("SIGKILL");
  await run.ended;
  await gone(pid);
});

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
