/** Rules for statements of one fiber: declarations, control flow, generators, classes, resources. */
import type { Place, Rule, Writer } from "./writer.ts";

function jump(w: Writer, place: Place): string {
  return w.pick([
    () => `return ${w.expression(place)};`,
    () => `throw new Error("e" + ${w.simple()});`,
    () => `throw ${w.simple()};`,
    ...place.loops.map((label) => () => `continue ${label};`),
    ...place.loops.map((label) => () => `break ${label};`),
    ...place.blocks.map((label) => () => `break ${label};`),
    ...(place.loops.length > 0 ? [() => "continue;"] : []),
    ...(place.loops.length > 0 || place.inSwitch ? [() => "break;"] : []),
  ])();
}

const jumpMaybe = (w: Writer, place: Place): string =>
  w.rarely(3) ? `if (${w.simple()} > 2) ${jump(w, place)}` : "";
const waitMaybe = (w: Writer, place: Place): string => (place.waits && w.rarely(2) ? "await w(0);" : "");

function declare(w: Writer, place: Place): string {
  const name = w.fresh("v");
  const value = w.expression(place);
  const text = w.pick([
    () => `let ${name} = ${value};`,
    () => `var ${name} = ${value};`,
    () => `let { ${name} = ${w.expression(place)} } = { ${name}: ${value} };`,
    () =>
      `let { p: [${name} = ${w.expression(place)}] = [${w.expression(place)}] } = { p: ${w.pick(["undefined", "[]", `[${value}]`])} };`,
    () => `let [${name}, ...r${name}] = [${value}, ${w.expression(place)}]; log(r${name});`,
    () => `let { [k(${value})]: ${name}, ...r${name} } = { k0: 1, k1: 2 }; log(r${name});`,
  ])();
  w.values = [...w.values, name];
  return text;
}

const simple: readonly Rule[] = [
  { name: "log", often: true, write: (w, p) => `log(${w.expression(p)});` },
  { name: "expression", write: (w, p) => `${w.variable()} = ${w.number(p)};` },
  { name: "declare", often: true, write: declare },
  { name: "if jump", often: true, write: (w, p) => `if (${w.simple()} > ${w.next(4)}) { ${jump(w, p)} }` },
  {
    name: "if",
    often: true,
    write: (w, p) => `if (${w.expression(p)}) ${w.block(p)} ${w.rarely(2) ? `else ${w.block(p)}` : ""}`,
  },
  {
    name: "collection",
    write: (w, p) => {
      const name = w.fresh("m");
      const [make, change] = w.pick([
        ["new Map([[1, 2], [3, 4]])", [".delete(3);", ".set(5, 6);", ".clear();", ".delete(1);"]],
        ["new Set([1, 2, 3])", [".delete(2);", ".add(5);", ".clear();", ".delete(1);"]],
        ["[1, 2, 3]", [".pop();", ".push(7);", ".shift();", ".reverse();"]],
      ] as const);
      const label = w.fresh("L");
      const item = w.fresh("i");
      const view = w.pick(["", "", ".entries()", ".keys()", ".values()"]);
      const body = w
        .loopBody(p, label, item)
        .replace("step();", `step(); if (${name}n++ < 3) ${name}${w.pick(change)} log(${item});`);
      return `{ const ${name} = ${make}; let ${name}n = 0; ${label}: for (let ${item} of ${name}${view}) ${body} log(${name}); }`;
    },
  },
  {
    name: "iterator in hand",
    write: (w, p) => {
      const name = w.fresh("it");
      const make = w.pick([
        "[1, 2, 3].entries()",
        "new Map([[1, 2], [3, 4]]).values()",
        'new Set("abc").keys()',
        '"xyz"[Symbol.iterator]()',
        "[5, 6][Symbol.iterator]()",
      ]);
      return `{ const ${name} = ${make}; log(${name}.next()); ${w.statement({ ...p, depth: p.depth + 1 })} log([...${name}]); }`;
    },
  },
];

