/**
 * Design H18, D1: what is said has been flushed before. Shown by transcripts of system calls, of the store alone and of the whole
 * command line.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository, temporaryFolder } from "../acceptance/continua.ts";
import {
  flushedWrites,
  isWrite,
  noTranscripts,
  parseTranscript,
  transcribe,
  unflushed,
} from "./system-calls.ts";

const skip = noTranscripts();
const log = /\/(log|old)-\d+-\d+$/;
/** The magic number, as a transcript has it. */
const recordBegins = /"\\307\\32\\20\\236/;
const tree = /\/data\.mdb$/;
const isHeader = /"ctnalog1/;
const store = new URL("../../src/store/index.js", import.meta.url).href;

/** A script that opens the store, and says on stdout what it believes to be durable. */
function script(path: string, body: string): string[] {
  const text = `
    import { writeSync } from "node:fs";
    const { openFileStore } = await import(${JSON.stringify(store)});
    const say = (text) => writeSync(1, "SAY " + text + "\\n");
    const store = await openFileStore({ path: ${JSON.stringify(path)}, create: true, segmentBytes: 5000 });
    const put = (fill, size) => store.write([{ table: "bytes", key: "input/r" + fill % 3, bytes: new Uint8Array(size).fill(fill) }]);
    ${body}`;
  return ["--input-type=module", "-e", text];
}

const sizes = [100, 3_000, 2_500, 700_000, 100, 100, 6_000, 100];

test("a write resolves after its record is flushed; a segment is written anew after the tree is flushed", {
  skip,
}, (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "state");
  const writes = sizes.map(
    (size, index) =>
      `await put(${index}, ${size}); say("durable ${index}"); ${index % 3 === 2 ? "await store.rest();" : ""}`,
  );
  const { calls } = transcribe(
    join(folder, "transcript"),
    script(path, `${writes.join("\n")} await store.close(); say("closed");`),
  );
  const said = calls.filter(({ text }) => /SAY durable/.test(text));
  assert.equal(said.length, sizes.length);
  said.forEach(({ began }, index) => {
    // A segment may be getting its new header just then; that this is flushed before its first record is looked at below.
    const late = unflushed(calls, log, began).filter(({ text }) => !isHeader.test(text));
    assert.deepEqual(late, [], `durable ${index}`);
    const records = flushedWrites(calls, log, began).filter(({ text }) => recordBegins.test(text));
    assert.equal(records.length, index + 1);
  });
  const headers = calls.filter(({ path, text }) => log.test(path) && isHeader.test(text));
  const anew = headers.filter((call, index) => headers.findIndex(({ path }) => path === call.path) < index);
  assert(anew.length >= 2, "segments were written anew");
  const removed = calls.filter(({ name, path }) => name.startsWith("unlink") && log.test(path));
  for (const { path, began } of [...anew, ...removed]) {
    assert.deepEqual(unflushed(calls, tree, began), [], path);
  }
  for (const { path, ended } of anew) {
    const next = calls.find((call) => call.path === path && call.began > ended && isWrite.test(call.name));
    if (next === undefined) continue;
    const late = unflushed(calls, log, next.began);
    assert.deepEqual(
      late.filter((call) => call.path === path),
      [],
    );
  }
  const closed = calls.find(({ text }) => /SAY closed/.test(text))!;
  assert.deepEqual(unflushed(calls, tree, closed.began), []);
});

test("what a killed owner left is flushed before the next one has opened", { skip }, (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "state");
  transcribe(join(folder, "first"), script(path, `await put(1, 100); process.kill(process.pid, "SIGKILL");`));
  const { calls, stdout } = transcribe(
    join(folder, "second"),
    script(path, `say("opened " + store.read("input/r1").length); await store.close();`),
  );
  assert.equal(stdout, "SAY opened 100\n");
  const opened = calls.find(({ text }) => /SAY opened/.test(text))!;
  assert(flushedWrites(calls, tree, opened.began).length > 0);
  assert.deepEqual(unflushed(calls, tree, opened.began), []);
  const removed = calls.filter(({ name, path }) => name.startsWith("unlink") && log.test(path));
  assert.equal(removed.length, 1);
  assert.deepEqual(unflushed(calls, tree, removed[0]!.began), []);
});

test("the command line: a task is told of a checkpoint, and the user of a result, after the flush", {
  skip,
}, (t) => {
  const folder = temporaryFolder(t);
  const checkpoints = 5;
  writeFileSync(
    join(folder, "main.ts"),
    `import { checkpoint } from "continua";
    export default async function main() {
      for (let i = 0; i < ${checkpoints}; i++) await checkpoint({ sync: true });
      return "the result";
    }`,
  );
  const args = [
    "run",
    join(folder, "main.ts"),
    "--workers",
    "1",
    "--quiet",
    "--state",
    join(folder, "state"),
  ];
  const { calls, stdout } = transcribe(join(folder, "transcript"), [
    join(repository, "bin/continua.js"),
    ...args,
  ]);
  assert.equal(stdout, '"the result"\n');
  const result = calls.find(({ name, text }) => name.startsWith("write") && /the result\\"\\n/.test(text))!;
  assert.deepEqual(unflushed(calls, log, result.began), []);
  // Each of them follows from a record of its own.
  const told = calls.filter(
    ({ name, text }) =>
      !name.startsWith("p") && /complete/.test(text) && /completions/.test(text) && !/activate/.test(text),
  );
  assert.equal(told.length, checkpoints);
  told.forEach(({ began }, index) => {
    const records = flushedWrites(calls, log, began).filter(({ text }) =>
      /checkpoint|snapshot\/r/.test(text),
    );
    assert(records.length > index, `checkpoint ${index}`);
  });
});

test("a transcript in which a write is flushed too late is seen through", () => {
  const write = '10 pwrite64(5</s/log-1-1>, "record", 6, 0) = 6';
  const say = '10 write(1<pipe:[1]>, "SAY durable", 11) = 11';
  const flush = "11 fdatasync(5</s/log-1-1>) = 0";
  const late = (lines: readonly string[]): number => {
    const calls = parseTranscript(lines.join("\n"));
    return unflushed(calls, log, calls.find(({ text }) => /SAY/.test(text))!.began).length;
  };
  assert.equal(late([write, flush, say]), 0);
  assert.equal(late([write, say, flush]), 1);
  assert.equal(late([flush, write, say]), 1);
  const [begins, ends] = ["11 fdatasync(5</s/log-1-1> <unfinished ...>", "11 <... fdatasync resumed>) = 0"];
  assert.equal(late([write, begins, ends, say]), 0);
  assert.equal(late([write, begins, say, ends]), 1);
  assert.equal(late([begins, write, ends, say]), 1);
  assert.equal(late([write, "11 fdatasync(5</s/log-1-1>) = -1 EIO (Input/output error)", say]), 1);
});
