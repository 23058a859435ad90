/** `continua serve` and `start`: a server that stays, asked by all the other commands, killed, and taken up by the next one. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `import { inbox } from "continua";
const words = inbox<string>("words");
export default async function main(n: number) {
  let text = "";
  console.log("began with " + n);
  for await (const word of words) {
    if (word === "end") break;
    text += word;
    console.log("heard " + word);
  }
  return { n, text };
}
`;

test("a server that stays takes runs, answers every command, and is followed by the next one", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = async (...args: string[]) => {
    const ended = await continua(args, folder);
    assert.equal(ended.status, 0, ended.stderr);
    return ended.stdout;
  };
  const json = async (...args: string[]) => JSON.parse(await run(...args, "--json"));
  const serve = () => {
    const server = start(["serve", "--workers", "1"], folder);
    t.after(() => server.process.kill("SIGKILL"));
    return server;
  };

  const early = await json("start", "main.ts", "--input", "1", "--id", "early");
  assert.deepEqual([early.id, early.again, early.running], ["early", false, false]);

  const first = serve();
  await first.seen(/^serving file:.continua, going on with early; /m);
  await first.seen(/^early: began with 1$/m);
  const one = await json("start", "main.ts", "--input", "2", "--id", "one");
  assert.deepEqual([one.id, one.again, one.running], ["one", false, true]);
  await first.seen(/^one: began with 2$/m);
  const again = await json("start", "main.ts", "--input", "99", "--id", "one");
  assert.deepEqual([again.id, again.again], ["one", true]);
  assert.equal(await run("start", "main.ts", "--id", "one"), "one\n");

  // Every command that looks, and every one that tells, against a server.
  assert.deepEqual((await json("list")).map(({ id }: { id: string }) => id).sort(), ["early", "one"]);
  assert.match(await run("list"), /^one +running/m);
  const { tasks } = await json("show", "one");
  assert.equal(
    tasks[0].stacks[0].frames[0].variables.find(({ name }: { name: string }) => name === "n").value,
    "2",
  );
  assert.match(await run("show", "one"), /inbox "words"/);
  assert.match(await run("why", "one"), /waits for a message in inbox "words"/);
  assert.equal((await json("why", "one"))[0].waits[0].kind, "gate");
  const followed = start(["logs", "one", "-f", "--json"], folder);
  await followed.said(/began with 2/);
  const fork = await json("fork", "one", "--id", "copy");
  assert.deepEqual([fork.id, fork.running], ["copy", true]);
  assert.equal((await json("send", "one", "words", '"a"')).number, 0);
  await followed.said(/heard a/);
  const waited = start(["start", "main.ts", "--id", "one", "--wait"], folder);
  await waited.seen(/^run one was started before$/m);

  first.process.kill("SIGKILL");
  await first.ended;
  const cut = await waited.ended;
  assert.match(cut.stderr, /the server that had the state has ended; ask again/);
  assert.equal(cut.status, 2);

  const second = serve();
  await second.seen(/^serving .* going on with early, one, copy; /m);
  const result = start(["start", "main.ts", "--id", "one", "--wait"], folder);
  await result.seen(/^run one was started before$/m);
  await json("send", "one", "words", '"b"');
  await json("send", "one", "words", '"end"');
  assert.deepEqual(JSON.parse((await result.ended).stdout), { n: 2, text: "ab" });
  await second.seen(/^run one succeeded after /m);
  assert.equal((await json("cancel", "early")).run, "early");
  await second.seen(/^run early cancelled after /m);
  await json("send", "copy", "words", '"end"');
  assert.equal(await run("start", "main.ts", "--id", "copy2", "--input", "3"), "copy2\n");

  const refused = await continua(["run", "main.ts", "--state", ".continua"], folder);
  assert.match(refused.stderr, /is held by process \d+: give it the program \(continua start\)/);

  second.process.kill("SIGTERM");
  const { status, stderr } = await second.ended;
  assert.equal(status, 0);
  assert.match(stderr, /stopped; go on with: continua serve/);
  // At rest the results are there.
  assert.deepEqual(JSON.parse(await run("resume", "copy", "--quiet")), { n: 2, text: "" });
});

test("what cannot be served or started says why", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(join(folder, "other.ts"), program);
  const rows: [string[], RegExp][] = [
    [
      ["serve", "main.ts"],
      /serve takes no arguments, not: main.ts; a program is started by: continua start main.ts/,
    ],
    [["serve", "--store", "memory:"], /--store memory:: nobody could start anything there/],
    [["start"], /start needs a PROGRAM/],
    [["start", "main.ts", "--id", "One!"], /"One!" is no name for a run/],
    [["start", "other.ts", "--id", "taken"], /there is a run taken already, of main.ts; give another id/],
    [
      ["start", "main.ts", "--id", "taken", "--wait"],
      /no server has file:.continua: continua resume taken goes on with it/,
    ],
  ];
  assert.equal((await continua(["start", "main.ts", "--id", "taken"], folder)).stdout, "taken\n");
  for (const [args, expected] of rows) {
    const { status, stderr } = await continua(args, folder);
    assert.match(stderr, expected);
    assert.equal(status, 2, args.join(" "));
  }
});

test("a run beside the one that its process goes on with is shown, and is not waited for", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  assert.equal((await continua(["start", "main.ts", "--id", "aside"], folder)).stdout, "aside\n");
  const driven = start(["run", "main.ts", "--workers", "1"], folder);
  t.after(() => driven.process.kill("SIGKILL"));
  await driven.seen(/began with/);
  const waiting = await continua(["start", "main.ts", "--id", "aside", "--wait"], folder);
  assert.match(
    waiting.stderr,
    /run aside \(main\.ts\) is at rest: the process that has the state goes on with another run; when that has ended: continua resume aside/,
  );
  assert.equal(waiting.status, 2);
  const shown = (await continua(["show", "aside"], folder)).stdout;
  for (const line of [
    /^run +aside$/m,
    /^program +main\.ts$/m,
    /^status +running$/m,
    /^tasks +0 of 1 have ended$/m,
  ])
    assert.match(shown, line);
});
