/** T1: what is read from a table is what was written into it, whatever the names are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModuleParts } from "./abi.ts";
import {
  readModule,
  readSites,
  type SiteData,
  type VariableData,
  writeExports,
  writeImported,
  writeSites,
  writeVariables,
} from "./tables.ts";

const position = (line: number, column = 0) => ({ line, column });
const many = Array.from({ length: 70 }, (_, index) => `v${index}`);
const sites: readonly SiteData[] = [
  {
    id: "(module)",
    name: "(module)",
    kind: "module",
    position: position(1),
    hash: "h0",
    labels: [null, { slots: ["$e"], ...position(4, 2) }],
  },
  {
    id: "main",
    name: "main",
    kind: "async",
    position: position(2, 7),
    hash: "h1",
    labels: [null],
    starter: { parameters: 2, rest: true },
  },
  {
    id: "main/(anonymous).2",
    name: "(anonymous)",
    kind: "async",
    position: position(3, 9),
    hash: "h2",
    labels: [
      null,
      { slots: ["$e", "$e1", "total", "é"], ...position(3, 20) },
      {
        slots: ["$e"],
        ...position(3, 30),
        quiet: { answer: true, halves: false, returns: true, simple: ["é", "a,b"] },
      },
      {
        slots: ["$e", "total"],
        ...position(4),
        quiet: { answer: false, halves: true, returns: false, simple: [] },
      },
      { slots: ["$e", "total"], ...position(5) },
      { slots: ["$head"], ...position(6) },
      { slots: ["$head", "total"], ...position(7, 12) },
    ],
  },
  {
    id: "Account/deposit.3",
    name: "deposit",
    shown: "Account.deposit",
    kind: "async",
    position: position(9),
    hash: "h3",
    labels: [null, { slots: ["$e", ...many], ...position(10, 1) }],
  },
  {
    id: "Account/[Symbol.iterator]",
    name: "other",
    shown: "Bank.other",
    kind: "generator",
    position: position(11),
    hash: "h4",
    labels: [null],
  },
  {
    id: "Account",
    name: "Account",
    kind: "class",
    position: position(8),
    hash: "h5",
    computed: ["$key0", "a,b"],
  },
  {
    id: "get x=1;~`${a}\\ +:#%\n\u2028/y",
    name: "get x",
    kind: "function",
    position: position(12),
    hash: "h=6",
  },
  { id: "a.2", name: "a.2", kind: "function", position: position(13), hash: "h7" },
  { id: "s", name: "s", kind: "asyncGenerator", position: position(14), hash: "h8", labels: [null] },
];

/** Each stands for one function of the list. */
function functionsOf(list: readonly SiteData[]): (() => string)[] {
  const names: string[] = [];
  for (const { id, kind, starter } of list) {
    if (kind !== "module" && starter === undefined) names.push(`make ${id}`);
    if (kind !== "function" && kind !== "class") names.push(`body ${id}`);
  }
  return names.map((name) => () => name);
}

const read = () =>
  readSites(
    "src/a.ts",
    writeSites(sites),
    functionsOf(sites),
    ({ parameters, rest }, name) =>
      () =>
        `starter ${parameters} ${rest} ${name}`,
  );

test("sites are read as they were written", () => {
  const made = read();
  assert.equal(made.length, sites.length);
  for (const [
    index,
    { id, name, shown, kind, position, hash, labels, computed, starter },
  ] of sites.entries()) {
    const site = made[index]!;
    const { line, column } = position;
    assert.deepEqual(
      [site.id, site.name, site.shown, site.kind, site.position, site.hash],
      [`src/a.ts#${id}`, name, shown, kind === "module" ? "async" : kind, { line, column }, hash],
    );
    assert.deepEqual(site.labels, labels ?? [null]);
    assert.deepEqual(site.computed, computed);
    const wanted =
      kind === "module" ? undefined : starter === undefined ? `make ${id}` : "starter 2 true main";
    assert.equal(site.make({}, site), wanted);
    assert.equal(site.body?.(null), kind === "function" || kind === "class" ? undefined : `body ${id}`);
  }
});

test("sites have one shape, so that a call finds their body at one place", () => {
  const shapes = new Set(read().map((site) => Object.keys(site).join()));
  assert.equal(shapes.size, 1);
});

test("a module is read as it was written", () => {
  const variables: VariableData[] = [
    { name: "main", kind: "function", position: position(2, 7), site: 1, again: false },
    { name: "default", kind: "function", position: position(2, 7), site: 1, again: false },
    { name: "x y", kind: "const", position: position(20, 6), again: true },
    { name: "old", kind: "var", position: position(21, 4), site: 6, again: false },
    { name: "let", kind: "let", position: position(22, 4), again: false },
    { name: "__proto__", kind: "class", position: position(23, 6), again: false },
  ];
  const imported = [
    { name: "a b", ...position(1, 9) },
    { name: "c", ...position(2, 3) },
  ];
  const exports = { default: "main", "string name": "x y", let: "let" };
  const again = () => 1;
  const parts: ModuleParts = {
    imports: ["node:fs", "./b.ts"],
    imported: [writeImported([]), writeImported(imported)],
    variables: writeVariables(variables, sites),
    exports: writeExports(exports),
    again: [again],
    stars: [1],
  };
  const made = read();
  const module = readModule("src/a.ts", made, parts, (site) => `closure ${site.id}`);
  assert.deepEqual(
    module.variables.map(({ name, kind, position, again }) => ({ name, kind, position, again })),
    variables.map(({ name, kind, position, again: made }) => ({
      name,
      kind,
      position,
      again: made ? again : undefined,
    })),
  );
  assert.deepEqual(module.imported, [[], imported]);
  assert.deepEqual(module.exports, exports);
  assert.deepEqual([module.imports, module.reexports, module.stars], [["node:fs", "./b.ts"], [], [1]]);
  assert.equal(module.body, made[0]);
  const record: Record<string, unknown> = Object.create(null);
  module.instantiate(record as never);
  assert.deepEqual(
    [record["main"], record["old"]],
    ["closure src/a.ts#main", `closure src/a.ts#${sites[6]!.id}`],
  );
});

test("a module without anything is a module", () => {
  const module = readModule("src/a.ts", read(), {}, () => {});
  assert.deepEqual([module.variables, module.exports, module.imports, module.imported], [[], {}, [], []]);
});
