/** docs/reference/cli.md and `--help` speak of every command and flag that there is (src/cli/options.ts), and of no other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandFlags, usage } from "../../src/cli/options.ts";
import { repository } from "../acceptance/continua.ts";

const page = readFileSync(join(repository, "docs/reference/cli.md"), "utf8");

/** Text of each section, by its heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section] as const),
);

function flagsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/--([a-z][a-z-]*)/g)].map(([, name = ""]) => name))].sort();
}

for (const [command, flags] of Object.entries(commandFlags)) {
  test(`the page says of ${command} which flags it takes`, () => {
    const section = sections.get(command);
    assert(section !== undefined, `no section on ${command}`);
    // Of resume it is said, too, which flags of run it does not take.
    const without = command === "resume" ? ["input", "plain"] : [];
    assert.deepEqual(
      flagsIn(section).filter((name) => !without.includes(name)),
      Object.keys(flags).sort(),
    );
    assert.match(section, new RegExp(`continua ${command}\\b`));
  });
}

test("the page has no section on a command that is not there", () => {
  const known = [...Object.keys(commandFlags), "help, version"];
  for (const name of sections.keys()) assert(known.includes(name), name);
});

test("--help names every command and flag, and no other", () => {
  const flags = new Set(Object.values(commandFlags).flatMap((each) => Object.keys(each)));
  for (const command of Object.keys(commandFlags))
    assert.match(usage, new RegExp(`^ {2}continua ${command}\\b`, "m"));
  const named = flagsIn(usage);
  for (const flag of flags) if (flag !== "follow") assert(named.includes(flag), `--${flag} is not in --help`);
  for (const flag of named) assert(flags.has(flag), `--help speaks of --${flag}`);
});
