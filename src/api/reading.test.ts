/** Lines and chunks against the same text split at once. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { lines, Reading, read } from "./reading.ts";

const long = "x".repeat(3 * limits.readBytes);
const texts: readonly [name: string, text: string, expected: readonly string[]][] = [
  ["nothing", "", []],
  ["one line without its end", "a", ["a"]],
  ["one line with its end", "a\n", ["a"]],
  ["empty lines", "\n\na\n\n", ["", "", "a", ""]],
  ["ends of both kinds", "a\r\nb\nc\r", ["a", "b", "c"]],
  ["letters of several bytes", "größe\n😀\n", ["größe", "😀"]],
  ["lines longer than what is read at once", `${long}\n1\n${long}`, [long, "1", long]],
  [
    "ends at every place about the boundary",
    Array.from({ length: 40 }, (_, i) => "y".repeat(limits.readBytes / 8 + i - 20)).join("\n"),
    Array.from({ length: 40 }, (_, i) => "y".repeat(limits.readBytes / 8 + i - 20)),
  ],
];

const folder = mkdtempSync(join(tmpdir(), "continua-reading-"));
const path = join(folder, "text");
process.on("exit", () => rmSync(folder, { recursive: true }));

for (const [name, text, expected] of texts) {
  test(`lines: ${name}`, async () => {
    writeFileSync(path, text);
    const found: string[] = [];
    for await (const line of lines(path)) found.push(line);
    assert.deepEqual(found, expected);
  });

  test(`lines, each by a reader that goes on from what was saved: ${name}`, () => {
    writeFileSync(path, text);
    const found: string[] = [];
    let reading = lines(path);
    for (let line = reading.next(); line !== undefined; line = reading.next()) {
      found.push(line);
      const saved = Reading.save(reading);
      reading.close();
      reading = new Reading<string>(saved);
    }
    assert.deepEqual(found, expected);
  });
}

test("chunks hold every byte once, and are as long as asked for", async () => {
  writeFileSync(path, long);
  const sizes: number[] = [];
  for await (const chunk of read(path, { chunkBytes: 100_000 })) sizes.push(chunk.length);
  assert.deepEqual(sizes, [100_000, long.length - 100_000]);
  assert.throws(() => read(path, { chunkBytes: 0 }), UserError);
});

test("a file that has become shorter than what was read is refused by name", () => {
  writeFileSync(path, "one\ntwo\n");
  const reading = lines(path);
  reading.next();
  reading.next();
  const again = new Reading<string>(Reading.save(reading));
  writeFileSync(path, "one\n");
  assert.throws(() => again.next(), /text has 4 bytes now, and 8 of it had been read/);
});
