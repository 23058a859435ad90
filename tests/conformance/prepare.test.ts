import assert from "node:assert/strict";
import { test } from "node:test";
import { injected, injectedTests, prepareScript } from "./prepare.ts";

test("`this` of a script is the global object, that of functions is theirs", () => {
  assert.equal(
    prepareScript("f(this); (() => this.x); function f() { return this; } class C { [this] = this }"),
    `"use strict";f(globalThis); (() => globalThis.x); function f() { return this; } class C { [globalThis] = this }`,
  );
});

test("inject puts an await before each statement of the main text, and none into functions", () => {
  assert.equal(
    injected("a(this); if (b) c(); for (;;) { break; } function f() { g(); }"),
    "async () => {\nawait 0; a(globalThis); await 0; if (b) { await 0; c(); } await 0; for (;;) { await 0; break; } function f() { g(); }\n}",
  );
  assert.equal(
    injected("switch (a) { case 1: b(); } try { c(); } catch { d(); } finally { e(); }"),
    "async () => {\nawait 0; switch (a) { case 1: await 0; b(); } await 0; try { await 0; c(); } catch { await 0; d(); } finally { await 0; e(); }\n}",
  );
});

test("a text that cannot be parsed, or cannot stand in a function, is not prepared", () => {
  assert.equal(prepareScript("with (a) b;"), null);
  assert.equal(injected("var await;"), null);
  assert.equal(injected("}; () => {"), null);
});

test("synchronous tests of a package become asynchronous ones", () => {
  assert.equal(
    injectedTests(
      `describe("a", () => { it("b", () => { c(); if (d) e(); }); it("f", (done) => { g(done); }); });`,
      "await 0; ",
    ),
    `describe("a", () => { it("b", async () => { await 0; c(); await 0; if (d) { await 0; e(); } }); it("f", (done) => { g(done); }); });`,
  );
});
