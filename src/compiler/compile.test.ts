/** What the compiler says, and where; what its output promises besides meaning the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Abi, type ModuleDefinition, suspended, uninitialized } from "../protocol/abi.ts";
import { readModule, readSites } from "../protocol/tables.ts";
import { bundle, compile, formatDiagnostic } from "./index.ts";

const mistakes: readonly { source: string; id?: string; says: string }[] = [
  { source: "let x = ;", says: "src/a.ts:1:9: error: Unexpected token" },
  { source: "// é\nlet y: number == 1;", says: "src/a.ts:2:14: error: Expected a semicolon" },
  {
    source: "const a = 1;\nconst a = 2;",
    id: "src/a.js",
    says: "src/a.js:2:7: error: Identifier 'a' has already been declared",
  },
  { source: "await = 1;", id: "src/a.js", says: "src/a.js:1:7: error:" },
  {
    source: "\nfunction f(s: string) {\n  return eval(s);\n}",
    says: "src/a.ts:3:10: error: not supported: direct eval",
  },
  { source: "with (a) b;", id: "src/a.js", says: "src/a.js:1:1: error: 'with' in strict mode" },
  {
    source: 'let a;\nimport fs = require("node:fs");\nfs;',
    says: "src/a.ts:2:8: error: not supported: import fs = require()",
  },
  { source: "let a = 1;\nexport = a;", says: "src/a.ts:2:10: error: not supported: export =" },
  {
    source: "namespace A { export const x = 1; }\nnamespace A { export const y = { x: [x] }; }",
    says: "src/a.ts:2:38: error: not supported: x, which another part of namespace A exports",
  },
  {
    source: "class A { @dec accessor x = 1; }",
    says: "src/a.ts:1:11: error: not supported: decorators of the standard",
  },
  {
    source: "(globalThis as any).cache ??= new Map();",
    says: "src/a.ts:1:2: error: not supported: a write to globalThis.cache: globals belong to the process",
  },
  {
    source: "let a = 1;\n[a, counter] = [1, 2];",
    says: "src/a.ts:2:5: error: not supported: a write to globalThis.counter",
  },
  {
    source: "const g = globalThis; delete g.x;",
    says: "src/a.ts:1:30: error: not supported: a write to globalThis.x",
  },
  {
    source: "Array.prototype.last = function () {};",
    says: "src/a.ts:1:1: error: not supported: a write to Array.prototype.last: built-ins belong to the process",
  },
  {
    source: "const { x } = y; Math.random = x;",
    says: "src/a.ts:1:18: error: not supported: a write to Math.random",
  },
  {
    source: 'Object.defineProperty(globalThis.Array.prototype, "two", {});',
    says: "src/a.ts:1:1: error: not supported: a write to Array.prototype.two",
  },
  { source: "for (JSON.parse of []);", says: "src/a.ts:1:6: error: not supported: a write to JSON.parse" },
  {
    source: "module.exports = 1;",
    says: "src/a.ts:1:1: error: not supported: a write to module.exports: a compiled",
  },
  { source: "@dec class A {}", says: "src/a.ts:1:1: error: not supported: decorators of the standard" },
];

for (const { source, id = "src/a.ts", says } of mistakes) {
  test(`says of ${JSON.stringify(source)}: ${says}`, () => {
    const { code, diagnostics } = compile(source, { id });
    assert.equal(code, "");
    const text = formatDiagnostic(diagnostics[0]!, source);
    assert.ok(text.startsWith(says), text);
    assert.match(text, /\n {2}\d+ \| .*\n {2} +\| +\^|\n {2}\d+ \| .*\n {2} *\| *\^/);
  });
}

test("what belongs to the program may be written to, and all if the realm is its own", () => {
  const own = `
class Own extends Array {} Own.prototype.two = 2;
function f(Array) { Array.prototype.x = 1; }
const h = { globalThis: {} }; h.globalThis.x = Object.assign({}, Math);
Symbol.dispose ??= Symbol("Symbol.dispose");
process.env.MODE = "x";`;
  assert.deepEqual(compile(own, { id: "src/a.js" }).diagnostics, []);
  assert.deepEqual(compile("x = Math.random = 1;", { id: "src/a.js", ownRealm: true }).diagnostics, []);
});

function define(source: string, id = "src/a.ts"): ModuleDefinition {
  const { code, diagnostics } = compile(source, { id });
  assert.deepEqual(diagnostics, []);
  const rt: Partial<Abi> = {
    suspended,
    uninitialized,
    signal: new Int32Array(1),
    sites: (module, table, functions) => readSites(module, table, functions, () => () => {}),
    module: (name, sites, parts) => readModule(name, sites, parts, () => {}),
  };
  return new Function("$rt", code)(rt) as ModuleDefinition;
}

test("sites are named by where they stand, and variables by their export", () => {
  const { sites, variables, exports } = define(`
import { z } from "zod";
export default async function main() {
  const retry = () => 1;
  const other = [() => 2, () => 3];
  class Inner { async method() {} field = () => 4; }
}
const schema = z.object({}), limit = 5;
export { limit as most };
export const twice = 1; export { twice as again };
`);
  assert.deepEqual(
    sites.map((site) => `${site.kind} ${site.id.replace("src/a.ts#", "")}`).toSorted(),
    [
      "async (module)",
      "async main",
      "function main/retry",
      "function main/(anonymous)",
      "function main/(anonymous).2",
      "class main/Inner",
      "function main/Inner/field",
      "async main/Inner/method",
    ].toSorted(),
  );
  assert.deepEqual(
    variables.map((variable) => `${variable.kind} ${variable.name}${variable.again ? " again" : ""}`),
    ["function default", "const schema again", "const most", "const twice"],
  );
  assert.deepEqual(exports, { default: "default", most: "most", twice: "twice", again: "twice" });
});

const frames: readonly { what: string; source: string; slots: string[][] }[] = [
  {
    what: "a variable dead at an await is not kept",
    source: "async function f(u) { const s = open(u); s.end(); await 0; return u; }",
    slots: [["$e", "u"]],
  },
  {
    what: "nor one that is used between two awaits only",
    source: "async function f(u) { await 1; const s = open(u); s.end(); await 2; return 1; }",
    slots: [["$e", "u"], ["$e"]],
  },
  {
    what: "what a handler reads is kept in the whole block",
    source: "async function f(a, b) { try { await 1; b = 2; await 2; } catch { return [a, b]; } }",
    slots: [
      ["$e", "a", "b"],
      ["$e", "a", "b"],
    ],
  },
  {
    what: "a loop keeps what its next round reads",
    source: "async function f(n) { let i = 0, dead = 1; while (i < n) { await dead; dead = 2; i++; } }",
    slots: [["$e", "n", "i"]],
  },
  {
    what: "a loop without an await goes on with its test",
    source: "async function f(n) { let i = 0; for (let last = n; i < last; i++) n--; return i + n; }",
    slots: [["$head", "n", "i", "last"]],
  },
  {
    what: "operands evaluated before an await",
    source: "async function f(a, b) { return a.x + (await b) + a.y; }",
    slots: [["$e", "a", "$t1"]],
  },
  {
    what: "this, if it is needed again",
    source: "async function f() { await 1; await this.x; return 1; }",
    slots: [["$e", "$self"], ["$e"]],
  },
];

for (const { what, source, slots } of frames) {
  test(`frames: ${what}`, () => {
    const site = define(source).sites.find((each) => each.name === "f")!;
    assert.deepEqual(
      site.labels!.slice(1).map((label) => label!.slots),
      slots,
    );
  });
}

/** `outside`: of the polls, those that stand outside of their loops. */
const loops: readonly { what: string; body: string; polls: number; outside?: number }[] = [
  { what: "one without an await", body: "while (a()) b();", polls: 1, outside: 1 },
  { what: "not one that awaits in every turn", body: "while (a()) { b(); await c(); }", polls: 0 },
  { what: "nor one that returns before", body: "while (a()) { if (b()) return; await c(); }", polls: 0 },
  { what: "nor one whose test awaits", body: "while (await a()) b();", polls: 0 },
  {
    what: "nor one that awaits on both ways",
    body: "for (;;) { if (a()) await b(); else await c(); }",
    polls: 0,
  },
  {
    what: "nor one that awaits in the end, whatever happens",
    body: "for (;;) try { a(); } finally { await b(); }",
    polls: 0,
  },
  { what: "nor an asynchronous one", body: "for await (const x of a) b(x);", polls: 0 },
  { what: "one that may not await", body: "while (a()) { if (b()) await c(); }", polls: 1 },
  { what: "one that may go on before", body: "while (a()) { if (b()) continue; await c(); }", polls: 1 },
  {
    what: "one that may leave a block before",
    body: "while (a()) { l: { if (b()) break l; await c(); } }",
    polls: 1,
  },
  { what: "one that goes on after an exception", body: "for (;;) try { await a(b()); } catch {}", polls: 1 },
  {
    what: "one that awaits in an inner loop only",
    body: "while (a()) { for (const x of b) await x; }",
    polls: 1,
  },
  {
    what: "one whose inner loop goes on with it",
    body: "l: while (a()) { while (b()) { continue l; } await c(); }",
    polls: 2,
    outside: 1,
  },
  { what: "one in another", body: "for (;;) for (const x of a) b(x);", polls: 2, outside: 1 },
  { what: "one that ends with its test", body: "do b(); while (a());", polls: 1, outside: 1 },
  {
    what: "one over keys, which returns",
    body: "for (const k in a) if (b(k)) return;",
    polls: 1,
    outside: 1,
  },
];

