/** What `npm pack` makes, outside of this repository: enough to run and check a program, and nothing that only examples and tests need. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "./continua.ts";

const execute = promisify(execFile);

const program = `import { call, queue, type Queue } from "continua";
import { square } from "./square.ts";

async function feed(numbers: Queue<number>): Promise<void> {
  for (let n = 0; n < 5; n++) await numbers.enqueue(n);
  numbers.close();
}

export default async function main(): Promise<number[]> {
  const numbers = queue<number>({ capacity: 2 });
  const fed = call(feed, numbers);
  const squares: number[] = [];
  for await (const n of numbers) squares.push(await call(square, n));
  await fed;
  return squares;
}
`;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** A folder in which the packed package is installed, with the dependencies that it names and no others. */
async function installed(t: TestContext): Promise<{ readonly folder: string; readonly paths: string[] }> {
  const folder = temporaryFolder(t);
  const flags = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await execute("npm", flags, { cwd: repository });
  const [packed] = JSON.parse(stdout) as [Packed];
  const place = join(folder, "node_modules/continua");
  mkdirSync(place, { recursive: true });
  await execute("tar", ["-xzf", join(folder, packed.filename), "-C", place, "--strip-components", "1"]);
  const { dependencies } = JSON.parse(readFileSync(join(place, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  // A program for Node has Node's types.
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), link);
  }
  return { folder, paths: packed.files.map(({ path }) => path) };
}

/** Links of its pages to what is not in it, as `page: link`. */
function brokenLinks(place: string, paths: readonly string[]): string[] {
  return paths
    .filter((path) => path.endsWith(".md"))
    .flatMap((page) => {
      const links = readFileSync(join(place, page), "utf8").matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g);
      return [...links]
        .map(([, link = ""]) => link)
        .filter((link) => !existsSync(join(place, dirname(page), link)))
        .map((link) => `${page}: ${link}`);
    });
}

test("the package runs, checks and types a program in a folder of one's own", async (t) => {
  const { folder, paths } = await installed(t);
  assert.deepEqual(
    paths.filter((path) =>
      /\.test\.|contract|fixture|^(tests|scripts)\/|^bench\/(?!\w+\/main\.ts|results\/)|\/data\//.test(path),
    ),
    [],
  );
  for (const name of ["README.md", "LICENSE", "docs/guide/first-steps.md"])
    assert.ok(paths.includes(name), name);
  assert.deepEqual(brokenLinks(join(folder, "node_modules/continua"), paths), []);

  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(
    join(folder, "square.ts"),
    "export const square = async (n: number): Promise<number> => n * n;\n",
  );
  const bin = join(folder, "node_modules/continua/bin/continua.js");
  const continua = (...args: string[]) => execute(process.execPath, [bin, ...args], { cwd: folder });
  for (const flags of [[], ["--plain"], ["--time-limit", "2s", "--chaos", "--seed", "3"]]) {
    const { stdout } = await continua("run", "main.ts", "--quiet", ...flags);
    assert.deepEqual(JSON.parse(stdout), [0, 1, 4, 9, 16]);
  }
  await continua("check", "main.ts");

  const { exports } = JSON.parse(
    readFileSync(join(folder, "node_modules/continua/package.json"), "utf8"),
  ) as { readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>> };
  for (const entry of Object.values(exports))
    for (const path of typeof entry === "string" ? [entry] : Object.values(entry))
      assert.ok(statSync(join(folder, "node_modules/continua", path)).isFile(), path);
  const typescript = join(repository, "node_modules/typescript/bin/tsc");
  // As the guide says.
  const guide = readFileSync(join(folder, "node_modules/continua/docs/guide/first-steps.md"), "utf8");
  writeFileSync(join(folder, "tsconfig.json"), /```json\n(.*?)```/s.exec(guide)![1]!);
  await execute(process.execPath, [typescript, "-p", "."], { cwd: folder });
});
