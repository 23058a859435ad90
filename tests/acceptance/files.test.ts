/** `lines`, `read` and `output`: a program that reads and writes is killed in the middle; nothing is missing, nothing is there twice. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `import { checkpoint, lines, output, read, sleep } from "continua";
export default async function main({ stops, url }: { stops: number[]; url?: string }) {
  await using out = output(url ?? "out.txt");
  let count = 0;
  for await (const line of lines("in.txt")) {
    out.write(count + " " + line.toUpperCase() + "\\n");
    count++;
    if (stops.includes(count)) {
      await checkpoint({ sync: true });
      console.log("at " + count);
      await sleep(100);
    }
  }
  let bytes = 0;
  for await (const chunk of read("in.txt", { chunkBytes: 1000 })) bytes += chunk.length;
  await out.close();
  return { count, bytes, written: out.bytes };
}
`;

const text = Array.from({ length: 5_000 }, (_, i) => `line ${i}${i % 3 === 0 ? " größe\r" : ""}`).join("\n");
const written = text
  .split("\n")
  .map((line, index) => `${index} ${line.replace(/\r$/, "").toUpperCase()}\n`)
  .join("");
const expected = {
  bytes: Buffer.byteLength(text),
  count: 5_000,
  written: Buffer.byteLength(written),
};

async function killedAt(stops: readonly number[], folder: string, input: object): Promise<unknown> {
  const args = ["--workers", "1", "--input", JSON.stringify({ stops, ...input })];
  let run = start(["run", "main.ts", ...args], folder);
  for (const stop of stops) {
    await run.seen(new RegExp(`at ${stop}\\n`));
    run.process.kill("SIGKILL");
    await run.ended;
    assert.equal(existsSync(join(folder, "out.txt")), false, "nothing is seen before the end");
    run = start(["resume", "--workers", "1"], folder);
  }
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test("a file is read on and written once, whoever dies", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(join(folder, "in.txt"), text);
  assert.deepEqual(await killedAt([1, 2_500, 4_999], folder, {}), expected);
  assert.equal(readFileSync(join(folder, "out.txt"), "utf8"), written);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("part")),
    [],
  );

  const plain = await continua(["run", "main.ts", "--plain", "--input", '{"stops":[]}'], folder);
  assert.deepEqual(JSON.parse(plain.stdout), expected);
  assert.equal(readFileSync(join(folder, "out.txt"), "utf8"), written);
});

test("a URL is given the whole output, under one key", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(join(folder, "in.txt"), text);
  const got: string[] = [];
  const keys = new Set<unknown>();
  const server = createServer((request, response) => {
    let body = "";
    keys.add(request.headers["idempotency-key"]);
    request.setEncoding("utf8").on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      got.push(`${request.method} ${body}`);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report`;
  assert.deepEqual(await killedAt([2_500], folder, { url }), expected);
  assert.deepEqual([got, keys.size], [[`PUT ${written}`], 1]);
});

test("a task that was saved while it sends sends again, under the same key", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "main.ts"),
    `import { checkpoint, output } from "continua";
     export default async function main(url: string) {
       const out = output(url);
       out.write("all of it");
       const closing = out.close();
       await fetch(url + "/begun");
       await checkpoint({ sync: true });
       console.log("saved");
       await closing;
       return out.bytes;
     }`,
  );
  const keys: unknown[] = [];
  let begun = (): void => {};
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const server = createServer((request, response) => {
    request.on("error", () => {}).resume();
    if (request.method === "GET") void first.then(() => response.end());
    else {
      keys.push(request.headers["idempotency-key"]);
      begun();
      // The first one gets no answer.
      if (keys.length > 1) response.end();
    }
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report`;
  const run = start(["run", "main.ts", "--workers", "1", "--input", JSON.stringify(url)], folder);
  await run.seen(/saved\n/);
  run.process.kill("SIGKILL");
  await run.ended;
  const { status, stdout, stderr } = await start(["resume", "--workers", "1"], folder).ended;
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), "9");
  assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
});

test("mistakes with files are told with their paths", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "main.ts"),
    `import { lines, output } from "continua";
     export default async function main() {
       const told = [];
       try { for await (const line of lines("none.txt")) told.push(line); } catch (error) { told.push(error.message); }
       try { output("none/out.txt").write("x"); } catch (error) { told.push(error.code); }
       const out = output("gone.txt");
       out.write("x");
       out.discard();
       try { out.write("y"); } catch (error) { told.push(error.message); }
       return told;
     }`,
  );
  const { stdout, stderr } = await continua(["run", "main.ts", "--quiet"], folder);
  assert.deepEqual(
    JSON.parse(stdout || "[]"),
    [
      "ENOENT: no such file or directory, open 'none.txt'",
      "ENOENT",
      "output to gone.txt: it is discarded already",
    ],
    stderr,
  );
});