for (const { what, body, polls, outside = 0 } of loops) {
  test(`polls: ${what}`, () => {
    const { code } = compile(`async function f(a, b, c) { ${body} }`, { id: "src/a.js" });
    const count = (part: string): number => code.split(part).length - 1;
    assert.deepEqual([count("$k.poll()"), count("$p < 0 && $k.poll()")], [polls, outside], code);
  });
}

test("positions are those of the source as written", () => {
  const source =
    "type A = {\n  x: number;\n};\n\nasync function f(a: A): Promise<void> {\n  const y: number = 1;\n  await g(y);\n}\ndeclare function g(n: number): void;\n";
  const site = define(source).sites.find((each) => each.name === "f")!;
  assert.deepEqual(site.position, { line: 5, column: 0 });
  assert.equal(site.labels![1]!.line, 7);
  const { map } = compile(source, { id: "src/a.ts" });
  const { version, sources, sourcesContent, mappings } = JSON.parse(map);
  assert.deepEqual([version, sources, sourcesContent], [3, ["src/a.ts"], [source]]);
  assert.ok(mappings.length > 20);
});

test("a read is checked only if it may come too early", () => {
  const checks = (source: string): number =>
    compile(source, { id: "src/a.ts" }).code.split("deadZone(").length - 1;
  assert.equal(
    checks("const a = 1; const b = a + 1; const m = new Map(); export function f() { return [a, b, m]; }"),
    0,
  );
  assert.equal(checks("const a = load(); export function f() { return a; }"), 1);
  assert.equal(checks('import "./b.ts"; const a = 1; export function f() { return a; }'), 1);
  assert.equal(checks('import "pkg"; const a = 1; export function f() { return a; }'), 0);
  assert.equal(checks("export async function f() { const a = await 1; return () => a; }"), 0);
});

