import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { TsConfigs } from "./tsconfig.ts";

/** Files of a project, by path; objects are JSON. */
function project(t: TestContext, files: Readonly<Record<string, unknown>>): (path: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "continua-tsconfig-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return (path) => join(folder, path);
}

test("T1: paths and baseUrl lead to files; the longest beginning wins, and what is not there is left to packages", (t) => {
  const at = project(t, {
    "tsconfig.json": {
      compilerOptions: {
        baseUrl: "./src",
        paths: { "@/*": ["gone/*", "*"], "@/lib/*": ["library/*.ts"], one: ["first"], typed: ["typed.d.ts"] },
      },
    },
    "src/a.ts": "",
    "src/b/index.tsx": "",
    "src/library/c.ts": "",
    "src/first.js": "",
    "src/typed.d.ts": "",
    "packages/own/tsconfig.json": {},
  });
  const configs = new TsConfigs();
  const cases: [specifier: string, path: string | undefined][] = [
    ["@/a", "src/a.ts"],
    ["@/a.js", "src/a.ts"],
    ["@/b", "src/b/index.tsx"],
    ["@/lib/c", "src/library/c.ts"],
    ["one", "src/first.js"],
    ["library/c", "src/library/c.ts"],
    ["typed", undefined],
    ["lodash", undefined],
  ];
  for (const [specifier, path] of cases)
    assert.equal(configs.resolve(specifier, at("src/main.ts")), path && at(path), specifier);
  assert.equal(configs.resolve("@/a", at("packages/own/main.ts")), undefined);
  assert.match(
    configs.hintFor("@/nowhere", at("src/main.ts"))!,
    /"paths" of .* has it as "@\/\*".*gone\/\* or \*/,
  );
});

test("T1: a file that only refers to others stands for the first of them that includes the file", (t) => {
  const at = project(t, {
    "tsconfig.json": { files: [], references: [{ path: "./tsconfig.tests.json" }, { path: "./app" }] },
    "tsconfig.tests.json": {
      compilerOptions: { jsx: "react" },
      include: ["tests/**/*.ts", "app/src/*.test.ts"],
    },
    "app/tsconfig.json": {
      compilerOptions: { jsx: "react-jsx", jsxImportSource: "preact" },
      include: ["src"],
      exclude: ["src/*.test.ts"],
    },
  });
  const configs = new TsConfigs();
  const older = { factory: "React.createElement", fragment: "React.Fragment" };
  assert.deepEqual(configs.settingsFor(at("tests/deep/a.ts")), { jsx: older });
  assert.deepEqual(configs.settingsFor(at("other/a.ts")), {});
  assert.deepEqual(configs.settingsFor(at("app/src/deep/a.ts")), { jsx: { importSource: "preact" } });
  assert.deepEqual(new TsConfigs().settingsFor(at("tests.ts")), {});
});

test("T2: extends is followed, through lists and packages; the last word counts, and paths belong to who says them", (t) => {
  const at = project(t, {
    "node_modules/@tsconfig/some/tsconfig.json": `// with a comment
      { "compilerOptions": { "target": "ES2020", "experimentalDecorators": true, "outDir": "\${configDir}/out" }, }`,
    "node_modules/bases/package.json": { name: "bases", tsconfig: "strict.json" },
    "node_modules/bases/strict.json": { compilerOptions: { verbatimModuleSyntax: true, jsx: "react-jsx" } },
    "base/one.json": { compilerOptions: { paths: { "~/*": ["./*"] }, jsx: "preserve" } },
    "base/there.ts": "",
    "app/tsconfig.json": {
      extends: ["@tsconfig/some/tsconfig.json", "bases", "../base/one"],
      compilerOptions: { emitDecoratorMetadata: true },
    },
    "app/new/tsconfig.json": {
      extends: "../tsconfig.json",
      compilerOptions: { useDefineForClassFields: true },
    },
  });
  const configs = new TsConfigs();
  const all = {
    jsx: { importSource: "react" },
    decorators: "described",
    assignsFields: true,
    keepsImports: true,
  };
  assert.deepEqual(configs.settingsFor(at("app/src/main.ts")), all);
  const { assignsFields: _, ...others } = all;
  assert.deepEqual(configs.settingsFor(at("app/new/main.ts")), others);
  assert.equal(configs.resolve("~/there", at("app/src/main.ts")), at("base/there.ts"));
});

test("what cannot be followed is told with the file and what it says", (t) => {
  const at = project(t, {
    "broken/tsconfig.json": "{ nothing }",
    "gone/tsconfig.json": { extends: "@tsconfig/none" },
    "round/tsconfig.json": { extends: "./other.json" },
    "round/other.json": { extends: "./tsconfig.json" },
    "rooted/tsconfig.json": { compilerOptions: { rootDirs: ["a", "b"] } },
  });
  const asked = (folder: string) => () => new TsConfigs().settingsFor(at(`${folder}/main.ts`));
  assert.throws(asked("broken"), /broken.tsconfig\.json: cannot be read: /);
  assert.throws(asked("gone"), /gone.tsconfig\.json: "extends" names "@tsconfig\/none", which is not there/);
  assert.throws(asked("round"), /"extends" leads back to itself/);
  assert.match(new TsConfigs().hintFor("x", at("rooted/main.ts"))!, /"rootDirs" of .* is not followed/);
});
