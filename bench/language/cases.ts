/**
 * The programs of `npm run bench -- language`: each is the text of one module whose `main(n)` does n units of work. It runs compiled, as a task with
 * the scheduler and polls of production, and natively, as it stands.
 */
export interface LanguageCase {
  readonly name: string;
  readonly source: string;
  /** The text of `./imported.ts`. */
  readonly imported?: string;
  /** Units of work in one run: so that a run takes some milliseconds. */
  readonly size: number;
  /** Most that compiled code may take, natively = 1. */
  readonly target: number;
}

export const languageCases: readonly LanguageCase[] = [
  {
    name: "await-callee",
    target: 0.2,
    size: 200_000,
    source: `
async function next(x) { return x + 1; }
export default async function main(n) {
  let x = 0;
  for (let i = 0; i < n; i++) x = await next(x);
  return x;
}`,
  },
  {
    name: "fib",
    target: 0.2,
    size: 20,
    source: `
async function fib(n) { return n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2)); }
export default async function main(n) { let x = 0; for (let i = 0; i < 4; i++) x += await fib(n); return x; }`,
  },
  {
    name: "await-awaiting-callee",
    target: 0.25,
    size: 100_000,
    source: `
async function inner(x) { return x + 1; }
async function next(x) { const y = await inner(x); return y + 1; }
export default async function main(n) {
  let x = 0;
  for (let i = 0; i < n; i++) x = await next(x);
  return x;
}`,
  },
  {
    name: "promise-in-variable",
    target: 0.5,
    size: 100_000,
    source: `
async function next(x) { return x + 1; }
export default async function main(n) {
  let x = 0;
  for (let i = 0; i < n; i++) { const p = next(x); x = await p; }
  return x;
}`,
  },
  {
    name: "native-promises",
    target: 1.1,
    size: 60_000,
    source: `
import { later } from "bench";
export default async function main(n) {
  let x = 0;
  for (let i = 0; i < n; i++) x = await later(x);
  return x;
}`,
  },
  {
    name: "cpu-loop",
    target: 1.05,
    size: 5_000_000,
    source: `
export default async function main(n) {
  let x = 1;
  for (let i = 0; i < n; i++) { x = (Math.imul(x, 1664525) + 1013904223) | 0; x ^= x >>> 13; }
  await null;
  return x;
}`,
  },
  {
    name: "closures-into-built-ins",
    target: 1.1,
    size: 10_000,
    source: `
export default async function main(n) {
  const list = Array.from({ length: 100 }, (_, i) => i);
  let sum = 0;
  for (let round = 0; round < n; round++) {
    sum += list.map((x) => x * 2 + round).filter((x) => x % 3 !== 0).reduce((a, x) => (a + x) | 0, 0);
  }
  return sum;
}`,
  },
  {
    name: "closures-over-objects",
    target: 1.1,
    size: 1_000,
    source: `
export default async function main(n) {
  const people = Array.from({ length: 60 }, (_, i) => ({ name: "p" + (i * 37) % 60, age: (i * 7) % 50, tags: ["a", "b" + (i % 4)] }));
  let sum = 0;
  for (let round = 0; round < n; round++) {
    const limit = round % 40;
    const older = people.filter((p) => p.age > limit);
    const tags = older.flatMap((p) => p.tags).filter((tag, at, all) => tag !== "a" || at % 2 === all.length % 2);
    const sorted = older.map((p) => ({ name: p.name, age: p.age })).sort((p, q) => p.age - q.age);
    older.forEach((p) => { sum = (sum + p.age) | 0; });
    if (sorted.some((p) => p.age === 49) && sorted.every((p) => p.age > limit)) sum++;
    sum += tags.length + (people.find((p) => p.age === limit)?.name.length ?? 0) + people.findIndex((p) => p.age === limit + 1);
    sum = sorted.reduce((left, p) => (left * 31 + p.age) | 0, sum);
  }
  return sum;
}`,
  },
  {
    name: "for-of-await",
    target: 0.5,
    size: 2_000,
    source: `
async function twice(x) { return x * 2; }
export default async function main(n) {
  const list = Array.from({ length: 100 }, (_, i) => i);
  let sum = 0;
  for (let round = 0; round < n; round++) for (const x of list) sum += await twice(x);
  return sum;
}`,
  },
  {
    name: "async-generators",
    target: 0.7,
    size: 20_000,
    source: `
async function* count(n) { for (let i = 0; i < n; i++) yield i; }
async function* twice(source) { for await (const x of source) yield x * 2; }
export default async function main(n) {
  let sum = 0;
  for await (const x of twice(count(n))) sum += x;
  return sum;
}`,
  },
  {
    name: "imports",
    target: 1.1,
    size: 1_000_000,
    imported: `
const factor = 3;
function next(x) { return (x * factor + 1) | 0; }
export { factor, next };
`,
    source: `
import { factor, next } from "./imported.ts";
export default async function main(n) {
  let x = 0;
  for (let i = 0; i < n; i++) x = next(x) + factor;
  return x;
}`,
  },
  {
    name: "sync-parser",
    target: 1.1,
    size: 400,
    source: `
const text = (value) => (input, at) => (input.startsWith(value, at) ? [value, at + value.length] : null);
const seq = (...parts) => (input, at) => {
  const values = [];
  for (const part of parts) {
    const found = part(input, at);
    if (found === null) return null;
    values.push(found[0]);
    at = found[1];
  }
  return [values, at];
};
const or = (...parts) => (input, at) => {
  for (const part of parts) { const found = part(input, at); if (found !== null) return found; }
  return null;
};
const many = (part) => (input, at) => {
  const values = [];
  for (;;) { const found = part(input, at); if (found === null) return [values, at]; values.push(found[0]); at = found[1]; }
};
const map = (part, fn) => (input, at) => { const found = part(input, at); return found === null ? null : [fn(found[0]), found[1]]; };
const digits = (input, at) => {
  let end = at;
  while (end < input.length && input.charCodeAt(end) >= 48 && input.charCodeAt(end) <= 57) end++;
  return end === at ? null : [Number(input.slice(at, end)), end];
};
const lazy = (make) => { let part; return (input, at) => { part ??= make(); return part(input, at); }; };
const atom = or(digits, map(seq(text("("), lazy(() => sum), text(")")), (values) => values[1]));
const fold = (values) => values[1].reduce((left, [operator, right]) =>
  operator === "+" ? left + right : operator === "-" ? left - right : (left * right) % 1000003, values[0]);
const product = map(seq(atom, many(seq(text("*"), atom))), fold);
const sum = map(seq(product, many(seq(or(text("+"), text("-")), product))), fold);
export default async function main(n) {
  let input = "1";
  for (let i = 2; i < 120; i++) input += "+*-"[i % 3] + (i % 5 === 0 ? "(" + i + "*3-" + (i + 1) + ")" : i);
  let total = 0;
  for (let i = 0; i < n; i++) total += sum(input, 0)[0];
  return total;
}`,
  },
];
