/**
 * `continua check` finds exactly what the samples mark: with `// held: TYPE` variables that cannot be saved, from the types; with `// rule: NAME`
 * what is likely not meant, from the text.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, repository, temporaryFolder } from "./continua.ts";

const folder = join(repository, "tests/samples/check");

interface Problem {
  readonly severity: string;
  readonly rule?: string;
  readonly message: string;
  readonly id: string;
  readonly line: number;
  readonly column: number;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
  test(`check: ${file}`, async () => {
    const source = readFileSync(join(folder, file), "utf8");
    const expected = source.split("\n").flatMap((line, index) => {
      const [, kind, name] = /\/\/ (held|rule): ([\w-]+)/.exec(line) ?? [];
      return kind === undefined
        ? []
        : [`${file}:${index + 1} ${kind === "held" ? `not-saveable ${name}` : name}`];
    });
    const { status, stdout, stderr } = await continua(["check", file, "--json"], folder);
    const form = JSON.parse(stdout) as { types: boolean; modules: number; problems: Problem[] };
    const found = form.problems.map(({ id, line, rule, message }) => {
      const type =
        /^[\w. ]+ \((?:\w+, which extends )?(\w+)\) (?:in \w+ is held across the|is a variable of the module)/.exec(
          message,
        )?.[1];
      return `${id}:${line} ${rule}${type === undefined ? "" : ` ${type}`}`;
    });
    assert.deepEqual(found, expected, stderr);
    assert.equal(form.types, true);
    assert.equal(form.modules, 1);
    assert.equal(status, form.problems.some(({ severity }) => severity === "error") ? 1 : 0);
  });
}

test("check: what people see", async () => {
  const held = await continua(["check", "captured.ts"], folder);
  assert.equal(held.status, 1);
  assert.match(
    held.stderr,
    /^captured\.ts:4:9: error: socket \(Socket\) in main is held across the await at 6:3, .* \(not-saveable\)\n {2}4 \| {3}const socket/m,
  );
  assert.match(held.stderr, /captured\.ts: 1 module, 1 error, no warnings/);
  assert.equal(held.stdout, "");
  const races = await continua(["check", "races.ts"], folder);
  assert.equal(races.status, 0);
  assert.match(races.stderr, /^races\.ts:13:5: warning: jobs\.dequeue\(\) takes .* \(lost-race\)$/m);
});

test("check: the types of Node are known without a tsconfig.json", async (t) => {
  const path = temporaryFolder(t);
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  symlinkSync(join(repository, "node_modules"), join(path, "node_modules"));
  const lines = [
    'import { AsyncLocalStorage } from "node:async_hooks";',
    'import { connect } from "node:net";',
    "export default async () => {",
    "  const socket = connect(80);",
    "  const storage = new AsyncLocalStorage<number>();",
    '  const parts = new Intl.Segmenter("en").segment("a b")[Symbol.iterator]();',
    "  await null;",
    "  return [socket.localPort, parts.next(), storage.getStore()];",
    "};",
  ];
  writeFileSync(join(path, "main.ts"), lines.join("\n"));
  const { stdout } = await continua(["check", "main.ts", "--json"], path);
  const { problems } = JSON.parse(stdout) as { problems: Problem[] };
  assert.deepEqual(
    problems.map(({ line, rule }) => [line, rule]),
    [
      [4, "not-saveable"],
      [6, "not-saveable"],
    ],
  );
});

test("check --json: a program that does not compile", async (t) => {
  const path = temporaryFolder(t);
  writeFileSync(join(path, "main.ts"), "export default async () => {\n  eval('1');\n};\n");
  const { status, stdout } = await continua(["check", "main.ts", "--json"], path);
  assert.equal(status, 2);
  const { problems, modules } = JSON.parse(stdout) as { problems: Problem[]; modules: number };
  assert.equal(modules, 0);
  assert.deepEqual(
    problems.map(({ severity, id, line, column, rule }) => [severity, id, line, column, rule]),
    [["error", "main.ts", 2, 3, undefined]],
  );
});

test("run tells once what check warns of", async (t) => {
  const path = temporaryFolder(t);
  mkdirSync(join(path, "node_modules"));
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  const write = (text: string): void =>
    writeFileSync(
      join(path, "main.ts"),
      `import { call } from "continua";\nlet sum = 0;\nasync function add() { sum += 1; }\nexport default async () => {\n  await call(add);\n  ${text}\n};\n`,
    );
  write("return sum;");
  const warning = /^main\.ts:3:24: warning: call\(add\) writes "sum", .* \(copied-variable\)$/m;
  const first = await continua(["run", "main.ts"], path);
  assert.equal(first.stdout, "0\n", first.stderr);
  assert.match(first.stderr, warning);
  assert.doesNotMatch((await continua(["run", "main.ts"], path)).stderr, /warning/);
  write("return sum + 1;");
  assert.match((await continua(["run", "main.ts", "--plain"], path)).stderr, warning);
});

/** They hold a connection while a foreign call goes on, which pins them; that is what they are told. */
const pinned: readonly string[] = ["tpcds-like"];

for (const example of readdirSync(join(repository, "examples")).filter((name) => !pinned.includes(name))) {
  test(`check: example ${example} has nothing to be told of`, async () => {
    const { status, stderr } = await continua(["check", `examples/${example}/main.ts`]);
    assert.match(stderr, /: \d+ modules?, no errors, no warnings/);
    assert.equal(status, 0, stderr);
  });
}
