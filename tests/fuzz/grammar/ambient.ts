/** Rules for what follows asynchronous calls (`AsyncLocalStorage`, `AsyncResource`), and for the clock. */
import type { Place, Rule, Rules } from "./writer.ts";

const inside = (p: Place): Place => ({ ...p, depth: p.depth + 1 });

const expressions: readonly Rule[] = [
  { name: "store", stores: true, often: true, write: () => "(store.getStore() ?? 0)" },
  {
    name: "run still",
    stores: true,
    write: (w, p) => `store.run(${w.simple()}, () => ${w.expression(w.body(p, {}))})`,
  },
  {
    name: "exit",
    stores: true,
    write: (w, p) =>
      w.pick([
        `store.exit(() => ${w.expression(w.body(p, {}))})`,
        `store.exit((v) => [v, store.getStore()], ${w.simple()}).length`,
      ]),
  },
  {
    name: "await run",
    stores: true,
    waits: true,
    often: true,
    write: (w, p) => `(await store.run(${w.simple()}, async () => ${w.block(w.body(p, { waits: true }))}))`,
  },
];

const promises: readonly Rule[] = [
  {
    name: "run",
    stores: true,
    often: true,
    write: (w, p) => `store.run(${w.simple()}, () => ${w.promise(p)})`,
  },
  {
    name: "run function",
    stores: true,
    write: (w) => `store.run(${w.simple()}, ${w.pick(["w", "f", "slowly"])}, ${w.simple()})`,
  },
  {
    name: "then in a store",
    stores: true,
    write: (w, p) =>
      `store.run(${w.simple()}, (p) => p.then((v) => { log("then", show(v), store.getStore()); return store.getStore(); }), ${w.promise(p)})`,
  },
];

const statements: readonly Rule[] = [
  { name: "tell store", stores: true, often: true, write: () => `log("in", store.getStore());` },
  { name: "enter", stores: true, write: (w, p) => `store.enterWith(${w.number(p)});` },
  {
    name: "bound",
    stores: true,
    write: (w, p) => {
      const [g, x] = [w.fresh("g"), w.fresh("x")];
      const bind = w.pick(["AsyncLocalStorage.bind", "AsyncResource.bind", 'new AsyncResource("r").bind']);
      const made = bind.startsWith("new")
        ? `store.run(${w.simple()}, () => new AsyncResource("r").bind((${x}) => [${x}, store.getStore()]))`
        : `store.run(${w.simple()}, () => ${bind}((${x}) => [${x}, store.getStore()]))`;
      return `{ const ${g} = ${made}; ${w.statement(inside(p))} log(${g}(${w.simple()})); fs.push(${g}); }`;
    },
  },
  {
    name: "snapshot",
    stores: true,
    write: (w, p) => {
      const g = w.fresh("g");
      return `{ const ${g} = store.run(${w.simple()}, () => AsyncLocalStorage.snapshot()); ${w.statement(inside(p))} log(${g}((v) => [v, store.getStore()], ${w.simple()}), store.getStore()); }`;
    },
  },
  {
    name: "resource",
    stores: true,
    write: (w, p) => {
      const r = w.fresh("r");
      const made = w.pick([`new AsyncResource("r")`, `new (class extends AsyncResource { v = 2; })("r")`]);
      const call = w.rarely(2)
        ? `async (v) => { await null; log("scope", v, store.getStore()); }`
        : `(v) => log("scope", v, store.getStore())`;
      return `{ const ${r} = store.run(${w.simple()}, () => ${made}); ${w.statement(inside(p))} ${r}.runInAsyncScope(${call}, null, ${w.simple()}); log(store.getStore()); }`;
    },
  },
  {
    name: "callbacks in a store",
    stores: true,
    concurrent: true,
    write: (w) => {
      const tell = (what: string): string => `() => log("${what}", store.getStore())`;
      const made = w.pick([
        `setTimeout(${tell("timer")}, ${w.next(4)});`,
        `setImmediate(${tell("soon")});`,
        `queueMicrotask(${tell("micro")});`,
        `Promise.resolve().then(${tell("then")}).finally(${tell("finally")});`,
        `open.push(${tell("released")});`,
        `let ticks = 0; const id = setInterval(() => { log("tick", store.getStore()); if (ticks++ > 1) clearInterval(id); }, 2);`,
      ]);
      return `store.run(${w.simple()}, () => { ${made} });`;
    },
  },
  {
    name: "asked from elsewhere",
    stores: true,
    waits: true,
    write: (w, p) => {
      const [g, y] = [w.fresh("g"), w.fresh("y")];
      const slow = w.rarely(2);
      const ask = slow ? "await " : "";
      const body = `for (let i = 0; i < 3; i++) { step(); ${slow ? "await null;" : ""} yield [i, store.getStore()]; }`;
      return `{ const ${g} = ${slow ? "async " : ""}function* () { ${body} }; const ${y} = store.run(${w.simple()}, ${g}); log(${ask}${y}.next()); ${w.statement(inside(p))} log(${ask}store.run(${w.simple()}, () => ${y}.next())); log(${ask}${y}.next(), store.getStore()); }`;
    },
  },
  {
    name: "clock",
    concurrent: true,
    write: (w, p) => {
      const t = w.fresh("t");
      const more = w.pick([`new Date() - ${t}`, `new Date().getTime() - ${t}`, `Date.now() === +new Date()`]);
      return `{ const ${t} = Date.now(); ${w.statement(inside(p))} log("took", Date.now() - ${t}, ${more}); }`;
    },
  },
];

export const ambient: Rules = { expressions, statements, promises };