const loops: readonly Rule[] = [
  {
    name: "for",
    often: true,
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const limit = p.waits && w.rarely(3) ? "(await w(2))" : "3";
      const advance = p.waits && w.rarely(3) ? `${i} += await w(1)` : `${i}++`;
      const keep = w.rarely(2) ? `fs.push(() => ${i}++);` : "";
      return `${label}: for (let ${i} = 0; ${i} < ${limit}; ${advance}) ${w.loopBody(p, label, i).replace("step();", `step(); ${keep}`)}`;
    },
  },
  {
    name: "for of",
    often: true,
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const head = w.pick([
        `let ${i} of tracked([1, 2, 3])`,
        `let ${i} of [1, , 2]`,
        `let ${i} of "ab"`,
        `let [${i} = ${w.expression(p)}] of [[1], []]`,
      ]);
      const keep = w.rarely(2) ? `fs.push(() => ${i});` : "";
      return `${label}: for (${head}) ${w.loopBody(p, label, i).replace("step();", `step(); ${keep}`)}`;
    },
  },
  {
    name: "for in",
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      return `${label}: for (let ${i} in { p: 1, q: 2, 7: 3 }) ${w.loopBody(p, label, i)}`;
    },
  },
  {
    name: "while",
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const test = p.waits && w.rarely(2) ? `(await w(${i}++))` : `${i}++`;
      return `{ let ${i} = 0; ${label}: while (${test} < 3) ${w.loopBody(p, label)} }`;
    },
  },
  {
    name: "do",
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const test = p.waits && w.rarely(2) ? `(await w(${i}++))` : `${i}++`;
      return `{ let ${i} = 0; ${label}: do ${w.loopBody(p, label)} while (${test} < 2); }`;
    },
  },
  {
    name: "for await",
    waits: true,
    write: (w, p) => {
      const [label, i] = [w.fresh("L"), w.fresh("i")];
      const of = w.pick(["tracked([1, 2])", `[${w.promise(p)}, 4]`, "slow([1, 2, 3])", "[thenable(3), 4]"]);
      return `${label}: for await (let ${i} of ${of}) ${w.loopBody(p, label, i)}`;
    },
  },
  {
    name: "loop without wait",
    waits: true,
    write: (w, p) => {
      const i = w.fresh("i");
      const still = { ...p, waits: false };
      return `for (let ${i} = 0; ${i} < 3; ${i}++) { step(); ${w.scoped(() => `${w.variable()} = ${w.number(still)};`, i)} }`;
    },
  },
];

const ends: readonly Rule[] = [
  {
    name: "try catch",
    often: true,
    write: (w, p) =>
      `try ${w.block(p)} catch (e) { log("caught", err(e)); ${w.statement({ ...p, depth: p.depth + 1 })} }`,
  },
  { name: "try finally", often: true, write: (w, p) => `try ${w.block(p)} finally ${w.block(p)}` },
  {
    name: "try catch finally",
    often: true,
    write: (w, p) => {
      const [message, inner] = [w.fresh("e"), { ...p, depth: p.depth + 1 }];
      const caught = w.scoped(
        () => `{ log("c", ${message}); ${waitMaybe(w, p)} ${jumpMaybe(w, inner)} }`,
        message,
      );
      const catches = w.rarely(2)
        ? `catch { ${jumpMaybe(w, inner)} }`
        : `catch ({ message: ${message} = 1 }) ${caught}`;
      return `try ${w.block(p)} ${catches} finally { ${waitMaybe(w, p)} log("fin"); ${jumpMaybe(w, inner)} }`;
    },
  },
  {
    name: "switch",
    write: (w, p) => {
      const inner = { ...p, inSwitch: true, depth: p.depth + 1 };
      const name = w.fresh("d");
      const test = w.rarely(2) ? String(w.next(3)) : w.expression(p);
      return w.scoped(
        () =>
          `switch (${w.expression(p)}) { case ${test}: let ${name} = ${w.simple()}; fs.push(() => ${name}); ${w.statement(inner)} ${w.rarely(2) ? "break;" : ""} default: ${w.statement(inner)} case ${w.next(4)}: ${name} = 3; log("sw", ${name}); }`,
      );
    },
  },
  {
    name: "block",
    write: (w, p) => {
      const label = w.fresh("B");
      return `${label}: ${w.block({ ...p, blocks: [...p.blocks, label] })}`;
    },
  },
  {
    name: "using",
    write: (w, p) => {
      const [name, kind] = [w.fresh("u"), p.waits && w.rarely(2) ? "await using" : "using"];
      const value = w.pick([
        `open${kind === "using" ? "Now" : "Slow"}("${name}")`,
        `openNow("${name}")`,
        "null",
        `openNow("${name}", ${w.next(3)})`,
      ]);
      return `{ ${kind} ${name} = ${value}; ${w.statements({ ...p, depth: p.depth + 1 }, 2)} }`;
    },
  },
];

/**
 * A generator, with the loop or the hand that drives it. What an async generator does with a `throw` that its inner synchronous iterator
 * does not know has changed between editions of the specification, and with it between engines: so there that one knows it.
 */
const generators: readonly Rule[] = [
  {
    name: "generator",
    write: (w, p) => {
      const [name, k, inner] = [w.fresh("g"), w.fresh("k"), w.body(p, { yields: true, ownThis: true })];
      const text = `function* ${name}(${k} = 1) { try ${w.block(inner, k)} finally { log("${name} fin"); ${w.rarely(2) ? `yield ${k};` : ""} } ${w.rarely(2) ? `log("r", yield* ${w.pick(["tracked([8, 9])", "[1, 2]", '"ab"', "[3].entries()"])});` : ""} return ${w.simple()}; }`;
      return `{ ${text} ${drive(w, p, name)} }`;
    },
  },
  {
    name: "async generator",
    waits: true,
    write: (w, p) => {
      const [name, k, inner] = [
        w.fresh("g"),
        w.fresh("k"),
        w.body(p, { yields: true, waits: true, ownThis: true }),
      ];
      const text = `async function* ${name}(${k} = 1) { try ${w.block(inner, k)} finally { log("${name} fin"); ${waitMaybe(w, inner)} ${w.rarely(2) ? `yield ${k};` : ""} } ${w.rarely(2) ? `log("r", yield* ${w.pick(["steady([8, 9])", "slow([1, 2])"])});` : ""} return ${w.simple()}; }`;
      return `{ ${text} ${driveSlowly(w, p, name)} }`;
    },
  },
];

