/** Rules for what runs at the same time: promises, fibers that are joined late or never, timers, microtasks. */
import type { Place, Rule, Writer } from "./writer.ts";

const delay = (w: Writer): string => w.pick(["0", "1", "2", "2", "3", "5", "10"]);
const list = (w: Writer, p: Place, least: number): string =>
  Array.from({ length: least + w.next(4) }, () => (w.rarely(5) ? w.simple() : w.promise(p))).join(", ");

/** The handler of a `then`: an arrow of one parameter. */
function handler(w: Writer, place: Place): string {
  const name = w.fresh("h");
  const still = w.body(place, {});
  return w.scoped(
    () =>
      w.pick([
        () => `(${name}) => ${w.expression(still)}`,
        () =>
          `(${name}) => { log("then", show(${name})); ${w.rarely(4) ? 'throw new Error("t");' : `return ${w.simple()};`} }`,
        () => `(${name}) => ${w.promise(still)}`,
        () => `async (${name}) => ${w.expression({ ...still, waits: true })}`,
        () => w.pick(["undefined", "null", "4"]),
      ])(),
    name,
  );
}

/** What the executor of a promise does. */
function executor(w: Writer, place: Place): string {
  const still = w.body(place, {});
  return w.pick([
    () => `yes(${w.simple()});`,
    () => `no(new Error("no" + ${w.simple()}));`,
    () => "open.push(yes);",
    () => `open.push(yes); setTimeout(no, ${delay(w)}, new Error("late"));`,
    () => `setTimeout(yes, ${delay(w)}, ${w.simple()});`,
    () => `queueMicrotask(() => { log("micro"); yes(${w.simple()}); });`,
    () => `yes(${w.promise(still)}); no(1);`,
    () => `yes(thenable(${w.simple()}));`,
    () => `open.push(yes); ${w.expression(still)};`,
    () => 'throw new Error("executor");',
  ])();
}

const join = (name: string): Rule => ({
  name,
  concurrent: true,
  // A race of nobody is never decided: what waits for it is interrupted after a thaw (design H6), and hangs natively.
  write: (w, p) => `Promise.${name}([${list(w, p, name === "race" ? 1 : 0)}])`,
});

export const promises: readonly Rule[] = [
  { name: "call", often: true, write: (w) => `${w.pick(["f", "w", "o.m", "bad", "slowly"])}(${w.simple()})` },
  {
    name: "of variable",
    often: true,
    write: (w) => (w.promises.length === 0 ? `w(${w.simple()})` : w.pick(w.promises)),
  },
  {
    name: "async arrow",
    often: true,
    write: (w, p) => `(async () => ${w.block(w.body(p, { waits: true }))})()`,
  },
  { name: "resolve", write: (w) => `Promise.resolve(${w.pick([w.simple(), `thenable(${w.simple()})`])})` },
  { name: "reject", write: (w) => `Promise.reject(new Error("r" + ${w.simple()}))` },
  { name: "new", often: true, write: (w, p) => `new Promise((yes, no) => { ${executor(w, p)} })` },
  { name: "after", often: true, write: (w) => `after(${delay(w)}, ${w.simple()})` },
  ...["all", "race", "allSettled", "any"].map(join),
  {
    name: "then",
    often: true,
    write: (w, p) => `${w.promise(p)}.then(${handler(w, p)}${w.rarely(2) ? `, ${handler(w, p)}` : ""})`,
  },
  { name: "catch", write: (w, p) => `${w.promise(p)}.catch(${handler(w, p)})` },
  {
    name: "finally",
    write: (w, p) =>
      `${w.promise(p)}.finally(() => ${w.pick([w.simple(), w.promise(w.body(p, {})), `log("finally")`])})`,
  },
  {
    name: "map",
    write: (w, p) => `Promise.all([1, 2, 3].map(async (i) => ${w.block(w.body(p, { waits: true }), "i")}))`,
  },
  { name: "generator request", write: (w) => `slow([${w.simple()}, 2]).${w.pick(["next()", "return(3)"])}` },
  { name: "try", write: (w, p) => `attempt(() => ${w.expression(w.body(p, {}))})` },
];

export const fibers: readonly Rule[] = [
  {
    name: "promise variable",
    concurrent: true,
    often: true,
    write: (w, p) => {
      const name = w.fresh("p");
      const value = w.promise(p);
      w.promises = [...w.promises, name];
      return `const ${name} = ${w.rarely(8) ? value : `keep(${value})`};`;
    },
  },
  {
    name: "join",
    concurrent: true,
    waits: true,
    often: true,
    write: (w, p) => `try { log("joined", await ${w.promise(p)}); } catch (e) { log("failed", err(e)); }`,
  },
  {
    name: "microtask",
    concurrent: true,
    write: (w, p) => `queueMicrotask(() => ${w.safeBody(p, {})});`,
  },
  {
    name: "timer",
    concurrent: true,
    write: (w, p) => {
      const name = w.fresh("id");
      const body = w.rarely(2)
        ? `async () => ${w.safeBody(p, { waits: true })}`
        : `() => ${w.safeBody(p, {})}`;
      return `const ${name} = setTimeout(${body}, ${delay(w)}); ${w.rarely(3) ? `if (${w.simple()} > 2) clearTimeout(${name});` : ""}`;
    },
  },
  {
    name: "timer cleared later",
    concurrent: true,
    waits: true,
    write: (w, p) => {
      const name = w.fresh("id");
      const set = w.pick(["setTimeout", "setInterval"]);
      const wait = w.statement({ ...p, depth: p.depth + 1 });
      return `{ const ${name} = ${set}(() => log("${name}"), ${delay(w)}); try { ${wait} } finally { await after(${delay(w)}, 0); ${set.replace("set", "clear")}(${name}); } }`;
    },
  },
  {
    name: "interval",
    concurrent: true,
    write: (w, p) => {
      const [name, count] = [w.fresh("id"), w.fresh("n")];
      const body = w.safeBody(p, {});
      return `let ${count} = 0; const ${name} = setInterval(() => { if (++${count} > 2) clearInterval(${name}); log("tick", ${count}); ${w.rarely(2) ? body : ""} }, ${delay(w)});`;
    },
  },
  {
    name: "resolvers",
    concurrent: true,
    write: (w, p) => {
      const name = w.fresh("d");
      const settle = w.pick([`resolve(${w.simple()})`, `resolve(${w.promise(p)})`, 'reject(new Error("d"))']);
      const text = `const ${name} = deferred(); keep(${name}.promise); ${w.statement({ ...p, depth: p.depth + 1 })} ${name}.${settle};`;
      w.promises = [...w.promises, `${name}.promise`];
      return text;
    },
  },
  {
    name: "fibers",
    concurrent: true,
    waits: true,
    often: true,
    write: (w, p) => {
      const i = w.fresh("i");
      const body = w.block(w.body(p, { waits: true }), i);
      return `log("fibers", await Promise.${w.pick(["all", "allSettled", "race"])}([1, 2, 3].map(async (${i}) => ${body})).catch(err));`;
    },
  },
  {
    name: "chain",
    concurrent: true,
    write: (w, p) => `chain = keep(chain.then(async () => ${w.block(w.body(p, { waits: true }))}));`,
  },
  {
    name: "release",
    concurrent: true,
    write: (w) => `open.shift()?.(${w.pick([w.simple(), `w(${w.simple()})`])});`,
  },
];
