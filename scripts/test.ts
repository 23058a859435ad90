/**
 * Runs the compiled tests with Node's own runner: `node dist/scripts/test.js [PART OF A PATH ...]`.
 * Node 20 has no globs for `--test`, hence the list.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);

const files = ["src", "tests"]
  .flatMap((folder) =>
    readdirSync(join(dist, folder), { recursive: true, encoding: "utf8" }).map((path) =>
      join(dist, folder, path),
    ),
  )
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test matches ${wanted.join(" ")}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
  stdio: "inherit",
});
process.exit(status ?? 1);
