/** Rules for expressions. */
import type { Place, Rule, Writer } from "./writer.ts";

const e = (writer: Writer, place: Place): string => writer.expression(place);

/** What waits, or calls. */
const waiting: readonly Rule[] = [
  { name: "await w", waits: true, often: true, write: (w, p) => `(await w(${e(w, p)}))` },
  { name: "await f", waits: true, often: true, write: (w, p) => `(await f(${e(w, p)}))` },
  { name: "await method", waits: true, write: (w, p) => `(await o.m(${e(w, p)}))` },
  { name: "await nothing", waits: true, write: (w) => `(await null ?? ${w.simple()})` },
  { name: "await value", waits: true, write: (w, p) => `(await ${e(w, p)})` },
  { name: "await failing", waits: true, write: (w) => `(await bad(${w.next(4)}))` },
  { name: "await rec", waits: true, write: (w) => `(await rec(${1 + w.next(4)}, ${w.simple()}))` },
  {
    name: "await arrow",
    waits: true,
    write: (w, p) => {
      const name = w.fresh("q");
      const inner = w.body(p, { waits: true });
      const value = w.simple();
      return `(await (async (${name}) => { ${w.rarely(2) ? "await null;" : ""} return ${w.scoped(() => e(w, inner), name)}; })(${value}))`;
    },
  },
  { name: "await thenable", waits: true, write: (w) => `(await thenable(${w.simple()}))` },
  {
    name: "await promise",
    waits: true,
    concurrent: true,
    often: true,
    write: (w, p) => `(await ${w.promise(p)})`,
  },
  {
    name: "await optional call",
    waits: true,
    write: (w, p) => `(await o${w.pick(["?.m", ".none?.", "?.none?.x?."])}(${e(w, p)}))`,
  },
  { name: "tagged", write: (w, p) => `tag\`a\${${e(w, p)}}b\${${e(w, p)}}\`` },
  { name: "call spread", write: (w, p) => `t(${e(w, p)}, ...[${e(w, p)}, ${w.simple()}])` },
  { name: "optional method", write: (w, p) => `o?.m2(${e(w, p)})` },
];

const plain: readonly Rule[] = [
  { name: "simple", often: true, write: (w) => w.simple() },
  {
    name: "sum",
    often: true,
    write: (w, p) => `(${e(w, p)} ${w.pick(["+", "-", "*", "<", "===", "%"])} ${e(w, p)})`,
  },
  { name: "and or", write: (w, p) => `(${e(w, p)} ${w.pick(["&&", "||"])} ${e(w, p)})` },
  { name: "nullish", write: (w, p) => `((${e(w, p)}) ?? ${e(w, p)})` },
  { name: "conditional", write: (w, p) => `(${e(w, p)} ? ${e(w, p)} : ${e(w, p)})` },
  { name: "list", write: (w, p) => `[${e(w, p)}, ...[${e(w, p)}, ${w.simple()}], ${e(w, p)}].length` },
  { name: "list value", write: (w, p) => `[${e(w, p)}, ${e(w, p)}][${w.simple()} & 1]` },
  { name: "template", write: (w, p) => `\`\${${e(w, p)}}-\${${e(w, p)}}\`.length` },
  { name: "object", write: (w, p) => `({ p: ${e(w, p)}, [k(${e(w, p)})]: ${e(w, p)}, q: ${e(w, p)} }).q` },
  {
    name: "object with accessor",
    write: (w, p) =>
      `({ ...{ p: ${e(w, p)} }, get g() { return this.p; }, s(x) { return x + 1; } }).${w.pick(["g", "p", "s(1)"])}`,
  },
  { name: "comma", write: (w, p) => `(${e(w, p)}, ${e(w, p)})` },
  { name: "unary", write: (w, p) => `${w.pick(["typeof", "void", "!", "-", "+"])} (${e(w, p)})` },
  { name: "in", write: (w, p) => `(k(${e(w, p)}) in ${w.pick(["o", "{ k1: 1 }"])})` },
];

const assigning: readonly Rule[] = [
  { name: "assign", often: true, write: (w, p) => `(${w.variable()} = ${w.number(p)})` },
  { name: "add to", write: (w, p) => `(${w.variable()} ${w.pick(["+=", "-="])} ${w.number(p)})` },
  {
    name: "assign member",
    write: (w, p) => `(o.x ${w.pick(["=", "+=", "||=", "&&=", "??="])} ${w.number(p)})`,
  },
  {
    name: "assign element",
    write: (w, p) => `(list[${w.number(p)} % 3] ${w.pick(["=", "+=", "??="])} ${w.number(p)})`,
  },
  { name: "assign accessor", write: (w, p) => `(o.seen ${w.pick(["=", "+=", "||="])} ${w.number(p)})` },
  {
    name: "assign logical",
    write: (w, p) => `(${w.variable()} ${w.pick(["||=", "&&=", "??="])} ${w.number(p)})`,
  },
  {
    name: "update",
    write: (w) => w.pick([`${w.variable()}++`, `--${w.variable()}`, "o.x++", "list[1]--", "++o.seen"]),
  },
  {
    name: "destructure",
    write: (w, p) =>
      `([${w.variable()}, o.x = ${w.number(p)}] = ${w.pick(["tracked([1])", `[${e(w, p)}, undefined]`])}, ${w.simple()})`,
  },
  {
    name: "destructure object",
    write: (w, p) =>
      `({ y: ${w.variable()} = ${w.number(p)}, ...o.rest } = { [k(${w.simple()})]: ${e(w, p)}, z: ${e(w, p)} }, ${w.simple()})`,
  },
  { name: "call arrow", write: (w) => `(() => ${w.variable()} + 1)()` },
  { name: "keep arrow", write: (w) => `fs.push(() => ${w.variable()})` },
  {
    name: "sync function",
    write: (w, p) => {
      const name = w.fresh("s");
      const inner = w.body(p, { ownThis: true });
      return `(function (${name} = ${w.simple()}, ...more) { ${w.rarely(3) ? "arguments[0] = 4;" : ""} ${w.scoped(() => w.statement(inner), name)} return arguments.length + more.length + n(${name}); })(${w.pick(["", "undefined", w.simple(), `...[${w.simple()}, 2]`])})`;
    },
  },
  {
    name: "callbacks",
    write: (w, p) => {
      const name = w.fresh("u");
      const inner = w.body(p, {});
      return `[3, 1, 2].${w.pick(["map", "filter", "some", "findIndex"])}((${name}) => ${w.scoped(() => e(w, inner), name)})${w.pick([".length", "?.[0]", ""])}`;
    },
  },
  { name: "yield", yields: true, often: true, write: (w, p) => `(yield ${e(w, p)})` },
  { name: "await yield", waits: true, yields: true, write: (w) => `(await (yield ${w.simple()}))` },
];

export const expressions: readonly Rule[] = [...waiting, ...plain, ...assigning];
