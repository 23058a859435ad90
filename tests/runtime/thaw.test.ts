/** What a program can hold across a thaw, each as a small program run natively, compiled, and thawed at every stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileBody, runNatively, runTask, traceOf } from "./drive.ts";

const bodies: Record<string, string> = {
  "closures over loop variables": `
    const list = [];
    for (let i = 0; i < 3; i++) { list.push(() => i++ * 10); await sleep(1); }
    list[1]();
    await sleep(1);
    return list.map((each) => each()).join();`,
  "a Map changed while it is walked": `
    const map = new Map([["a", 1], ["b", 2], ["c", 3]]);
    for (const [key, value] of map) {
      await sleep(value);
      log(key + value);
      if (value === 1) { map.delete("a"); map.delete("b"); map.set("d", 4); map.set("a", 5); }
    }
    return [...map.keys()].join();`,
  "a Set that grows while it is walked, and one at its end": `
    const set = new Set([1]);
    for (const each of set) { log(each); await sleep(1); if (each < 4) set.add(each + 1); }
    const done = new Set([1]);
    for (const each of done) { await sleep(each); done.delete(each); await sleep(1); }
    return done.size;`,
  "lists, strings, entries and iterables of the program": `
    for (const each of [1, , 3]) { await sleep(1); log(String(each)); }
    for (const each of "a😀b") { await sleep(1); log(each); }
    for (const [index, each] of ["x", "y"].entries()) { await sleep(1); log(index + each); }
    const countdown = { from: 3, [Symbol.iterator]() { let left = this.from; return {
      next: () => (left > 0 ? { done: false, value: left-- } : { done: true, value: undefined }),
      return: () => { log("closed at " + left); return {}; } }; } };
    for (const each of countdown) { await sleep(each); log(each); if (each === 2) break; }
    for (const key in { a: 1, b: 2 }) { await sleep(1); log(key); }`,
  "classes, instances and methods": `
    class Base { static made = 0; constructor(n) { this.n = n; Base.made++; } async twice() { await sleep(1); return this.n * 2; } get half() { return this.n / 2; } }
    class Derived extends Base { list = []; add(x) { this.list.push(x); return this; } }
    const one = new Derived(4);
    const { add } = one;
    await sleep(1);
    add.call(one, await one.twice());
    return [one instanceof Base, one.half, one.list, Base.made, add === one.add, Derived.prototype.constructor === Derived].join();`,
  "errors keep their identity, cause and fields": `
    class Failure extends Error { name = "Failure"; constructor(message, code) { super(message, { cause: { code } }); this.code = code; } }
    try { await Promise.all([sleep(1), (async () => { await sleep(2); throw new Failure("f", 7); })()]); }
    catch (error) { await sleep(1); log([error instanceof Failure, error.message, error.code, error.cause.code].join()); throw error; }
    finally { await sleep(1); log("finally"); }`,
  "methods of a timer, as a block with using keeps one": `
    const timer = setTimeout(() => log("never"), 20);
    const { unref } = timer;
    const clear = timer[Symbol.dispose];
    await sleep(1);
    log(String([unref.call(timer) === timer, timer.hasRef(), clear === timer[Symbol.dispose]]));
    clear.call(timer);
    await sleep(30);`,
  "combinators half way": `
    const work = (ms, fail) => async () => { await sleep(ms); if (fail) throw new Error("e" + ms); return ms; };
    const all = Promise.all([work(3)(), work(1)(), 5]);
    const any = Promise.any([work(2, true)(), work(6)()]);
    const settled = Promise.allSettled([work(4, true)(), work(2)()]);
    const race = Promise.race([work(9)(), work(7, true)()]).catch((error) => error.message);
    log(JSON.stringify(await all)); log(await any); log(JSON.stringify((await settled).map((each) => each.status))); log(await race);`,
  "promises with resolvers, thenables and finally": `
    let resolve;
    const promise = new Promise((given) => { resolve = given; });
    sleep(5).then(() => resolve(sleep(3).then(() => "late")));
    const after = promise.finally(() => sleep(2)).then((value) => value + "!");
    log(await { then: (done) => sleep(1).then(() => done("thenable")) });
    return await after;`,
  "symbols, sharing and cycles": `
    const key = Symbol("key"); const shared = { n: 1 }; const graph = { [key]: shared, list: [shared] }; graph.self = graph;
    const seen = new Map([[graph, key]]);
    await sleep(1);
    shared.n++;
    return [graph[key] === graph.list[0], graph.list[0].n, graph.self === graph, seen.get(graph) === key].join();`,
  "recursion that suspends at the bottom": `
    const down = async (n) => (n === 0 ? (await sleep(1), 0) : 1 + (await down(n - 1)));
    return await down(500);`,
  "children get copies": `
    const box = { n: 1, when: new Date(5) };
    const child = async (given, list) => { await sleep(1); given.n += list.length; return { given, time: given.when.getTime() }; };
    const result = await call(child, box, [1, 2, 3]);
    return [box.n, result.given.n, result.time].join();`,
  "arguments, this and default values": `
    async function sum() { await sleep(1); return [...arguments].reduce((a, b) => a + b, this.base); }
    return await sum.call({ base: 10 }, 1, 2, 3);`,
};

for (const [name, body] of Object.entries(bodies)) {
  test(`thaw: ${name}`, async () => {
    const expected = await runNatively(body);
    const program = await compileBody(body);
    assert.deepEqual(traceOf(program, "never"), expected);
    assert.deepEqual(traceOf(program, "stops"), expected, "thawed at every stop");
    assert.deepEqual(traceOf(program, "polls"), expected, "frozen and thawed at every chance");
  });
}

test("timers go on after a thaw; missed ticks of an interval collapse", async () => {
  const program = await compileBody(`
    let ticks = 0;
    const timer = setInterval((by) => { ticks += by; log("tick " + ticks); }, 10, 2);
    await sleep(35);
    clearInterval(timer);
    const cleared = setTimeout(() => log("never"), 5);
    clearTimeout(Number(cleared));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return ticks;`);
  for (const thaw of ["never", "stops", "polls"] as const) {
    assert.deepEqual(traceOf(program, thaw), ["tick 2", "tick 4", "tick 6", "returned", 6]);
  }
});

test("a result is decoded outside of any task, with instances of the program's classes", async () => {
  const program = await compileBody(`class Point { constructor(x) { this.x = x; } } return new Point(3);`);
  const outcome = runTask(program, { thaw: "stops" });
  assert.equal(outcome.kind, "value");
  const [, point] = program.decode((outcome as { value: Uint8Array }).value) as [string, { x: number }];
  assert.equal(point.x, 3);
  assert.equal(point.constructor.name, "Point");
});

test("super() of a constructor that was left, in an arrow that a thaw took elsewhere, is refused by name", async () => {
  const body = `
    class Base {}
    class Derived extends Base {
      constructor() {
        const again = async () => {
          await sleep(1);
          try { super(); } catch (error) { log(error.name + ": " + error.message); }
        };
        super();
        again();
      }
    }
    new Derived();
    await sleep(5);`;
  const program = await compileBody(body);
  const once = await runNatively(body);
  assert.deepEqual(once[0], "ReferenceError: Super constructor may only be called once");
  assert.deepEqual(traceOf(program, "never"), once);
  assert.match(
    String(traceOf(program, "stops")[0]),
    /^ReferenceError: super\(\) cannot be called any more: /,
  );
});
