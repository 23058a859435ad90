/** Versions of programs, the texts of their modules by name: `after` says which are others then. The function `main` answers a list. */
export type Sources = Readonly<Record<string, string>>;

export interface UpgradeCase {
  readonly name: string;
  readonly before: Sources;
  readonly after: Sources;
  /** A third version, to which it is moved at its second sleep. */
  readonly later?: Sources;
  /** What `main` answers, having been moved at its first sleep. */
  readonly result?: unknown;
  /** Why it cannot be moved. */
  readonly refused?: readonly string[];
}

const sleep = `import { sleep } from "api";\n`;
const body = `export default async function main() { const before = work("before"); await sleep(1); return [before, work("after")]; }\n`;

const twice = `export default async function main() { const all = [work("first")]; for (let i = 0; i < 2; i++) { await sleep(1); all.push(work("then")); } return all; }\n`;

function account(members: string, rest = ""): string {
  return `${sleep}class Account {\n${members}\n}\n${rest}
export default async function main() {
  const account = new Account(5);
  account.add(1);
  await sleep(1);
  account.add(1);
  return [account.total(), account instanceof Account];
}\n`;
}

const fields = `static made = 0; #sum = 0; owner = "me"; constructor(sum) { this.#sum = sum; Account.made++; }`;
const total = "total() { return this.#sum; }";

const changedClass = (what: string, module = "main.ts") =>
  `the class ${what} of ${module} has changed, and in more than what its methods do: leave its fields, constructor and members as they were, or give the new one another name`;
const stillLoading =
  "modules of it are still being evaluated, and these are others now, or in another order: upgrade it when it has got over the await at their top level";

const shop = [
  "const sold = [];",
  'class Item { constructor(name) { this.name = name; } label() { return "<" + this.name + ">"; } }',
  'class Special extends Item { static kinds = 1; label() { return "*" + super.label() + Special.kinds; } }',
  "function sell(name) { sold.push(name); return new Special(name).label(); }",
  "const sellers = sell;",
  "export { sold, Item, Special, sell, sellers };",
].join("\n");

