/** Which suspensions are quiet (Q1 - Q4): `here` stands for the one in question, as `await step(() => here)`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSites } from "../../protocol/tables.ts";
import { compile } from "../compile.ts";

/** The body of `main(a, b, o)` → letters and names of the label (`a`nswer, `h`alves, may `r`eturn); `loud`: none. */
const cases: readonly (readonly [body: string, expected: string])[] = [
  // The next step, and nothing before it.
  ["HERE; await step(() => 2);", ""],
  ["const x = HERE; await step(() => x); await step(() => o);", ""],
  ["let x; x = HERE; const y = { x, list: [x] }; await step(() => y);", ""],
  ["HERE; await sleep(1000);", "r"],
  ["HERE; await step(() => 2, { retry: { attempts: 3 } });", "r"],
  // The end of the function.
  ["HERE;", "r"],
  ["return HERE;", "ar"],
  ["HERE; return { a, o };", "r"],
  ["HERE; return a + 1;", "r,a"],
  // Operators call `valueOf`, unless their operands are simple.
  ["const x = (HERE) + 1; await step(() => x);", "a"],
  ["let x = 1; x += HERE; await step(() => x);", "ah"],
  ["HERE; const x = -a < b; await step(() => x);", ",a,b"],
  ["HERE; const x = a === o || !o ? typeof o : void 0; await step(() => x);", ""],
  ["const x = `${a} and ${HERE}`; await step(() => x);", "ah"],
  ["HERE; a = 1; a++; await step(() => a);", ""],
  // Loops and branches.
  ["for (let i = 0; i < a; i++) HERE;", "r,a,i"],
  ["for (let i = 0; i < a; i++) { HERE; await step(() => i); }", ""],
  ["while (true) { HERE; if (o) break; }", "r"],
  ["do HERE; while (a > 0); await step(() => 2);", ",a"],
  ["outer: for (;;) { for (;;) { HERE; if (o) continue outer; await step(() => 2); } }", ""],
  ["try { HERE; await step(() => 2); } finally { a = 0; }", ""],
  ["try { HERE; await step(() => 2); } catch { f(); }", ""],
  ["try { HERE; await step(() => 2); } finally { await step(() => 3, { retry: 2 }); }", ""],
  ["try { await step(() => 2); } finally { HERE; await step(() => 3, { retry: 2 }); }", "r"],
  // Whatever may call something.
  ["HERE; f();", "loud"],
  ["HERE; o.f;", "loud"],
  ["HERE; o.x = 1;", "loud"],
  ["HERE; const { x } = o;", "loud"],
  ["HERE; [...o];", "loud"],
  ["HERE; new Map();", "loud"],
  ["HERE; a in o;", "loud"],
  ["HERE; delete o.x;", "loud"],
  ["HERE; throw a;", "loud"],
  ["HERE; await o;", "loud"],
  ["HERE; await f();", "loud"],
  ["HERE; await step(f);", "loud"],
  ["HERE; await step(() => 2, o);", "loud"],
  ["HERE; await sleep(o);", "loud"],
  ["HERE; await step?.(() => 2);", "loud"],
  ["HERE; console.log(1);", "loud"],
  ["HERE; return o;", "r,o"],
  ["HERE; return { then: f };", "loud"],
  ["HERE; return { __proto__: o };", "loud"],
  ["HERE; a = 10n;", "r"],
  ["HERE; return a + 10n;", "loud"],
  ["HERE; late; let late = 1; await step(() => late);", "loud"],
  ["for (const x of o) HERE;", "loud"],
  ["for (let i = 0; i < a; i++) { if (o) HERE; }", "loud"],
  ["while (a) { HERE; for (let i = 0; i < 3; i++); await step(() => 2); }", "loud"],
  ["HERE; if (o) f(); await step(() => 2);", "loud"],
  ["try { HERE; } finally { f(); }", "loud"],
  ["try { HERE; await step(() => 2, { retry: 2 }); } catch { f(); }", "loud"],
  ["for (;;) { try { HERE; if (o) return 1; } finally { await f(); } }", "loud"],
  ["f(HERE);", "loud"],
  ["HERE; { using x = o; }", "loud"],
];

for (const [body, expected] of cases) {
  test(`quiet: ${body}`, () => {
    assert.equal(quietOf(body), expected);
  });
}

test("quiet: no word of another module counts", () => {
  assert.equal(quietOf("HERE; await step(() => 2);", "other"), "loud");
});

/** A function of the program is waited for: it may end with an error. */
const calls: readonly (readonly [body: string, expected: string])[] = [
  ["HERE; await step(() => 2);", "r"],
  ["return HERE;", "ar"],
  ["try { HERE; await step(() => 2); } catch { await step(() => a); }", ""],
  ["try { HERE; await step(() => 2); } catch { f(); }", "loud"],
  ["try { HERE; await step(() => 2); } finally { f(); }", "loud"],
  ["try { HERE; } catch {} f();", "loud"],
];

for (const [body, expected] of calls) {
  test(`quiet, after a call: ${body}`, () => {
    assert.equal(quietOf(body, "continua", "await own()"), expected);
  });
}

function quietOf(body: string, from = "continua", here = "await step(() => 'here')"): string {
  const own = "async function own() { await sleep(-1); }";
  const source = `import { step, sleep } from "${from}";\nimport { f } from "foreign"; ${own}\nexport default async function main(a, b, o) { ${body.replace("HERE", here)} }`;
  const { code, diagnostics } = compile(source, { id: "main.js" });
  assert.deepEqual(diagnostics, []);
  const [, table = ""] = /\$rt\.sites\(\s*"main\.js",\s*(?:`([^`]*)`)/.exec(code) ?? [];
  const functions = Array.from({ length: 100 }, () => () => {});
  const sites = readSites("main.js", table, functions, () => () => undefined);
  const column = source.split("\n")[2]!.indexOf(here);
  const label = sites
    .find(({ name }) => name === "main")!
    .labels!.find((each) => each?.line === 3 && each.column === column);
  assert.ok(label, "the suspension has a label");
  const { quiet } = label;
  if (quiet === undefined) return "loud";
  const letters = `${quiet.answer ? "a" : ""}${quiet.halves ? "h" : ""}${quiet.returns ? "r" : ""}`;
  return [letters, ...quiet.simple.toSorted()].join();
}
