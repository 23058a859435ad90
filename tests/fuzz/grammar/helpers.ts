/** What programs call. */

/** By the name under which programs mention them; only those that one mentions stand in it. An entry may mention others. */
export const helpers: Readonly<Record<string, string>> = {
  step: 'let steps = 0; const step = () => { if (++steps > 60) throw new Error("enough"); };',
  n: 'const n = (v) => (typeof v === "number" && Number.isFinite(v) ? v % 100 : typeof v === "string" ? v.length % 10 : v ? 1 : 0);',
  k: "const k = (v) => `k${n(v)}`;",
  err: 'const err = (e) => (e instanceof TypeError ? "TypeError" : e instanceof AggregateError ? e.errors.map(err) : String((e && e.message) ?? e));',
  show: "const show = (v) => (v instanceof Error ? err(v) : v);",
  t: 'const t = (...xs) => { log("t", ...xs); return xs.length; };',
  tag: 'const tag = (parts, ...xs) => { log(parts.raw.join("|"), ...xs); return parts.length; };',
  w: "const w = async (v) => { await null; return v; };",
  slowly: "const slowly = async (v) => { await null; await null; await null; return w(v); };",
  bad: 'const bad = async (v) => { await null; if (n(v) === 0) throw new Error("bad"); return v; };',
  f: 'async function f(v) { step(); log("f", v); return v; }',
  rec: "const rec = async (i, v) => (i <= 0 ? w(v) : n(await rec(i - 1, v)) + i);",
  thenable:
    'const thenable = (v) => ({ then(yes, no) { log("thenable", v); if (v === 2) no(new Error("th")); else yes(v); } });',
  tracked:
    'const tracked = (xs) => { let i = 0; return { [Symbol.iterator]() { return this; }, next: () => ({ done: i >= xs.length, value: xs[i++] }), return(v) { log("closed"); return { done: true, value: v }; } }; };',
  steady:
    'const steady = (xs) => Object.assign(tracked(xs), { throw(e) { log("thrown", err(e)); return { done: true, value: 5 }; } });',
  source:
    'const source = (xs, ends) => { let i = 0; const made = { [Symbol.asyncIterator]() { return this; }, async next(v) { log("next", v); await null; return { done: i >= xs.length, value: xs[i++] }; } }; if (ends > 0) made.return = async (v) => { log("return"); await null; if (ends === 2) throw new Error("return"); return { done: true, value: v }; }; if (ends === 3) made.throw = async (e) => { log("throw", err(e)); return { done: i > 1, value: i }; }; return made; };',
  slow: 'async function* slow(xs) { try { for (const x of xs) { log("sent", yield x); await null; } } finally { log("slow fin"); } return 9; }',
  after: "const after = (ms, v) => new Promise((yes) => setTimeout(yes, ms, v));",
  deferred:
    "const deferred = () => { let resolve, reject; const promise = new Promise((yes, no) => { resolve = yes; reject = no; }); open.push(resolve); return { promise, resolve, reject }; };",
  attempt: "const attempt = (g) => new Promise((yes) => yes(g()));",
  keep: 'const keep = (p) => { p.then((v) => log("kept", show(v)), (e) => log("lost", err(e))); return p; };',
  open: "const open = [];",
  chain: "let chain = Promise.resolve();",
  openSlow:
    'const openSlow = (name) => ({ async [Symbol.asyncDispose]() { log("closing", name); await null; log("closed", name); } });',
  openNow:
    'const openNow = (name, bad) => ({ [Symbol.dispose]() { log("dispose", name); if (bad === 1) throw new Error("dispose"); } });',
  Base: "class Base { #u = 1; h2 = 3; async up(v) { await null; return n(v) + this.#u++; } }",
  list: "const list = [1, 2, 3];",
  store: "const store = new AsyncLocalStorage();",
  // Where the engine's modules and compiled ones take their ticks, nothing else runs; and what it names has never been loaded, or has run to its end.
  lazy: "const lazy = async (load) => { await after(13, 0); const found = await load(); await after(17, 0); return found; };",
};

/** What programs read and write wherever they stand. */
export const shared: Readonly<Record<string, string>> = {
  fs: "const fs = [];",
  o: 'const o = { x: 1, async m(v) { this.x = v; await null; return this.x; }, m2(v) { log("m2", v); return v; }, get seen() { log("get"); return this.x; }, set seen(v) { log("set", v); this.x = v; } };',
};

/** What a module needs of Node, given its text. */
export function foreignImports(text: string): string {
  const names = ["AsyncLocalStorage", "AsyncResource"].filter((name) => text.includes(name));
  return names.length === 0 ? "" : `import { ${names.join(", ")} } from "node:async_hooks";\n`;
}

export function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![.\\w])${name}\\b`).test(text);
}

/** The helpers that a text mentions, and those that they mention. */
export function neededBy(text: string, known: Readonly<Record<string, string>> = helpers): string[] {
  const wanted = new Set<string>();
  const want = (mentioning: string): void => {
    for (const [name, helper] of Object.entries(known)) {
      if (wanted.has(name) || !mentions(mentioning, name)) continue;
      wanted.add(name);
      want(helper);
    }
  };
  want(text);
  return Object.keys(known).filter((name) => wanted.has(name));
}

/** What stands before and behind the call of `run`: what waits for one that releases it is released in the end, and what has become of everything is told. */
export function framed(concurrent: boolean): [release: string, end: string] {
  const release = concurrent
    ? "const release = () => { for (const yes of open.splice(0)) yes(-1); };\nfor (const ms of [50, 100, 150]) setTimeout(release, ms);\n"
    : "";
  const end = `try { log("ended", await run()); } catch (e) { log("threw", err(e)); }
log(a, b, c, o.x, fs.slice(0, 20).map((g) => g()));`;
  return [release, end];
}
