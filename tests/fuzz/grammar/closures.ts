/** Rules for what functions capture, and for the ways out of blocks: closures over all kinds of variables, `finally` against `return`, causes. */
import type { Place, Rule } from "./writer.ts";

const inside = (p: Place): Place => ({ ...p, depth: p.depth + 1 });

const captured: readonly Rule[] = [
  {
    name: "captures",
    often: true,
    write: (w, p) => {
      const [c, l, f, g, x] = [w.fresh("c"), w.fresh("l"), w.fresh("f"), w.fresh("g"), w.fresh("x")];
      const change = w.pick([`${l} = ${w.number(p)};`, `${l}++;`, ""]);
      const middle = w.scoped(() => w.statement(inside(p)), l);
      return `{ const ${c} = ${w.expression(p)}; let ${l} = ${w.simple()}; const ${f} = () => [${c}, ${l}], ${g} = (${x}) => () => n(${x}) + n(${c}); ${middle} ${change} log(${f}(), ${g}(${w.simple()})()); fs.push(() => ${w.pick([c, l, `${f}()[1]`])}); }`;
    },
  },
  {
    name: "captured too early",
    write: (w, p) => {
      const [early, late] = [w.fresh("f"), w.fresh("c")];
      const kind = w.pick(["const", "let"]);
      return `{ const ${early} = () => ${late}; try { ${early}(); } catch (e) { log(e.name); } ${w.statement(inside(p))} ${kind} ${late} = ${w.expression(p)}; log(${early}()); fs.push(${early}); }`;
    },
  },
  {
    name: "captured by the head",
    write: (w, p) => {
      const [label, i, g] = [w.fresh("L"), w.fresh("i"), w.fresh("g")];
      const advance = w.pick([`${i}++`, `${g}(), ${i}++`, `fs.push(() => ${i}), ${i}++`]);
      const body = w.loopBody(p, label, i).replace("step();", `step(); fs.push(() => ${i} + n(${g}()));`);
      return `${label}: for (let ${i} = 0, ${g} = () => ${w.pick([i, `++${i}`])}; ${i} < 3; ${advance}) ${body}`;
    },
  },
  {
    name: "captured in catch",
    write: (w, p) => {
      const [e, g] = [w.fresh("e"), w.fresh("g")];
      const pattern = w.pick([e, `{ message: ${e} }`]);
      return `try { ${w.statement(inside(p))} throw new Error("x" + ${w.simple()}); } catch (${pattern}) { const ${g} = () => show(${e}); ${w.statement(inside(p))} log(${g}()); }`;
    },
  },
  {
    name: "hoisted",
    write: (w, p) => {
      const [f, h, x] = [w.fresh("f"), w.fresh("h"), w.fresh("x")];
      const own = w.body(p, { ownThis: true });
      const value = w.scoped(() => w.expression(own), x);
      return `{ log(${f}(2)); ${w.statement(inside(p))} function ${f}(${x}) { step(); return ${x} > 0 ? n(${h}(${x} - 1)) + 1 : 0; } function ${h}(${x}) { const kept = () => ${value}; return n(kept()) + n(${f}(${x} - 1)); } log(${f}(1)); }`;
    },
  },
  {
    name: "async parameters",
    waits: true,
    write: (w, p) => {
      const [f, x, y, rest] = [w.fresh("f"), w.fresh("x"), w.fresh("y"), w.fresh("r")];
      const own = w.body(p, { waits: true });
      const head = `{ p: ${x} = ${w.expression(w.body(p, {}))}, ...${rest} } = {}, [${y} = () => ${x}] = []`;
      const body = w.block(own, x).replace("{", `{ step(); const kept = () => [${x}, ${rest}, typeof ${y}];`);
      const call = w.pick(["", "{ p: 1, q: 2 }", `{ q: ${w.simple()} }, [${w.simple()}]`]);
      return `{ const ${f} = async (${head}) => ${body}; log(await ${f}(${call})); }`;
    },
  },
];

const ways: readonly Rule[] = [
  {
    name: "finally overrides",
    waits: true,
    write: (w, p) => {
      const [label, own] = [w.fresh("L"), w.body(p, { waits: true })];
      const inner = { ...own, loops: [label] };
      const wait = w.pick(["", "await null;", `await w(${w.simple()});`]);
      const way = (): string =>
        w.pick([
          `return ${w.expression(inner)};`,
          `throw new Error("way" + ${w.simple()});`,
          `break ${label};`,
          `if (${w.simple()} > 1) continue ${label};`,
          "",
        ]);
      return `try { log("over", await (async () => { ${label}: for (let i = 0; i < 2; i++) { step(); try { ${wait} try { ${way()} } finally { ${wait} ${way()} } } catch (e) { log("over", err(e)); ${way()} } finally { ${wait} ${way()} } } return "end"; })()); } catch (e) { log("over", err(e)); }`;
    },
  },
  {
    name: "cause",
    write: (w, p) =>
      `try { try { ${w.statement(inside(p))} throw new Error("in" + ${w.simple()}); } catch (cause) { throw new RangeError("out", { cause }); } } catch (e) { ${w.statement(inside(p))} log(e.message, e.name, show(e.cause), "cause" in e, e instanceof RangeError); }`,
  },
  {
    name: "switch with captures",
    write: (w, p) => {
      const [x, g] = [w.fresh("x"), w.fresh("g")];
      return `switch (${w.expression(p)}) { case ${w.next(3)}: ${w.statement(inside({ ...p, inSwitch: true }))} default: const ${x} = ${w.expression(p)}; var ${g} = () => ${x}; fs.push(${g}); ${w.rarely(2) ? "break;" : ""} case ${w.next(3)}: try { log(${x}); } catch (e) { log(e.name); } }`;
    },
  },
];

export const closures: readonly Rule[] = [...captured, ...ways];
