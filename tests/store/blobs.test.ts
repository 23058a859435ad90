/** Large values in a directory of blobs, as processes and the system see it: what is said, what is flushed, what is left after deaths. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "../acceptance/continua.ts";
import { flushedWrites, noTranscripts, transcribe, unflushed } from "./system-calls.ts";

const store = new URL("../../src/store/index.js", import.meta.url).href;

test("a blob and its name are flushed before the row that names it, and the row without it before it goes", {
  skip: noTranscripts(),
}, (t) => {
  const folder = temporaryFolder(t);
  const writes = 4;
  const text = `
    import { writeSync } from "node:fs";
    import { randomBytes } from "node:crypto";
    const { openFileStore, openLargeValues } = await import(${JSON.stringify(store)});
    const rows = await openFileStore({ path: ${JSON.stringify(join(folder, "state"))}, create: true });
    const store = await openLargeValues(rows, ${JSON.stringify(join(folder, "blobs"))});
    for (let i = 0; i < ${writes}; i++) {
      await store.write([{ table: "bytes", key: "snapshot/r1", bytes: randomBytes(1e6) }]);
      writeSync(1, "SAY durable\\n");
    }
    await store.close();`;
  const { calls } = transcribe(join(folder, "transcript"), ["--input-type=module", "-e", text]);
  const log = /\/log-\d+-\d+$/;
  const said = calls.filter(({ text }) => /SAY durable/.test(text));
  assert.equal(said.length, writes);
  const records = calls.filter(({ path, text }) => log.test(path) && /manifest\/snapshot/.test(text));
  assert.equal(records.length, writes);
  const renames = calls.filter(({ name, path }) => name.startsWith("rename") && path.endsWith(".part"));
  assert(renames.length >= writes * 2, `${renames.length} blobs`);
  for (const { path, began, ended } of renames) {
    assert.deepEqual(
      unflushed(calls, new RegExp(`${basename(path)}$`), began),
      [],
      "named before it was flushed",
    );
    assert(flushedWrites(calls, new RegExp(`${basename(path)}$`), began).length > 0);
    const record = records.find(({ text }) => text.includes(basename(path, ".part")))!;
    const kept = calls.some(
      (call) =>
        call.name === "fsync" &&
        call.path === dirname(path) &&
        call.began > ended &&
        call.ended < record.began,
    );
    assert(kept, `${path} has a row before its name is flushed`);
  }
  const gone = calls.filter(
    ({ name, path }) => name.startsWith("unlink") && /[0-9a-f]{64}-1-\d+$/.test(path),
  );
  assert(gone.length >= writes, `${gone.length} blobs have gone`);
  for (const { path, began } of gone) {
    const last = records.findLast(({ text }) => text.includes(basename(path)))!;
    const next = records[records.indexOf(last) + 1]!;
    assert(next.ended < began, `${path} goes before its row`);
    assert.deepEqual(unflushed(calls, log, began), [], path);
  }
});

const heavy = `
  import { checkpoint } from "continua";

  export default async function main() {
    const heap = new Uint8Array(1_500_000);
    for (let i = 0; i < heap.length; i += 2) heap[i] = Math.imul(i, 2654435761) >>> 24;
    for (let n = 0; n < 24; n++) {
      heap.fill(n, n * 50_000, (n + 1) * 50_000);
      await checkpoint({ sync: true });
      console.log("did", n);
    }
    let sum = 0;
    for (let n = 0; n < 24; n++) if (heap[n * 50_000 + 7] === n && heap[n * 50_000 + 49_999] === n) sum++;
    return sum;
  }
`;

test("a task with a heavy heap, everything killed again and again: its heap is whole, and no blob is left", async (t) => {
  const folder = temporaryFolder(t);
  const blobs = join(folder, "blobs");
  writeFileSync(join(folder, "main.ts"), heavy);
  let running = start(["run", "main.ts", "--workers", "1", "--blobs", "blobs"], folder);
  for (const n of [4, 11, 19]) {
    await running.seen(new RegExp(`did ${n}\\n`));
    running.process.kill("SIGKILL");
    await running.ended;
    assert(
      readdirSync(blobs).some((id) => readdirSync(join(blobs, id)).length > 0),
      "the heap is in blobs",
    );
    running = start(["resume", "--workers", "1"], folder);
  }
  const { status, stdout, stderr } = await running.ended;
  assert.equal(stdout, "24\n", stderr);
  assert.equal(status, 0);
  assert.deepEqual(readdirSync(blobs), []);
});

test("a store in memory has no blobs", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), heavy);
  const { status, stderr } = await continua(
    ["run", "main.ts", "--store", "memory:", "--blobs", "blobs"],
    folder,
  );
  assert.equal(status, 2);
  assert.match(stderr, /leave --blobs out/);
  assert(!existsSync(join(folder, "blobs")));
});