export const cases: readonly UpgradeCase[] = [
  // ---- classes ----
  {
    name: "a class: bodies and parameters of its methods may change, and objects that are there have them",
    before: { "main.ts": account(`${fields} add(n) { this.#sum += n; } ${total}`) },
    after: {
      "main.ts": account(
        `${fields} add(n, by = 10) { this.#sum += n * by; } total() { return { sum: this.#sum, made: Account.made }; }`,
      ),
    },
    result: [{ sum: 16, made: 1 }, true],
  },
  {
    name: "a class: accessors, private and static methods, generators and async ones may change likewise",
    before: {
      "main.ts": account(
        `${fields} get sum() { return this.#sum; } #plus(n) { this.#sum += n; } add(n) { this.#plus(n); } static of() { return 1; } *all() { yield 1; } async later() { return Account.of(); } total() { return this.sum; }`,
      ),
    },
    after: {
      "main.ts": account(
        `${fields} get sum() { return -this.#sum; } #plus(n) { this.#sum += n * 100; } add(n) { this.#plus(n); } static of() { return 2; } *all() { yield 2; yield Account.of(); } async later() { return 3; } total() { return [this.sum, ...this.all()]; }`,
      ),
    },
    result: [[-106, 2, 2], true],
  },
  {
    name: "a class: an async method reaches private members and what its class extends, which it did not before",
    before: {
      "main.ts": account(
        `${fields} static of() { return Account; } async later() { return 1; } add(n) { this.#sum += n; } ${total}`,
      ).replace("account.total()", "account.total(), await account.later()"),
    },
    after: {
      "main.ts": account(
        `${fields} static of() { return Account; } async later() { await sleep(1); return [this.#sum, #sum in this, super.toString()]; } add(n) { this.#sum += n; } ${total}`,
      ).replace("account.total()", "account.total(), await account.later()"),
    },
    result: [7, [7, true, "[object Object]"], true],
  },
  {
    name: "a class: not if it names itself only now",
    before: {
      "main.ts": account(`${fields.replace("Account.made++", "")} add(n) { this.#sum += n; } ${total}`),
    },
    after: {
      "main.ts": account(
        `${fields.replace("Account.made++", "")} add(n) { this.#sum += n; } total() { return Account.name; }`,
      ),
    },
    refused: [changedClass("Account")],
  },
  {
    name: "a class with a method that waits: others may change",
    before: {
      "main.ts": `${sleep}class Job { state = 1; async run() { await sleep(1); return this.show(); } show() { return this.state; } }\nexport default async function main() { return [await new Job().run()]; }`,
    },
    after: {
      "main.ts": `${sleep}class Job { state = 1; async run() { await sleep(1); return this.show(); } show() { return "state " + this.state; } }\nexport default async function main() { return [await new Job().run()]; }`,
    },
    result: ["state 1"],
  },
  {
    name: "a class: not the method in which a call waits",
    before: {
      "main.ts": `${sleep}class Job { state = 1; async run() { await sleep(1); return this.state; } }\nexport default async function main() { return [await new Job().run()]; }`,
    },
    after: {
      "main.ts": `${sleep}class Job { state = 1; async run() { await sleep(1); return this.state + 1; } }\nexport default async function main() { return [await new Job().run()]; }`,
    },
    refused: ["a call of Job.run waits at main.ts:2:38, and the function has changed"],
  },
  ...(
    [
      ["a new field", `${fields} rest = 1; add(n) { this.#sum += n; } ${total}`],
      ["a new private field", `${fields} #rest = 1; add(n) { this.#sum += n; } ${total}`],
      ["another initialiser", `${fields.replace('"me"', '"you"')} add(n) { this.#sum += n; } ${total}`],
      ["another constructor", `${fields.replace("made++", "made--")} add(n) { this.#sum += n; } ${total}`],
      ["a static field", `${fields} static rest = 1; add(n) { this.#sum += n; } ${total}`],
      ["a new method", `${fields} add(n) { this.#sum += n; } ${total} more() {}`],
      ["a method that is async now", `${fields} add(n) { this.#sum += n; } async ${total}`],
    ] as const
  ).map(([what, members]) => ({
    name: `a class: ${what} is refused`,
    before: { "main.ts": account(`${fields} add(n) { this.#sum += n; } ${total}`) },
    after: { "main.ts": account(members) },
    refused: [changedClass("Account")],
  })),
  {
    name: "a class: what it extends is refused",
    before: { "main.ts": account("sum = 0; add(n) { this.sum += n; } total() { return this.sum; }") },
    after: {
      "main.ts": account("sum = 0; add(n) { this.sum += n; } total() { return this.sum; }").replace(
        "class Account",
        "class Base {}\nclass Account extends Base",
      ),
    },
    refused: [
      "the class Base of main.ts is new, and nothing would make it in a task that has begun; write it as const Base = ..., without await",
      changedClass("Account"),
    ],
  },
  {
    name: "a class inside a function is as it was, with the variables around it",
    before: {
      "main.ts": `${sleep}function make(by) { return new (class Adder { sum = 0; add(n) { this.sum += n * by; return this.sum; } })(); }\nexport default async function main() { const adder = make(2); await sleep(1); return [adder.add(3)]; }`,
    },
    after: {
      "main.ts": `${sleep}function make(by) { return new (class Adder { sum = 0; add(n) { this.sum -= n * by; return this.sum; } })(); }\nexport default async function main() { const adder = make(2); await sleep(1); return [adder.add(3)]; }`,
    },
    refused: ["the class Adder of main.ts, which was made with variables around it, has changed"],
  },
  {
    name: "a function made inside another one: the same text over other variables is not the same",
    before: {
      "main.ts": `${sleep}function make(x) { return () => x; }\nexport default async function main() { const get = make(7); await sleep(1); return [get()]; }`,
    },
    after: {
      "main.ts": `${sleep}function make(x) { for (let i = 0; ; ) { const count = () => i++; count(); return () => x; } }\nexport default async function main() { const get = make(7); await sleep(1); return [get()]; }`,
    },
    refused: ["the function (anonymous) of main.ts, which was made with variables around it, has changed"],
  },
  // ---- new modules ----
  {
    name: "a new module, and what it imports, is evaluated when the task goes on, before anything else of it",
    before: { "main.ts": `${sleep}function work(when) { return when; }\n${body}` },
    after: {
      "main.ts": `${sleep}import { decorate, order } from "./new.ts";\nfunction work(when) { return [decorate(when), order]; }\n${body}`,
      "new.ts": `import { log } from "./deep.ts";\nexport class Frame { of(x) { return "[" + x + "]"; } }\nconst frame = new Frame();\nlog("new");\nexport const decorate = (x) => frame.of(x);\nexport { order } from "./deep.ts";`,
      "deep.ts": `export const order = [];\nexport function log(x) { order.push(x); }\nlog("deep");`,
    },
    result: ["before", ["[after]", ["deep", "new"]]],
  },
  {
    name: "a new module keeps its variables from then on",
    before: {
      "main.ts": `${sleep}function work(when) { return when; }\nexport default async function main() { const all = [work(1)]; for (let i = 0; i < 3; i++) { await sleep(1); all.push(work(2)); } return all; }`,
    },
    after: {
      "main.ts": `${sleep}import { count } from "./new.ts";\nfunction work(when) { return count(); }\nexport default async function main() { const all = [work(1)]; for (let i = 0; i < 3; i++) { await sleep(1); all.push(work(2)); } return all; }`,
      "new.ts": "let made = 0;\nexport function count() { return ++made; }",
    },
    result: [1, 1, 2, 3],
  },
  {
    name: "a new module that only import() names runs when it is imported",
    before: {
      "main.ts": `${sleep}async function late() { return 1; }\nexport default async function main() { await sleep(1); return [await late()]; }`,
    },
    after: {
      "main.ts": `${sleep}async function late() { const { value } = await import("./new.ts"); return value(); }\nexport default async function main() { await sleep(1); return [await late()]; }`,
      "new.ts": `import { sleep } from "api";\nawait sleep(1);\nconst held = [2];\nexport function value() { return held; }`,
    },
    result: [[2]],
  },
  {
    name: "a new module that throws ends the task, as one that is imported does",
    before: { "main.ts": `${sleep}function work(when) { return when; }\n${body}` },
    after: {
      "main.ts": `${sleep}import "./new.ts";\nfunction work(when) { return when; }\n${body}`,
      "new.ts": `throw new Error("not today");`,
    },
    result: "Error: not today",
  },
  {
    name: "a new module that awaits is refused",
    before: { "main.ts": `${sleep}function work(when) { return when; }\n${body}` },
    after: {
      "main.ts": `${sleep}import { x } from "./new.ts";\nfunction work(when) { return x; }\n${body}`,
      "new.ts": `import { sleep } from "api";\nawait sleep(1);\nexport const x = 1;`,
    },
    refused: ["the module new.ts is new, and awaits at its top level: do that in a function that is called"],
  },
  {
    name: "a new module is refused while others are under way",
    before: {
      "main.ts": `${sleep}import { x } from "./old.ts";\nfunction work(when) { return x; }\n${body}`,
      "old.ts": `${sleep}await sleep(1);\nexport const x = 1;`,
    },
    after: {
      "main.ts": `${sleep}import { x } from "./old.ts";\nimport "./new.ts";\nfunction work(when) { return x; }\n${body}`,
      "new.ts": "export {};",
    },
    refused: [stillLoading],
  },
  {
    name: "modules that are under way go on with the same ones",
    before: {
      "main.ts": `${sleep}import { x } from "./old.ts";\nfunction work(when) { return x; }\n${body}`,
      "old.ts": `${sleep}await sleep(1);\nexport const x = 1;`,
    },
    after: {
      "main.ts": `${sleep}import { x } from "./old.ts";\nfunction work(when) { return when + x; }\n${body}`,
    },
    result: ["before1", "after1"],
  },
  {
    name: "a module that has not been run cannot be imported in another way",
    before: {
      "main.ts": `${sleep}async function late() { return (await import("./late.ts")).x; }\nexport default async function main() { await sleep(1); return [await late()]; }`,
      "late.ts": "export const x = 1;",
    },
    after: {
      "main.ts": `${sleep}import { x } from "./late.ts";\nasync function late() { return x; }\nexport default async function main() { await sleep(1); return [await late()]; }`,
    },
    refused: ["the module late.ts has not been run in it, and is imported in another way now: use import()"],
  },
  // ---- modules that are gone ----
  {
    name: "a module that is gone is forgotten with its variables, functions and classes",
    before: {
      "main.ts": `${sleep}import { sell } from "./shop.ts";\nfunction work(when) { return sell(when); }\n${body}`,
      "shop.ts": shop,
    },
    after: { "main.ts": `${sleep}function work(when) { return when; }\n${body}` },
    result: ["*<before>1", "after"],
  },
  {
    name: "a module that was gone and comes again begins anew",
    before: {
      "main.ts": `${sleep}import { sold } from "./shop.ts";\nfunction work(when) { sold.push(when); return [...sold]; }\n${twice}`,
      "shop.ts": shop,
    },
    after: { "main.ts": `${sleep}function work(when) { return when; }\n${twice}` },
    later: {
      "main.ts": `${sleep}import { sold } from "./shop.ts";\nfunction work(when) { sold.push(when); return [...sold]; }\n${twice}`,
    },
    result: [["first"], "then", ["then"]],
  },
  {
    name: "a module that is gone: not while its class has private members of its own, which nothing could read",
    before: {
      "main.ts": `${sleep}import { Count } from "./count.ts";\nfunction work() { return Count.next(); }\n${body}`,
      "count.ts": "export class Count { static #n = 0; static next() { return ++Count.#n; } }",
    },
    after: { "main.ts": `${sleep}function work() { return 1; }\n${body}` },
    refused: ["Count of count.ts, which it holds, is gone"],
  },
  {
    name: "a module that is gone: not while a call of it waits",
    before: {
      "main.ts": `${sleep}import { wait } from "./shop.ts";\nasync function work() { return await wait(); }\nexport default async function main() { return [await work()]; }`,
      "shop.ts": `${sleep}export async function wait() { await sleep(1); return 1; }`,
    },
    after: {
      "main.ts": `${sleep}async function work() { return await wait(); }\nasync function wait() { return 1; }\nexport default async function main() { return [await work()]; }`,
    },
    refused: ["a call of wait waits at shop.ts:2:32, and the function is gone"],
  },
  ...(
    [
      ["an object of a class of it", "new Special(1)", "Special"],
      ["a class of it", "[Special]", "Special"],
      ["a function of it", "[sell]", "sell"],
    ] as const
  ).map(([what, value, gone]) => ({
    name: `a module that is gone: not while ${what} is held`,
    before: {
      "main.ts": `${sleep}import { Special, sell } from "./shop.ts";\nfunction make() { return ${value}; }\nexport default async function main() { const held = make(); await sleep(1); return [typeof held]; }`,
      "shop.ts": shop,
    },
    after: {
      "main.ts": `${sleep}function make() { return 1; }\nexport default async function main() { const held = make(); await sleep(1); return [typeof held]; }`,
    },
    refused:
      gone === "Special"
        ? [
            `Item of shop.ts, which the variable held of main holds, is gone`,
            `Special of shop.ts, which the variable held of main holds, is gone`,
          ]
        : [`${gone} of shop.ts, which the variable held of main holds, is gone`],
  })),
  {
    name: "a module that is gone: nor while its own variables hold what cannot be read without it",
    before: {
      "main.ts": `${sleep}import { first } from "./stock.ts";\nfunction work() { return first.n; }\n${body}`,
      "stock.ts": "class Thing { n = 1; }\nexport const first = new Thing();",
    },
    after: { "main.ts": `${sleep}function work() { return 1; }\n${body}` },
    refused: ["Thing of stock.ts, which the variable first of stock.ts holds, is gone"],
  },
];
