/**
 * Random programs for the compiler: control flow of all kinds, nested, with awaits anywhere. They always end (loops count
 * to three, and every program has a budget of steps), and log what they do.
 */

/** Numbers from a seed: `next(n)` is from 0 to n - 1. */
function numbers(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

interface Place {
  readonly depth: number;
  /** Labels of the loops around. */
  readonly loops: readonly string[];
  /** Labels of the blocks around. */
  readonly blocks: readonly string[];
  readonly inSwitch: boolean;
  /** Inside an async generator. */
  readonly yields?: boolean;
}

export function randomProgram(seed: number): string {
  const next = numbers(seed);
  const pick = <T>(items: readonly T[]): T => items[next(items.length)]!;
  let names = 0;
  let scope: string[] = ["a", "b", "c"];

  const variable = (): string => pick(scope);
  const simple = (): string =>
    pick([variable(), variable(), String(next(5)), `t(${next(9)})`, `o.x`, `(${variable()} | 0)`]);
  const waiting = (depth: number): string =>
    pick([
      () => `await w(${expression(depth + 1)})`,
      () => `await o.m(${expression(depth + 1)})`,
      () => `await f(${expression(depth + 1)})`,
      () => `await null ?? ${simple()}`,
      () =>
        `await (async () => { const q = ${simple()}; ${next(2) ? "await null;" : ""} return q + ${variable()}; })()`,
      () => `await bad(${next(4)})`,
    ])();
  const expression = (depth: number): string => {
    if (depth > 3) return simple();
    return pick([
      () => simple(),
      () => `(${waiting(depth)})`,
      () => `(${expression(depth + 1)} + ${expression(depth + 1)})`,
      () =>
        `(${expression(depth + 1)} ${pick(["&&", "||", "??"])} ${expression(depth + 1)})`.replace(
          /\?\?/,
          pick(["||", "&&"]),
        ),
      () => `(${expression(depth + 1)} ? ${expression(depth + 1)} : ${expression(depth + 1)})`,
      () => `[${expression(depth + 1)}, ...[${expression(depth + 1)}], ${expression(depth + 1)}].length`,
      () => `t(${expression(depth + 1)}, ${expression(depth + 1)})`,
      () => `o?.m2(${expression(depth + 1)})`,
      () => `\`\${${expression(depth + 1)}}-\${${expression(depth + 1)}}\`.length`,
      () => `({ p: ${expression(depth + 1)}, q: ${expression(depth + 1)} }).q`,
      () => `(${variable()} ${pick(["=", "+=", "-="])} ${expression(depth + 1)})`,
      () => `(o.x ${pick(["=", "+=", "||=", "&&="])} ${expression(depth + 1)})`,
      () => `(() => ${variable()} + 1)()`,
      () => `${variable()}++`,
    ])();
  };

  const block = (place: Place): string => {
    const outer = scope;
    const inner = { ...place, depth: place.depth + 1 };
    const text = Array.from({ length: 1 + next(3) }, () => statement(inner)).join("\n");
    scope = outer;
    return `{ ${text} }`;
  };
  const declare = (): string => {
    names += 1;
    const name = pick([`v${names}`, `v${names}`, "a", "x"]);
    const value = expression(1);
    if (scope.includes(name)) return `${name} = ${value};`;
    scope = [...scope, name];
    return pick([
      `let ${name} = ${value};`,
      `let { ${name} = ${expression(1)} } = { ${name}: ${value} };`,
      `let [${name}] = [${value}];`,
    ]);
  };
  const jump = (place: Place): string =>
    pick([
      () => `return ${expression(1)};`,
      () => `throw new Error("e" + ${simple()});`,
      ...place.loops.map((label) => () => `continue ${label};`),
      ...place.loops.map((label) => () => `break ${label};`),
      ...place.blocks.map((label) => () => `break ${label};`),
      ...(place.loops.length > 0 ? [() => "continue;"] : []),
      ...(place.loops.length > 0 || place.inSwitch ? [() => "break;"] : []),
    ])();
  const loop = (place: Place): string => {
    names += 1;
    const label = `L${names}`;
    const index = `i${names}`;
    const inner = { ...place, depth: place.depth + 1, loops: [...place.loops, label], inSwitch: false };
    const outer = scope;
    const body = (): string => {
      scope = [...outer, index];
      const text = block(inner);
      scope = outer;
      return text.replace("{", `{ step(); ${next(2) ? `fs.push(() => ${index});` : ""}`);
    };
    return pick([
      () =>
        `${label}: for (let ${index} = 0; ${index} < ${next(3) ? "3" : "(await w(2))"}; ${index}++) ${body()}`,
      () => `${label}: for (let ${index} = 0; ${index} < 3; ${index} += await w(1)) ${body()}`,
      () =>
        `${label}: for (const ${index} of tracked([1, 2, 3])) ${body().replaceAll(/\bi\d+(\+\+| [-+]?= )/g, "a$1")}`,
      () => `${label}: for (let ${index} in { p: 1, q: 2 }) ${body()}`,
      () => `{ let ${index} = 0; ${label}: while (${index} < 3) ${body().replace("{", `{ ${index}++;`)} }`,
      () =>
        `{ let ${index} = 0; ${label}: do ${body().replace("{", `{ ${index}++;`)} while (${next(2) ? index : `(await w(${index}))`} < 3) }`,
    ])();
  };
  /** A generator and a loop over it; the body of a synchronous one has no awaits. */
  const generated = (place: Place): string => {
    names += 1;
    const [name, item] = [`g${names}`, `y${names}`];
    const outer = scope;
    const inner: Place = { depth: place.depth + 1, loops: [], blocks: [], inSwitch: false, yields: true };
    const body = next(2)
      ? `async function* ${name}() { try ${block(inner)} finally { log("${name} fin"); ${next(2) ? `yield ${simple()};` : ""} } ${next(2) ? `yield* tracked([${simple()}]);` : ""} }`
      : `function* ${name}() { for (const k of [1, 2]) { try { log("sent", yield ${simple()} + k); ${next(3) ? "" : "return 9;"} ${next(3) ? "" : "continue;"} } catch (e) { log("in", String(e && e.message)); yield 7; } finally { log("${name} fin"); ${next(2) ? "yield k;" : ""} } } yield* tracked([${simple()}, 2]); yield* [${simple()}, ...[1]].entries(); }`;
    scope = [...outer, item];
    const label = `L${names}`;
    const looped = { ...place, depth: place.depth + 1, loops: [...place.loops, label], inSwitch: false };
    const text = block(looped).replace("{", "{ step();");
    scope = outer;
    const loop = `${label}: for ${body.startsWith("async") ? "await " : ""}(let ${item} of ${name}()) ${text}`;
    return `{ ${body} ${loop} }`;
  };
  const statement = (place: Place): string => {
    if (place.yields && next(3) === 0)
      return next(4) ? `yield ${expression(1)};` : `log("sent", yield* tracked([${simple()}, 3]));`;
    if (place.depth > 4) return `log(${expression(2)});`;
    return pick([
      () => `log(${expression(1)});`,
      () => `${variable()} ${pick(["=", "+="])} ${expression(0)};`,
      () => declare(),
      () => declare(),
      () => `if (${expression(1)}) ${block(place)} ${next(2) ? `else ${block(place)}` : ""}`,
      () => loop(place),
      () => loop(place),
      () => generated(place),
      () => `try ${block(place)} catch (e) { log("caught", String(e && e.message)); ${block(place)} }`,
      () => `try ${block(place)} finally ${block(place)}`,
      () =>
        `try ${block(place)} catch { ${jumpMaybe(place)} } finally { ${next(2) ? "await w(0);" : ""} log("fin"); ${jumpMaybe(place)} }`,
      () => `if (${simple()} > ${next(4)}) { ${jump(place)} }`,
      () =>
        `switch (${expression(1)}) { case ${next(2) ? next(3) : expression(2)}: ${block({ ...place, inSwitch: true })} ${next(2) ? "break;" : ""} default: ${block({ ...place, inSwitch: true })} case ${next(4)}: log("sw"); }`,
      () => {
        names += 1;
        const label = `B${names}`;
        return `${label}: ${block({ ...place, blocks: [...place.blocks, label] })}`;
      },
    ])();
  };
  const jumpMaybe = (place: Place): string => (next(3) === 0 ? `if (${simple()} > 2) ${jump(place)}` : "");

  const start: Place = { depth: 0, loops: [], blocks: [], inSwitch: false };
  const body = Array.from({ length: 5 + next(4) }, () => statement(start)).join("\n");
  return `
export default async function main(log) {
  let steps = 0;
  const step = () => { if (++steps > 60) throw new Error("enough"); };
  const t = (...xs) => { log("t", ...xs); return xs.length; };
  const w = async (v) => { await null; return v; };
  const bad = async (n) => { await null; if (n === 0) throw new Error("bad"); return n; };
  const f = async (v) => { step(); log("f", v); return v; };
  const tracked = (xs) => { let i = 0; return { [Symbol.iterator]() { return this; }, next: () => ({ done: i >= xs.length, value: xs[i++] }), return() { log("closed"); return {}; } }; };
  const fs: (() => unknown)[] = [];
  const o: any = { x: 1, async m(v) { this.x = v; await null; return this.x; }, m2(v) { log("m2", v); return v; } };
  let a: any = 1, b: any = 2, c: any = 0;
  const peek = () => [a, b];
  const run = async () => {
${body}
  };
  try { log("ended", await run()); } catch (e) { log("threw", String(e && e.message)); }
  log(a, b, c, peek(), o.x, fs.slice(0, 20).map((g) => g()));
}
`;
}
