/**
 * Order (design L1) by seeds: random programs of fibers, combinators, handlers and sleeps must leave the same trace natively,
 * compiled, with a thaw at every stop, and with a freeze and a thaw at every chance. A failure names its seed and shows the program.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileBody, runNatively, traceOf } from "./drive.ts";

const seeds = 120;

class Generator {
  #state: number;
  #names = 0;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e37_79b9) >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x85eb_ca6b) + 0x6d2b_79f5) >>> 0;
    return Math.floor(((this.#state ^ (this.#state >>> 13)) >>> 0) % limit);
  }

  name(): string {
    return `x${this.#names++}`;
  }

  program(): string {
    const functions: string[] = [];
    for (let index = 0; index < 4; index++) {
      functions.push(`const f${index} = async (a) => { ${this.block(2, index)} ${this.end(index)} };`);
    }
    return `${functions.join("\n")}\n${this.block(3, 4)}\nreturn "end";`;
  }

  block(depth: number, callable: number): string {
    const count = 1 + this.below(3);
    return Array.from({ length: count }, () => this.statement(depth, callable)).join("\n");
  }

  end(callable: number): string {
    switch (this.below(callable > 0 ? 5 : 3)) {
      case 0:
        return `throw new Error("t${this.below(10)}");`;
      case 3:
        return `return f${this.below(callable)}(2);`;
      case 4:
        return `return await f${this.below(callable)}(3);`;
      default:
        return `return ${this.below(100)};`;
    }
  }

  promise(callable: number): string {
    switch (this.below(callable > 0 ? 9 : 5)) {
      case 0:
        return "null";
      case 1:
        return `Promise.resolve(${this.below(9)})`;
      case 2:
        return `sleep(${this.below(40)})`;
      case 3:
        return `Promise.reject(new Error("r${this.below(9)}"))`;
      case 4:
        return `{ then(resolve) { log("thenable"); resolve(${this.below(9)}); } }`;
      case 5:
        return `Promise.resolve(1).then((v) => f${this.below(callable)}(v))`;
      case 6:
        return `f${this.below(callable)}(1).finally(() => { log("finally"); })`;
      default:
        return `f${this.below(callable)}(${this.below(9)})`;
    }
  }

  /** A value to wait for that is never rejected, so that it may be forgotten. */
  calm(): string {
    const thenable = `{ then(resolve) { log("thenable"); resolve(${this.below(9)}); } }`;
    return [`Promise.resolve(${this.below(9)})`, `sleep(${this.below(40)})`, thenable, "5"][this.below(4)]!;
  }

  /** The body of an async generator. */
  generated(depth: number, callable: number): string {
    const hand = (): string =>
      [
        () => `yield ${this.promise(callable)};`,
        () =>
          `try { yield ${this.below(9)}; } finally { log("closed"); ${this.below(2) ? "await null;" : ""} }`,
        () => `yield* [${this.calm()}, ${this.below(9)}];`,
        () => `yield* (async function* () { yield 1; yield ${this.promise(callable)}; })();`,
        () => this.block(depth - 1, callable),
      ][this.below(5)]!();
    return `${hand()} ${hand()} ${hand()} return ${this.promise(callable)};`;
  }

  statement(depth: number, callable: number): string {
    const name = this.name();
    const one = this.promise(callable);
    const guarded = (text: string): string =>
      `try { ${text} } catch (error) { log("${name} " + (error.errors ?? error.message)); }`;
    switch (this.below(depth > 0 ? 12 : 5)) {
      case 0:
        return `log("${name}");`;
      case 1:
        return guarded(`log("${name} " + await ${one === "null" ? "null" : `(${one})`});`);
      case 2:
        return `Promise.resolve(${one}).then((v) => { log("${name} then " + v); }, (e) => { log("${name} catch " + e.message); });`;
      case 3:
        return guarded(
          `log("${name} " + JSON.stringify(await Promise.${["all", "race", "any", "allSettled"][this.below(4)]}([${one}, ${this.promise(callable)}])));`,
        );
      case 4:
        return `queueMicrotask(() => { log("${name} micro"); });`;
      case 5:
        return `for (let i = 0; i < 2; i++) { ${this.block(depth - 1, callable)} }`;
      case 6:
        return guarded(
          `try { ${this.block(depth - 1, callable)} } finally { log("${name} fin"); await null; }`,
        );
      case 7:
        return `const ${name} = async () => { ${this.block(depth - 1, callable)} }; ${this.below(2) ? "await " : ""}${name}();`;
      case 8:
        return `const ${name} = async function* () { ${this.generated(depth, callable)} }; ${guarded(
          `for await (const v of ${name}()) { log("${name} " + v); ${this.below(3) ? "" : "if (v > 5) break;"} }`,
        )}`;
      case 9:
        return `const ${name} = (async function* () { ${this.generated(depth, callable)} })();
          for (const how of ${["['next', 'next', 'next']", "['next', 'return', 'next']", "['throw', 'next', 'return']"][this.below(3)]})
            ${name}[how](${this.calm()}).then((r) => { log("${name} " + how + " " + r.done + " " + r.value); }, (e) => { log("${name} no " + (e.errors ?? e.message ?? e)); });`;
      case 10:
        return guarded(`for await (const v of [1, ${one}, 2]) { log("${name} " + v); }`);
      default:
        return `await Promise.all([1, 2].map(async (${name}) => { ${this.block(depth - 1, callable)} }));`;
    }
  }
}

for (let seed = 0; seed < seeds; seed++) {
  test(`order, seed ${seed}`, async () => {
    const body = new Generator(seed).program();
    const expected = await runNatively(body);
    const program = await compileBody(body);
    assert.deepEqual(traceOf(program, "never"), expected, body);
    assert.deepEqual(traceOf(program, "stops"), expected, `thawed at every stop:\n${body}`);
    assert.deepEqual(traceOf(program, "polls"), expected, `frozen and thawed at every chance:\n${body}`);
  });
}

test("a callee that the compiler knows ends by one job, however it ends", async () => {
  const body = `
    const ends = async () => 1;
    const fails = async (text) => { throw new Error(text); };
    const failsLater = async (text) => { await null; throw new Error(text); };
    const follows = async () => Promise.resolve(2);
    const leaves = async (text) => {
      Promise.resolve().then(() => { log("left " + text); });
      if (text === "thrown") throw new Error(text);
      return text;
    };
    const fiber = async (name, step) => {
      for (let i = 0; i < 3; i++) {
        try { log(name + i + (await step())); } catch (error) { log(name + i + error.message); }
      }
    };
    await Promise.all([
      fiber("ends", async () => await ends()),
      fiber("fails", async () => await fails("at once")),
      fiber("fails later", async () => await failsLater("later")),
      fiber("follows", async () => await follows()),
      fiber("leaves", async () => await leaves("ended")),
      Promise.resolve().then(() => { log("then 1"); }).then(() => { log("then 2"); }),
    ]);
    log(await leaves("ended"));
    try { await leaves("thrown"); } catch (error) { log("caught " + error.message); }`;
  const expected = await runNatively(body);
  const program = await compileBody(body);
  assert.match(program.bundle.modules[0]!.code, /\$k\.direct\(/);
  assert.deepEqual(traceOf(program, "never"), expected);
  assert.deepEqual(traceOf(program, "stops"), expected);
  assert.deepEqual(traceOf(program, "polls"), expected);
});
