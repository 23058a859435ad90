/** Rules for what other modules export: live values, functions, generators, classes, namespaces, `import()`. */
import type { Imported, Place, Rule, Rules, Writer } from "./writer.ts";

const inside = (p: Place): Place => ({ ...p, depth: p.depth + 1 });

function one(w: Writer, kind: Imported["kind"]): Imported {
  return w.pick(w.imported.filter((each) => each.kind === kind));
}

const textOf = (w: Writer, kind: Imported["kind"]): string => one(w, kind).text;

const expressions: readonly Rule[] = [
  { name: "imported", imports: "value", often: true, write: (w) => textOf(w, "value") },
  {
    name: "await imported",
    imports: "async",
    waits: true,
    often: true,
    write: (w, p) => `(await ${textOf(w, "async")}(${w.expression(p)}))`,
  },
  { name: "call imported", imports: "sync", write: (w, p) => `${textOf(w, "sync")}(${w.expression(p)})` },
  { name: "set imported", imports: "setter", write: (w, p) => `${textOf(w, "setter")}(${w.number(p)})` },
  {
    name: "live across an await",
    imports: "later",
    waits: true,
    often: true,
    write: (w, p) => {
      const { text, value } = one(w, "later");
      return `[${value}, await ${text}(${w.number(p)}), ${value}].join(" ").length`;
    },
  },
  {
    name: "own name of an import",
    imports: "async",
    write: (w) => `(${textOf(w, "async")} === ${textOf(w, "async")})`,
  },
];

const promises: readonly Rule[] = [
  { name: "imported", imports: "async", often: true, write: (w) => `${textOf(w, "async")}(${w.simple()})` },
  { name: "set imported later", imports: "later", write: (w) => `${textOf(w, "later")}(n(${w.simple()}))` },
];

const statements: readonly Rule[] = [
  {
    name: "tell imported",
    imports: "later",
    waits: true,
    often: true,
    write: (w, p) => {
      const { text, value } = one(w, "later");
      return `log("live", ${value}, await ${text}(${w.number(p)}), ${value}); ${w.statement(inside(p))} log("live", ${value});`;
    },
  },
  {
    name: "imported generator",
    imports: "generator",
    write: (w, p) => {
      const [label, y, g] = [w.fresh("L"), w.fresh("y"), textOf(w, "generator")];
      return w.pick([
        () => `${label}: for (const ${y} of ${g}(${w.simple()})) ${w.loopBody(p, label)}`,
        () => `log([...${g}(${w.simple()})]);`,
        () =>
          `{ const ${y} = ${g}(${w.simple()}); log(${y}.next()); ${w.statement(inside(p))} log([...${y}]); }`,
      ])();
    },
  },
  {
    name: "imported async generator",
    imports: "asyncGenerator",
    waits: true,
    write: (w, p) => {
      const [label, y, g] = [w.fresh("L"), w.fresh("y"), textOf(w, "asyncGenerator")];
      return w.pick([
        () => `${label}: for await (const ${y} of ${g}(${w.simple()})) ${w.loopBody(p, label)}`,
        () =>
          `{ const ${y} = ${g}(${w.simple()}); log(await ${y}.next()); ${w.statement(inside(p))} log(await ${y}.return(3), await ${y}.next()); }`,
      ])();
    },
  },
  {
    name: "imported class",
    imports: "class",
    waits: true,
    often: true,
    write: (w, p) => {
      const [x, cls] = [w.fresh("x"), textOf(w, "class")];
      return `{ const ${x} = new ${cls}(${w.simple()}); log(await ${x}.go(${w.expression(p)}), ${x}.h, ${cls}.made, ${cls}.has(${x})); ${w.statement(inside(p))} ${x}.h += 2; log(${x}.h, ${x} instanceof ${cls}, ${x}); }`;
    },
  },
  {
    name: "imported base",
    imports: "class",
    waits: true,
    write: (w, p) => {
      const [x, name, base] = [w.fresh("x"), w.fresh("K"), textOf(w, "class")];
      const slow = w.body(p, { ownThis: true, waits: true });
      return `{ class ${name} extends ${base} { #s = ${w.simple()}; async go(v) { ${w.statement(slow)} return n(await super.go(v)) + n(this.#s); } get h() { return super.h; } set h(v) { super.h = v; this.#s = v; } static get made() { return super.made + 1; } } const ${x} = new ${name}(${w.simple()}); log(await ${x}.go(${w.simple()}), ${x}.h); ${x}.h = 3; log(${x}.h, ${name}.made, ${base}.has(${x})); }`;
    },
  },
  {
    name: "namespace in hand",
    imports: "namespace",
    write: (w, p) => {
      const [m, { text, value }] = [w.fresh("m"), one(w, "namespace")];
      const more = w.pick([
        `Object.keys(${m})`,
        `"${value}" in ${m}`,
        `Object.prototype.toString.call(${m})`,
        `(() => { try { ${m}.${value} = 1; } catch (e) { return e.name; } })()`,
      ]);
      return `{ const ${m} = ${text}; log(${m}.${value}); ${w.statement(inside(p))} log(${m}.${value}, ${m} === ${text}, ${more}); }`;
    },
  },
  {
    name: "lazy",
    imports: "lazy",
    waits: true,
    write: (w, p) => {
      const [m, { text, value }] = [w.fresh("m"), one(w, "lazy")];
      const tell = `log("lazy", ${m}.${value}, Object.keys(${m}).length);`;
      const fails = `catch (e) { log("lazy", err(e)); }`;
      return w.rarely(2)
        ? `try { const ${m} = await lazy(() => import("${text}")); ${tell} ${w.statement(inside(p))} ${tell} } ${fails}`
        : `try { const { ${value}: ${m} } = await lazy(() => import("${text}")); ${w.statement(inside(p))} log("lazy", ${m}); } ${fails}`;
    },
  },
];

export const imported: Rules = { expressions, statements, promises };