function drive(w: Writer, p: Place, name: string): string {
  const [label, item] = [w.fresh("L"), w.fresh("y")];
  return w.pick([
    () => `${label}: for (let ${item} of ${name}()) ${w.loopBody(p, label, item)}`,
    () => `log([...${name}(${w.simple()})]);`,
    () =>
      `const ${item} = ${name}(); log(${item}.next()); ${w.statement({ ...p, depth: p.depth + 1 })} log(${item}.next(${w.expression(p)})); log(${item}.${w.pick(["return(5)", "next()", "next(2)"])}); log([...${item}]);`,
    () =>
      `const ${item} = ${name}(); ${item}.next(); try { log(${item}.throw(new Error("in"))); } catch (e) { log("out", err(e)); }`,
    () => `const [${item}, z${item} = 4] = ${name}(); log(${item}, z${item});`,
  ])();
}

function driveSlowly(w: Writer, p: Place, name: string): string {
  const [label, item] = [w.fresh("L"), w.fresh("y")];
  const choices = [
    () => `${label}: for await (let ${item} of ${name}()) ${w.loopBody(p, label, item)}`,
    () =>
      `const ${item} = ${name}(); log(await ${item}.next()); ${w.statement({ ...p, depth: p.depth + 1 })} log(await ${item}.next(${w.expression(p)})); log(await ${item}.${w.pick(["return(5)", "return(w(6))", "next()"])}); log(await ${item}.next());`,
    () =>
      `const ${item} = ${name}(); await ${item}.next(); try { log(await ${item}.throw(new Error("in"))); } catch (e) { log("out", err(e)); }`,
  ];
  const requests = (): string =>
    `const ${item} = ${name}(); log(await Promise.allSettled([${item}.next(), ${item}.next(${w.simple()}), ${item}.${w.pick(["return(7)", 'throw(new Error("q"))', "next()"])}, ${item}.next()]));`;
  return w.pick(w.concurrent ? [...choices, requests] : choices)();
}

const classes: readonly Rule[] = [
  {
    name: "class",
    write: (w, p) => {
      const [name, x] = [w.fresh("K"), w.fresh("x")];
      const inner = w.body(p, { ownThis: true });
      const slow = w.body(p, { ownThis: true, waits: true });
      const base = w.rarely(2) ? "extends Base " : "";
      const members = [
        `#h = ${w.expression(inner)}; y = this.#h;`,
        w.rarely(2) ? `static #c = 0; static { log("static", this.name); ${name}.#c = ${w.simple()}; }` : "",
        `get h() { return this.#h; } set h(v) { log("set", v); this.#h = n(v); }`,
        `async go(${x}) ${w.block(slow, x, "this.h").replace("{", `{ this.#h = ${x};`)}`,
        w.rarely(2)
          ? `#p(v) { return n(v) + n(this.#h); } p(v) { return #h in this ? this.#p(v) : 0; }`
          : "p(v) { return this.y; }",
        w.rarely(2)
          ? `*[Symbol.iterator]() { yield this.#h; yield* [1, this.h]; }`
          : `[Symbol.iterator]() { return tracked([1, 2]); }`,
        base === "" ? "" : `async up(v) { ${waitMaybe(w, slow)} return (await super.up(v)) + n(super.h2); }`,
        `async [k(${w.simple()})]() { return this.h; }`,
      ];
      const call = p.waits
        ? `log(await ${x}.go(${w.simple()})); ${base === "" ? "" : `log(await ${x}.up(2));`} ${w.statement({ ...p, depth: p.depth + 1 })}`
        : "";
      return `{ class ${name} ${base}{ ${members.join(" ")} } const ${x} = new ${name}(); ${x}.h ${w.pick(["=", "+=", "||="])} ${w.number(p)}; ${call} log(${x}.h, ${x}.p(1), [...${x}], ${x}.y); }`;
    },
  },
  {
    name: "function",
    write: (w, p) => {
      const [name, x] = [w.fresh("h"), w.fresh("x")];
      const waits = w.rarely(2) && (p.waits || w.concurrent);
      const inner = w.body(p, { ownThis: true, waits });
      const text = `${waits ? "async " : ""}function ${name}(${x}, { y${x} = ${w.expression(w.body(p, {}))} } = {}, ...rest) ${w.block(inner, x, `y${x}`).replace("{", "{ step();")}`;
      const wait = waits && p.waits ? "await " : "";
      const call = `${name}(${w.expression(p)}${w.pick(["", ", { }", `, { y${x}: 3 }, 4, 5`])})`;
      if (waits && !p.waits) return `${text} keep(${call});`;
      return `${text} log(${wait}${call});`;
    },
  },
];

export const statements: readonly Rule[] = [...simple, ...loops, ...ends, ...generators, ...classes];
