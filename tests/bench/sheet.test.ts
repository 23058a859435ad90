/** Tables: wide ones have a line for each place, and the page of the evaluation has what was measured. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSheets, type Sheet, tablesOf, withTables } from "../../bench/sheet.ts";
import { repository } from "../acceptance/continua.ts";

const sheet: Sheet = {
  name: "hops",
  title: "Hops",
  columns: [],
  rows: [
    { store: "file", size: 10, ms: 1.234 },
    { store: "redis", size: 10, ms: 2 },
    { store: "redis", size: 100_000, ms: 300 },
  ],
  wide: [
    { title: "ms", by: [{ key: "size", title: "bytes" }], across: ["store"], value: "ms" },
    { title: "again", by: [{ key: "store", title: "store" }], across: ["size"], unit: "bytes", value: "ms" },
  ],
};

test("a wide table has a column for each thing that it goes across, and a dash where nothing was measured", () => {
  const [first, second] = tablesOf(sheet);
  assert.deepEqual(first, {
    title: "Hops: ms",
    lines: [
      "| bytes   | file | redis |",
      "| ------- | ---- | ----- |",
      "| 10      | 1.23 | 2     |",
      "| 100,000 | -    | 300   |",
    ],
  });
  assert.equal(second?.lines[0], "| store | 10 bytes | 100,000 bytes |");
});

test("tables go behind their marks, in the place of those that are there; what is not known stays", () => {
  const page =
    "<!-- bench: hops -->\n\n| old |\n| --- |\n\ntext\n\n<!-- bench: hops 2 -->\n\n<!-- bench: other -->\n\n| kept |\n";
  const made = withTables(page, [sheet]);
  const [ms, again] = tablesOf(sheet).map(({ lines }) => lines.join("\n"));
  assert.equal(
    made,
    `<!-- bench: hops -->\n\n${ms}\n\ntext\n\n<!-- bench: hops 2 -->\n\n${again}\n\n<!-- bench: other -->\n\n| kept |\n`,
  );
  assert.equal(withTables(made, [sheet]), made);
});

test("docs/evaluation.md has the tables of bench/results", () => {
  const page = readFileSync(join(repository, "docs/evaluation.md"), "utf8");
  const sheets = ["kappa", "apps", "scaling", "peers"].flatMap((name) =>
    readSheets(join(repository, `bench/results/${name}.json`)),
  );
  const known = new Set(
    sheets.flatMap((each) => tablesOf(each).map((_, n) => (n === 0 ? each.name : `${each.name} ${n + 1}`))),
  );
  const marks = [...page.matchAll(/<!-- bench: (.+) -->/g)].map(([, name]) => name!);
  assert.ok(marks.length > 10);
  for (const mark of marks) assert.ok(known.has(mark), `${mark} is in no file of bench/results`);
  assert.equal(withTables(page, sheets), page);
});
