/** The examples, through deaths by time limit and by chance, against the same source in one ordinary process. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, repository, temporaryFolder } from "./continua.ts";

test("grep: what is found is what the plain run finds, in pieces of files too", async (t) => {
  const folder = temporaryFolder(t);
  // Above the size of a piece, with matches at the ends of lines, of pieces and of the file.
  const line = (i: number): string => (i % 997 === 0 ? `needle ${i}` : `hay ${i} ${"größe ".repeat(i % 40)}`);
  writeFileSync(join(folder, "large.txt"), Array.from({ length: 40_000 }, (_, i) => line(i)).join("\n"));
  writeFileSync(join(folder, "small.md"), "a needle\n\nand another needle\n");
  writeFileSync(join(folder, "empty.md"), "");
  const run = async (out: string, ...flags: string[]): Promise<[unknown, string]> => {
    const input = { pattern: "needle", paths: [folder], context: 2, out: join(folder, out) };
    const args = ["run", join(repository, "examples/grep/main.ts"), "--input", JSON.stringify(input)];
    const { status, stdout, stderr } = await continua([...args, ...flags], folder);
    assert.equal(status, 0, stderr);
    return [{ ...JSON.parse(stdout), out: "" }, readFileSync(join(folder, out), "utf8")];
  };
  const plain = await run("plain.out", "--plain");
  assert.equal((plain[0] as { matches: number }).matches, 43);
  assert.deepEqual(await run("tasks.out", "--time-limit", "2s", "--chaos", "--seed", "5"), plain);
});