const files: Record<string, string> = {
  "src/main.ts":
    'import { b } from "./b.ts"; import d from "./d.json" with { type: "json" }; import "node:fs"; export default async () => (await import("./c.ts")).c + b + d.n;',
  "src/b.ts": 'import { a } from "./b2.ts"; export const b = a;',
  "src/b2.ts": 'export * from "./b.ts"; export const a = 1;',
  "src/c.ts": "export const c = 1;",
  "src/d.json": '{ "n": 1, "__proto__": 2 }',
};

const host = {
  read: async (id: string) => files[id] ?? Promise.reject(new Error(`no file ${id}`)),
  resolve: async (specifier: string) => {
    if (!specifier.startsWith("./")) return { kind: "foreign" as const, name: specifier };
    const id = `src/${specifier.slice(2)}`;
    if (files[id] === undefined) throw new Error("there is no such file");
    return { kind: "compiled" as const, id };
  },
  hash: (text: string) => String(text.length),
};

test("a bundle holds everything the entry reaches", async () => {
  const { bundle: made, diagnostics } = await bundle("src/main.ts", host, { root: "/app", nodeMajor: 20 });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    made!.modules.map((module) => module.id),
    ["src/b.ts", "src/b2.ts", "src/c.ts", "src/d.json", "src/main.ts"],
  );
  const main = made!.modules.at(-1)!;
  assert.deepEqual(main.links, [
    { kind: "compiled", id: "src/b.ts" },
    { kind: "compiled", id: "src/d.json" },
    { kind: "foreign", name: "node:fs" },
  ]);
  assert.deepEqual(main.dynamic, { "./c.ts": { kind: "compiled", id: "src/c.ts" } });
  const elsewhere = await bundle("src/main.ts", host, { root: "/elsewhere", nodeMajor: 20 });
  assert.equal(elsewhere.bundle!.version, made!.version);
});

test("an import that leads nowhere is a diagnostic at its place", async () => {
  const read = async () => 'import "node:fs";\nimport { x } from "./gone.ts";\nexport default x;';
  const { bundle: made, diagnostics } = await bundle(
    "src/main.ts",
    { ...host, read },
    { root: "/app", nodeMajor: 20 },
  );
  assert.equal(made, undefined);
  assert.deepEqual(
    diagnostics.map((each) => formatDiagnostic(each)),
    ['src/main.ts:2:19: error: cannot find "./gone.ts": there is no such file'],
  );
});

test("a package that a dynamic import does not find is a warning: the program may do without it", async () => {
  const read = async () => 'export default () => [import("not-installed"), import("./gone.ts")];';
  const resolve = async () => {
    throw new Error("there is no such file");
  };
  const hosted = { ...host, read, resolve };
  const { diagnostics } = await bundle("src/main.ts", hosted, { root: "/app", nodeMajor: 20 });
  assert.deepEqual(
    diagnostics.map((each) => formatDiagnostic(each)),
    [
      'src/main.ts:1:30: warning: cannot find "not-installed": there is no such file; this import will be rejected',
      'src/main.ts:1:55: error: cannot find "./gone.ts": there is no such file',
    ],
  );
});
