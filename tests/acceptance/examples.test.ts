/** The examples, through deaths by time limit and by chance, against the same source in one ordinary process. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
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

const deaths = ["--time-limit", "2s", "--chaos", "--seed", "5"];

test("streaming: every post counts once, whoever dies", async (t) => {
  const folder = temporaryFolder(t);
  const run = async (out: string, ...flags: string[]): Promise<[unknown, string]> => {
    const input = { posts: 20_000, batch: 250, out: join(folder, out) };
    const args = ["run", join(repository, "examples/streaming/main.ts"), "--input", JSON.stringify(input)];
    const { status, stdout, stderr } = await continua([...args, ...flags], folder);
    assert.equal(status, 0, stderr);
    return [JSON.parse(stdout), readFileSync(join(folder, out), "utf8")];
  };
  const plain = await run("plain.out", "--plain");
  const { posts, counted, late } = plain[0] as Readonly<Record<string, number>>;
  assert.equal(posts, counted! + late!);
  assert.deepEqual(await run("tasks.out", ...deaths), plain);
});

test("web crawler: every page once, and once more for each worker that died while it asked; and what the plain run finds", async (t) => {
  const folder = temporaryFolder(t);
  const site = join(folder, "site");
  mkdirSync(join(site, "private"), { recursive: true });
  const pages = 80;
  const link = (to: string): string => `<a class="x" href="${to}">to ${to}</a>`;
  for (let i = 0; i < pages; i++) {
    const to = [i * 2 + 1, i * 2 + 2, i + 7].filter((n) => n < pages).map((n) => link(`p${n}.html#part`));
    writeFileSync(
      join(site, `p${i}.html`),
      `<html><title>Page ${i} &amp; more</title>${to.join("\n")} ${link("/private/x.html")} ${link("gone.html")} ${link("https://else.where/")}</html>`,
    );
  }
  // Whatever port is free now.
  const { port, close } = await freePort();
  await close();
  const input = JSON.stringify({ folder: site, start: "p0.html", port });
  const args = ["run", join(repository, "examples/web-crawler/main.ts"), "--input", input];
  const run = await continua([...args, ...deaths, "--state", join(folder, "state")], folder);
  assert.equal(run.status, 0, run.stderr);
  const told = JSON.parse(run.stdout);
  assert.deepEqual(
    [told.pages, told.found, told.forbidden, told.broken],
    [pages + 1, pages, 1, [`404 http://127.0.0.1:${port}/gone.html`]],
  );
  const asked = (await (await fetch(`http://127.0.0.1:${port}/__asked`)).json()) as Record<
    string,
    (string | null)[]
  >;
  const died = /deaths: (\d+) time-limit, (\d+) chaos/.exec(run.stderr)!;
  assert.ok(Number(died[1]) + Number(died[2]) > 0, "nobody died");
  // Who asks again is another worker, since the one that had asked has died: so a page is served once, and once more for each that died while it asked.
  for (const [path, processes] of Object.entries(asked)) {
    const told = processes.filter((id) => id !== null);
    assert.equal(new Set(told).size, told.length, `${path} was asked for twice by one of ${told.join(", ")}`);
    assert.ok(processes.length <= 1 + Number(died[1]) + Number(died[2]), `${path}: ${processes.join(", ")}`);
  }
  if (process.platform === "linux")
    assert.ok(
      Object.values(asked)
        .flat()
        .some((id) => id !== null),
    );
  assert.equal(asked["/private/x.html"], undefined);
  const plain = await continua([...args, "--plain"], folder);
  assert.equal(run.stdout, plain.stdout);
});

interface Answers {
  readonly answers: readonly { readonly name: string; readonly rows: number; readonly equal?: boolean }[];
}

test("tpcds-like: ten queries in pieces have the rows of the whole data, and the same through deaths", async (t) => {
  const folder = temporaryFolder(t);
  const run = async (input: object, ...flags: string[]): Promise<Answers> => {
    const args = ["run", join(repository, "examples/tpcds-like/main.ts"), "--input"];
    const shape = { scale: 0.01, show: 1_000, folder: join(folder, "data"), ...input };
    const { status, stdout, stderr } = await continua([...args, JSON.stringify(shape), ...flags], folder);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const plain = await run({ check: true }, "--plain");
  assert.equal(plain.answers.length, 10);
  for (const { name, rows, equal } of plain.answers) assert.ok(equal && rows > 0, name);

  const died = await run({ queries: ["q34"] }, ...deaths);
  const [{ equal: _, ...expected }] = plain.answers.filter(({ name }) => name === "q34") as [
    Answers["answers"][0],
  ];
  assert.deepEqual(died.answers, [expected]);
});

async function freePort(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, close: async () => void (await promisify(server.close.bind(server))()) };
}
