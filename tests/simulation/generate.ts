/**
 * Random programs over the words of `continua`: tasks that call, spawn and map over others, loops, exceptions, closures, generators, queues
 * within a task and between tasks, locks, timers, steps. The result and the lines of each do not depend on who comes first, so that those of
 * the plain run are the only right ones: what runs concurrently has its own variables, and is put together when it is done.
 */
import type { Chance } from "./chance.ts";

/** Tasks that a program may come to; more would take too long. */
const tasksMax = 24;
const depthMax = 3;

interface Scope {
  readonly chance: Chance;
  /** Functions that may be called, by the number of tasks that a call of each comes to. */
  readonly below: readonly { readonly name: string; readonly tasks: number }[];
  /** Tasks that a call of the function at hand comes to. */
  tasks: number;
  /** How often what is written now is executed. */
  times: number;
  depth: number;
  locked: boolean;
  names: number;
}

const helpers = `
async function produce(q, count, base) {
  for (let i = 0; i < count; i++) await q.enqueue(base + i);
  return count;
}
async function drain(q) {
  let sum = 0;
  for await (const item of q) sum += item;
  return sum;
}
async function drainTogether(q, size) {
  let sum = 0;
  for await (const items of q.batches(size)) for (const item of items) sum += item;
  return sum;
}
async function guarded(lock, by) {
  const permit = await lock.acquire();
  try {
    await sleep(by);
    return by;
  } finally {
    permit.release();
  }
}
function* upTo(count) {
  for (let i = 0; i < count; i++) yield i;
}
async function* slowly(count) {
  for (const i of upTo(count)) {
    await null;
    yield i;
  }
}
`;

export function generateProgram(chance: Chance): string {
  const functions: { name: string; tasks: number }[] = [];
  let text = `import { barrier, call, checkpoint, mapTasks, mutex, queue, semaphore, sleep, spawn, step } from "continua";\n${helpers}`;
  const count = chance.between(1, 4);
  for (let i = 0; i < count; i++) {
    const isMain = i === count - 1;
    const scope: Scope = {
      chance,
      below: functions.filter(({ tasks }) => tasks <= tasksMax / 2),
      tasks: 1,
      times: 1,
      depth: 0,
      locked: false,
      names: 0,
    };
    const name = isMain ? "main" : `t${i}`;
    const first = isMain && scope.below.length > 0 ? `  ${several(scope).replaceAll("\n", "\n  ")}\n` : "";
    const body = first + block(scope, chance.between(1, 4));
    text += `${isMain ? "export default " : ""}async function ${name}(x) {\n  let acc = x;\n${body}  return acc % 1_000_003;\n}\n`;
    functions.push({ name, tasks: scope.tasks });
  }
  return text;
}

/** Statements, each line indented by two. */
function block(scope: Scope, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += `  ${statement(scope).replaceAll("\n", "\n  ")}\n`;
  return text;
}

type Rule = (scope: Scope) => string;

function statement(scope: Scope): string {
  const rules: Rule[] = [pause, pause, say, say, compute, checkpointed];
  if (scope.depth < depthMax) rules.push(loop, attempt, iterate);
  if (!scope.locked) rules.push(ownQueue, sharedQueue, locked, sharedLock, meeting, stepped, timer);
  if (!scope.locked && scope.below.length > 0) rules.push(called, called, several, mapped, spawned, alone);
  return scope.chance.pick(rules)(scope);
}

const pause: Rule = ({ chance }) =>
  chance.pick(["await null;", `await sleep(${chance.pick([0, 1, 5, 40])});`, "await Promise.resolve(acc);"]);
const say: Rule = (scope) => `console.log("${name(scope, "line")}", acc);`;
const compute: Rule = ({ chance }) =>
  chance.pick([
    `acc = (acc * 31 + ${chance.below(100)}) % 1_000_003;`,
    `[1, 2, 3].forEach((y) => { acc += y * ${chance.below(5)}; });`,
    `acc += await (async (y) => { await null; return y + acc % 7; })(${chance.below(9)});`,
  ]);
const checkpointed: Rule = ({ chance }) => `await checkpoint(${chance.pick(["", "{ sync: true }"])});`;

const loop: Rule = (scope) => {
  const times = scope.chance.between(1, 3);
  const i = name(scope, "i");
  return `for (let ${i} = 0; ${i} < ${times}; ${i}++) {\n${inner(scope, 2, times)}}`;
};
const attempt: Rule = (scope) => {
  const body = inner(scope, 2);
  const end = scope.chance.pick(["throw new RangeError(String(acc));", "if (acc % 2 === 0) throw acc;"]);
  return `try {\n${body}  ${end}\n} catch (error) {\n  acc += String(error).length;\n} finally {\n${inner(scope, 1)}}`;
};
const iterate: Rule = (scope) => {
  const v = name(scope, "v");
  const times = scope.chance.between(1, 3);
  const [head, source] = scope.chance.pick([
    ["for", "upTo"],
    ["for await", "slowly"],
  ]);
  return `${head} (const ${v} of ${source}(${times})) {\n  acc += ${v};\n${inner(scope, 1, times)}}`;
};

