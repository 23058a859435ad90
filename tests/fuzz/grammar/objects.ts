/** Rules for objects that wait: members of classes of all kinds, iterators made by hand, signals and events. */
import type { Place, Rule, Writer } from "./writer.ts";

const inside = (p: Place): Place => ({ ...p, depth: p.depth + 1 });
const delay = (w: Writer): string => w.pick(["0", "1", "2", "5"]);

const members: readonly Rule[] = [
  {
    name: "private members",
    waits: true,
    write: (w, p) => {
      const [name, x] = [w.fresh("K"), w.fresh("x")];
      const slow = w.body(p, { ownThis: true, waits: true });
      const still = w.body(p, { ownThis: true });
      const parts = [
        `static #made = 0; #own = ${w.expression(still)}; kept = async (v) => { await null; return n(v) + n(this.#own); };`,
        `async #slow(v) { ${w.statement(slow)} this.#own = n(v); return this.#own; }`,
        `get #both() { return n(this.#own); } set #both(v) { log("set", v); this.#own = v; }`,
        `static async make() { const made = new ${name}(); await null; ${name}.#made += await made.#slow(${w.simple()}); return made; }`,
        `static get made() { return ${name}.#made; } static has(v) { return #both in v; }`,
        `async change() { this.#both ${w.pick(["=", "+=", "||=", "??="])} await w(${w.simple()}); return this.#both; }`,
        `async *[Symbol.asyncIterator]() { try { yield this.#own; yield* [await this.#slow(2), this.#both]; } finally { log("left"); } }`,
      ];
      const use = w.pick([
        `for await (const v of ${x}) { step(); log(v); ${w.statement(inside({ ...p, loops: [], blocks: [], inSwitch: false }))} }`,
        `log(await ${x}.kept(${w.simple()}));`,
        `const { kept } = ${x}; log(await kept(1));`,
      ]);
      return `{ class ${name} { ${parts.join(" ")} } const ${x} = await ${name}.make(); log(await ${x}.change(), ${name}.made, ${name}.has(${x}), ${name}.has({})); ${use} }`;
    },
  },
  {
    name: "class in parts",
    waits: true,
    write: (w, p) => {
      const name = w.fresh("K");
      const base = w.pick([
        "",
        "extends Base",
        "extends (await w(Base))",
        `extends class { h2 = ${w.next(3)}; }`,
      ]);
      return `{ const ${name} = class Inner ${base} { [k(await w(${w.simple()}))] = 5; static [k(${w.expression(p)})]() { return Inner.name; } static { log("block", ${w.simple()}); } q = () => this; }; const made = new ${name}(); await null; log(made.q() === made, Object.keys(made), ${name}.name, made.h2); }`;
    },
  },
  {
    name: "object with super",
    waits: true,
    write: (w, p) => {
      const [base, x] = [w.fresh("b"), w.fresh("x")];
      const slow = w.body(p, { ownThis: true, waits: true });
      return `{ const ${base} = { v: 1, async m(x) { await null; return n(x) + this.v; }, get g() { return this.v * 2; } }; const ${x} = { __proto__: ${base}, v: 3, async m(x) { ${w.statement(slow)} super.extra = x; return (await super.m(x)) + super.g; }, *items() { yield super.g; yield this.v; } }; log(await ${x}.m(${w.expression(p)}), [...${x}.items()], ${x}.extra); }`;
    },
  },
];

const iterators: readonly Rule[] = [
  {
    name: "for await by hand",
    waits: true,
    often: true,
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const head = w.pick([
        `const ${i}`,
        `let [${i} = ${w.simple()}]`,
        `let { x: ${i} = ${w.expression(p)} }`,
      ]);
      const items = head.includes("[")
        ? "[[1], [], [3]]"
        : head.includes("{")
          ? "[{ x: 1 }, {}]"
          : "[1, 2, 3]";
      const body = head.startsWith("const") ? w.loopBody(p, label) : w.loopBody(p, label, i);
      return `try { ${label}: for await (${head} of source(${items}, ${w.next(4)})) ${body} } catch (e) { log("source", err(e)); }`;
    },
  },
  {
    name: "delegates by hand",
    waits: true,
    write: (w, p) => {
      const [g, y] = [w.fresh("g"), w.fresh("y")];
      const requests = Array.from({ length: 4 }, () =>
        w.pick([
          "next(1)",
          "next()",
          `next(${w.simple()})`,
          'throw(new Error("in"))',
          "return(7)",
          "return(w(8))",
        ]),
      );
      const asked = requests.map((request) => `log(await ${y}.${request});`).join(" ");
      return `{ const ${g} = async function* () { try { log("del", yield* source([1, 2, 3], 3)); yield ${w.simple()}; } catch (e) { log("del", err(e)); yield 9; } finally { await null; log("del fin"); } }; const ${y} = ${g}(); try { ${asked} } catch (e) { log("asked", err(e)); } ${w.statement(inside(p))} }`;
    },
  },
  {
    name: "using in a loop",
    write: (w, p) => {
      const [label, u] = [w.fresh("L"), w.fresh("u")];
      return `${label}: for (using ${u} of [openNow("1"), null, openNow("2", ${w.next(3)})]) ${w.loopBody(p, label)}`;
    },
  },
];

export const objects: readonly Rule[] = [...members, ...iterators];

/** Of more than one fiber. */
export const signals: readonly Rule[] = [
  {
    name: "signal",
    concurrent: true,
    waits: true,
    write: (w, p) => {
      const [c, s] = [w.fresh("ac"), w.fresh("s")];
      const own = w.pick([`${c}.signal`, `AbortSignal.any([${c}.signal, new AbortController().signal])`]);
      const waits = `new Promise((yes, no) => { ${s}.addEventListener("abort", () => no(${s}.reason), { once: true }); open.push(yes); })`;
      return `{ const ${c} = new AbortController(), ${s} = ${own}; ${s}.addEventListener("abort", (e) => log(e.type, ${s}.aborted)); const id = setTimeout(() => ${c}.abort(${w.pick(['new Error("ab")', w.simple()])}), ${delay(w)}); try { ${w.statement(inside(p))} log(await Promise.race([after(${delay(w)}, ${w.simple()}), ${waits}])); ${s}.throwIfAborted(); } catch (e) { log("aborted", show(e)); } finally { ${w.rarely(2) ? "clearTimeout(id);" : ""} } }`;
    },
  },
  {
    name: "events",
    concurrent: true,
    waits: true,
    write: (w, p) => {
      const [t, x] = [w.fresh("et"), w.fresh("x")];
      const heard = w.safeBody(p, { waits: true });
      return `{ const ${t} = new EventTarget(); let ${x} = 0; ${t}.addEventListener("x", async (e) => { ${x}++; ${heard} log(e.type, ${x}); }); ${t}.addEventListener("x", () => ${x}++, { once: true }); ${t}.dispatchEvent(new Event("x")); ${w.statement(inside(p))} log(${t}.dispatchEvent(new CustomEvent("x", { detail: ${w.simple()} })), ${x}); }`;
    },
  },
  {
    name: "immediate",
    concurrent: true,
    write: (w, p) => {
      const id = w.fresh("id");
      const body = w.safeBody(p, {});
      return `const ${id} = setImmediate((v) => { log("soon", v); ${body} }, ${w.simple()}); ${w.rarely(4) ? `clearImmediate(${id});` : ""}`;
    },
  },
  {
    name: "await immediate",
    concurrent: true,
    waits: true,
    write: () => `await new Promise((yes) => setImmediate(yes));`,
  },
];
