/** docs/reference/limits.md says what src/base/limits.ts says. `BLESS=1` rewrites the table. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { limits } from "../../src/base/limits.ts";
import { repository } from "../acceptance/continua.ts";

const page = join(repository, "docs/reference/limits.md");
const heading = "## All of them\n";

/** Of each limit, the comment above it in the source. */
function reasons(): Map<string, string> {
  const source = readFileSync(join(repository, "src/base/limits.ts"), "utf8");
  const found = new Map<string, string>();
  for (const [, reason = "", name = ""] of source.matchAll(/\/\*\*\s((?:(?!\*\/).)*)\*\/\s+(\w+):/gs)) {
    const words = reason.replace(/\n\s*\*(?= |$)/g, " ").replace(/^\s*\* /, "");
    found.set(name, words.replace(/\s+/g, " ").trim().replaceAll("|", "\\|"));
  }
  return found;
}

function shown(name: string, value: number): string {
  const grouped = value.toLocaleString("en-US");
  if (/Ms$|Ms(Min|Max)$/.test(name)) return `${grouped} ms`;
  if (/[bB]ytes/.test(name))
    return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
  return /MiB/.test(name) ? `${grouped} MiB` : grouped;
}

function table(): string {
  const why = reasons();
  const rows = Object.entries(limits).map(([name, value]) => [
    `\`${name}\``,
    shown(name, value),
    why.get(name) ?? "",
  ]);
  const cells = [["name", "value", "meaning and reason"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return ["", line(cells[0]!), rule, ...cells.slice(1).map(line), ""].join("\n");
}

test("every limit has its reason beside it", () => {
  const why = reasons();
  for (const name of Object.keys(limits)) assert((why.get(name)?.length ?? 0) > 20, `${name} has no reason`);
});

test("the page of limits is up to date", () => {
  const text = readFileSync(page, "utf8");
  const at = text.indexOf(heading) + heading.length;
  assert(at > heading.length);
  if (process.env["BLESS"] === "1") writeFileSync(page, text.slice(0, at) + table());
  else assert.equal(text.slice(at), table(), "BLESS=1 rewrites it");
});

test("what the page says of a program's limits are the numbers of the table", () => {
  const text = readFileSync(page, "utf8");
  const said = (name: keyof typeof limits, pattern: RegExp, unit = 1) => {
    const found = pattern.exec(text)?.[1]?.replaceAll(",", "");
    assert.equal(Number(found) * unit, limits[name], `${name}: ${pattern}`);
  };
  const mebi = 2 ** 20;
  said("payloadBytesMax", /arguments of a task[^|]*\| (\d+) MiB/, mebi);
  said("askedBytesMax", /without waiting *\| (\d+) MiB/, mebi);
  said("snapshotBytesMax", /state of a task *\| (\d+) MiB/, mebi);
  said("logCharsMax", /console.log` prints *\| ([\d,]+) characters/);
  said("lineBytesMax", /a line of `lines\(\)` *\| (\d+) MiB/, mebi);
  said("queueCapacity", /items in a queue *\| ([\d,]+),/);
  said("inboxMessages", /messages in an inbox *\| ([\d,]+) /);
  said("mapConcurrency", /`mapTasks` at a time *\| (\d+),/);
  said("workerOverheadMiB", /--memory MIB` *\| (\d+) MiB more/);
  said("cancelGraceMs", /after its cancellation *\| (\d+) seconds/, 1_000);
  said("pinnedMs", /cannot be made *\| (\d+) seconds/, 1_000);
});
