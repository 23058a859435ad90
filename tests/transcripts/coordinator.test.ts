/**
 * Stories told to the coordinator, and what it decided: coordinator/*.txt. A block is commands, `----`, what came of them, an empty line;
 * `#` begins a comment. `BLESS=1` writes down what comes out now; the diff is then the review. What else is checked after each command: coordinator-harness.ts.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { commandsIn, Harness, pathOf, transcripts } from "./coordinator-harness.ts";

/** Runs a transcript; returns it with the outputs that came out. */
function retell(text: string): string {
  const harness = new Harness();
  const blocks = text.trimEnd().split(/\n\n+/);
  return `${blocks.map((block) => retellBlock(harness, block)).join("\n\n")}\n`;
}

function retellBlock(harness: Harness, block: string): string {
  const lines = block.split("\n");
  const end = lines.indexOf("----");
  const input = end < 0 ? lines : lines.slice(0, end);
  const output: string[] = [];
  const commands = commandsIn(input);
  if (commands.length === 0) return block;
  let many = 0;
  for (const { text, effects } of commands) {
    const out = harness.run(text, effects);
    if (/^(at|room|places) /.test(text)) continue;
    if (many++ > 0) output.push(`${text}:`);
    output.push(...(out.length === 0 ? ["nothing"] : out));
  }
  if (many === 0) return input.join("\n");
  return [...input, "----", ...output].join("\n");
}

for (const name of transcripts()) {
  test(`coordinator transcript ${name}`, () => {
    const path = pathOf(name);
    const text = readFileSync(path, "utf8");
    const told = retell(text);
    if (process.env["BLESS"] === "1") writeFileSync(path, told);
    else assert.equal(told, text);
  });
}