const ownQueue: Rule = (scope) => {
  const q = name(scope, "q");
  const count = scope.chance.between(1, 4);
  return `const ${q} = queue({ capacity: ${scope.chance.between(1, 2)} });
const ${q}fed = produce(${q}, ${count}, acc).then(() => ${q}.close());
const ${q}sum = await drain(${q});
await ${q}fed;
acc += ${q}sum;`;
};
const sharedQueue: Rule = (scope) => {
  const producers = scope.chance.between(1, 2);
  const consumers = scope.chance.between(1, 2);
  if (!mayStart(scope, producers + consumers)) return pause(scope);
  const q = name(scope, "q");
  const count = scope.chance.between(1, 3);
  const list = (times: number, what: string) => Array.from({ length: times }, () => what).join(", ");
  const capacity = scope.chance.between(1, 3);
  const drained = capacity === 1 ? `call(drain, ${q})` : `call(drainTogether, ${q}, ${capacity})`;
  return `const ${q} = queue({ capacity: ${capacity} });
const ${q}fed = Promise.all([${list(producers, `call(produce, ${q}, ${count}, acc)`)}]).then(() => ${q}.close());
const ${q}sums = await Promise.all([${list(consumers, drained)}]);
await ${q}fed;
acc += ${q}sums.reduce((a, b) => a + b, 0);`;
};
const locked: Rule = (scope) => {
  const permit = name(scope, "permit");
  const word = scope.chance.pick(["mutex()", "semaphore(2)"]);
  const text = `const ${permit} = await ${word}.acquire();\ntry {\n${inner({ ...scope, locked: true }, 1)}} finally {\n  ${permit}.release();\n}`;
  scope.names += 10;
  return text;
};
const sharedLock: Rule = (scope) => {
  const owners = scope.chance.between(2, 3);
  if (!mayStart(scope, owners)) return pause(scope);
  const lock = name(scope, "lock");
  return `const ${lock} = mutex();
acc += (await Promise.all([${Array.from({ length: owners }, (_, i) => `call(guarded, ${lock}, ${i + 1})`).join(", ")}])).reduce((a, b) => a + b, 0);`;
};
const meeting: Rule = (scope) => {
  const here = name(scope, "here");
  return `const ${here} = barrier(2);\nawait Promise.all([${here}.arrive(), sleep(${scope.chance.below(4)}).then(() => ${here}.arrive())]);`;
};
const stepped: Rule = (scope) => {
  const start = name(scope, "start");
  return `const ${start} = acc;\nacc += await step(async () => { await null; return ${start} % 11; });`;
};
const timer: Rule = ({ chance }) =>
  `acc += await new Promise((resolve) => setTimeout(resolve, ${chance.pick([1, 10])}, ${chance.below(5)}));`;

const called: Rule = (scope) => (mayStart(scope) ? `acc += await call(${start(scope)});` : pause(scope));
const several: Rule = (scope) => {
  if (!mayStart(scope)) return pause(scope);
  const all = name(scope, "all");
  const starts = [start(scope)];
  while (starts.length < 3 && mayStart(scope)) starts.push(start(scope));
  return `const ${all} = await Promise.all([${starts.map((each) => `call(${each})`).join(", ")}]);\nacc += ${all}.reduce((a, b) => 2 * a + b, 0);`;
};
const mapped: Rule = (scope) => {
  const fitting = scope.below.filter(({ tasks }) => room(scope) >= 2 * tasks);
  if (fitting.length === 0) return pause(scope);
  const { name: fn, tasks } = scope.chance.pick(fitting);
  scope.tasks += 2 * tasks * scope.times;
  return `acc += (await mapTasks([acc % 3, 2], ${fn}, { concurrency: ${scope.chance.between(1, 2)} })).reduce((a, b) => a + b, 0);`;
};
const spawned: Rule = (scope) => {
  if (!mayStart(scope)) return pause(scope);
  const task = name(scope, "task");
  return `const ${task} = spawn(${start(scope)});\n${pause(scope)}\nacc += await ${task}.result();`;
};
const alone: Rule = (scope) => (mayStart(scope) ? `spawn(${start(scope)});` : pause(scope));

/** The block of a statement. `times`: how often it is executed for each time of the statement. */
function inner(scope: Scope, length: number, times = 1): string {
  scope.depth++;
  scope.times *= times;
  const text = block(scope, scope.chance.between(1, length));
  scope.times /= times;
  scope.depth--;
  return text;
}

function name(scope: Scope, word: string): string {
  return `${word}${++scope.names}`;
}

function room(scope: Scope): number {
  return (tasksMax - scope.tasks) / scope.times;
}

function mayStart(scope: Scope, tasks?: number): boolean {
  if (tasks === undefined) return scope.below.some((each) => each.tasks <= room(scope));
  if (tasks > room(scope)) return false;
  scope.tasks += tasks * scope.times;
  return true;
}

/** A function and its argument. */
function start(scope: Scope): string {
  const fitting = scope.below.filter(({ tasks }) => tasks <= room(scope));
  const { name: fn, tasks } = scope.chance.pick(fitting);
  scope.tasks += tasks * scope.times;
  return `${fn}, acc % ${scope.chance.between(2, 9)}`;
}
