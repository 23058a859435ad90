/**
 * The codec by seeds: random graphs come back with the same shape, the same sharing and the same bytes; graphs and fibers of any depth pass; and bytes
 * made to do harm are refused before they get memory or code.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compile } from "../../src/compiler/index.ts";
import { loadTest, testContext } from "../../src/runtime/fixture.ts";
import { SnapshotError } from "../../src/runtime/index.ts";
import {
  type CodecContext,
  decode,
  encode,
  modeCheckpoint,
  modeValue,
} from "../../src/runtime/snapshot/index.ts";
import { bases, kinds, tags } from "../../src/runtime/snapshot/tags.ts";
import { compileBody, traceOf } from "./drive.ts";
import { RandomGraph } from "./random-graph.ts";
import { difference } from "./same-graph.ts";

const source = `
let constructed = 0;
export const constructions = () => constructed;
export class Point { constructor(x) { constructed++; this.x = x; } get twice() { return this.x * 2; } }
export class Secret { #x; #list = []; constructor(x) { this.#x = x; } peek() { return #x in this ? [this.#x, this.#list] : undefined; } }
export class Named extends Point { label = "p"; }
export const adder = (total) => ({ add: (by) => (total += by), get: () => total });
export const held = { value: null };
export default function main() {}`;
const program = await loadTest({ "main.js": { code: compile(source, { id: "main.js" }).code } });

function through(
  value: unknown,
  mode: 0 | 1,
  from: CodecContext,
  to: CodecContext,
): { bytes: Uint8Array; value: unknown } {
  const { bytes } = encode(from, mode, new Map(), value, "the graph");
  return { bytes, value: to.kernel.entered(() => decode(to, mode, bytes).root) };
}

/** More of them: `CODEC_SEEDS=5000 node dist/scripts/test.js runtime/codec`. */
const seeds = Number(process.env["CODEC_SEEDS"] ?? 200);

for (let seed = 0; seed < seeds; seed++) {
  test(`a random graph, seed ${seed}`, () => {
    const [one, two, three] = [testContext(program), testContext(program), testContext(program)];
    const mode = seed % 2 === 0 ? modeCheckpoint : modeValue;
    const graph = new RandomGraph(seed, one.record("main.js")!).make();
    const first = through(graph, mode, one, two);
    assert.equal(difference(graph, first.value), undefined);
    const second = through(first.value, mode, two, three);
    assert.equal(difference(graph, second.value), undefined);
    assert.deepEqual(second.bytes, first.bytes, "what came back is written alike");
  });
}

test("closures share their variables after a thaw", () => {
  const [one, two] = [testContext(program), testContext(program)];
  const { adder } = one.record("main.js") as unknown as {
    adder: (total: number) => { add(by: number): number; get(): number };
  };
  const { add, get } = adder(5);
  add(1);
  const back = through([add, get], modeCheckpoint, one, two).value as [typeof add, typeof get];
  assert.equal(back[0](10), 16);
  assert.equal(back[1](), 16);
  assert.equal(get(), 6);
});

test("decoding runs no constructor and no accessor of the program", () => {
  const [one, two] = [testContext(program), testContext(program)];
  const { Point } = one.record("main.js") as unknown as { Point: new (x: number) => { twice: number } };
  const trap = Object.defineProperty({}, "x", {
    get: Object.getOwnPropertyDescriptor(Point.prototype, "twice")!.get!,
    enumerable: true,
  });
  const { value } = through([new Point(1), trap], modeCheckpoint, one, two);
  const { constructions } = two.record("main.js") as unknown as { constructions: () => number };
  // The module's record came along: it says what the first task had constructed, and nothing was added.
  assert.equal(constructions(), 1);
  assert.equal((value as { twice: number }[])[0]!.twice, 2);
});

// ---- depth ----------------------------------------------------------------------------------------------------------

test("100,000 nested objects", () => {
  const [one, two] = [testContext(program), testContext(program)];
  let list: { next: unknown } | null = null;
  for (let depth = 0; depth < 100_000; depth++)
    list = { next: depth % 3 === 0 ? [list] : depth % 3 === 1 ? new Map([[0, list]]) : list };
  let { value } = through(list, modeValue, one, two);
  let depth = 0;
  for (; value !== null; depth++) {
    const { next } = value as { next: unknown };
    value = Array.isArray(next) ? next[0] : next instanceof Map ? next.get(0) : next;
  }
  assert.equal(depth, 100_000);
});

test("a fiber of 100,000 frames", async () => {
  const made = await compileBody(`
    const tick = () => new Promise((resolve) => { queueMicrotask(resolve); });
    const down = async (n) => { await tick(); if (n === 0) { await sleep(1); return 0; } return 1 + (await down(n - 1)); };
    return await down(100000);`);
  assert.deepEqual(traceOf(made, "stops"), ["returned", 100_000]);
});

// ---- bytes that would do harm ---------------------------------------------------------------------------------------

const head = [0x43, 0x4e, 0x54, 0x4e, 1, 0];
const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07];
const text = (value: string): number[] => [value.length * 2, ...Buffer.from(value)];
/** Without texts and code; then the root. */
const value = (...bytes: (number | readonly number[])[]): number[] => [...head, 0, 0, ...bytes.flat(), 0];
const code = (count: number, ...bytes: number[]): number[] => [...head, 0, count, ...bytes, 0];
const { kind, undefined: none } = tags;

const adderHash = program.findSite("main.js#adder")!.hash;

const hostile: Record<string, readonly number[]> = {
  "many blocks of text": [...head, ...huge],
  "a long block of text": [...head, 1, ...huge],
  "a long block of UTF-8": [...head, 1, 5, ...huge],
  "much code": [...head, 0, ...huge],
  "a text that is not there": value(tags.text | 31),
  "a long text that is not there": value(tags.textLong, ...huge),
  "a text again": value(tags.textAgainLong, ...huge),
  "an object again": value(tags.object, ...huge),
  "a shape of many keys": value(tags.shaped, 0, ...huge),
  "a shape that was not told": value(tags.shapedLong, ...huge),
  "an instance of no class": value(tags.shaped, 2, ...huge),
  "a long array": value(tags.arrayLong, ...huge),
  "a long array of a kind": value(kind, kinds.array, ...huge),
  "a long buffer": value(kind, kinds.buffer, ...huge, 0),
  "a buffer that may grow without bound": value(kind, kinds.buffer, 0, ...huge),
  "a big Map": value(kind, kinds.map, ...huge),
  "a big Set": value(kind, kinds.set, ...huge),
  "a view beyond its buffer": value(kind, kinds.view, 2, kind, kinds.buffer, 0, 0, ...huge, ...huge),
  "a very sparse array": value(kind, kinds.sparse, ...huge),
  "many arguments": value(kind, kinds.arguments, ...huge),
  "arrays nested deeply": value(new Array<number>(100_000).fill(tags.array | 1)),
  "views nested deeply": value(new Array<number[]>(50_000).fill([kind, kinds.view, 2]).flat()),
  "objects announced for ever": value(new Array<number>(100_000).fill(tags.deferred)),
  "text for code": code(1, kinds.named, ...text("%eval%"), tags.code, 0),
  "a constructor of code": code(1, kinds.named, ...text("%Function%"), tags.code, 0),
  "the constructor of asynchronous code": code(1, kinds.named, ...text("%AsyncFunction%"), tags.code, 0),
  "a function of another program": code(
    2,
    ...[kinds.site, ...text("other.js#f"), ...text("0"), kinds.closure, 0, none, none, 0],
    ...[tags.code, 1, none],
  ),
  "a site for a value": code(1, kinds.site, ...text("main.js#main"), ...text("0"), tags.code, 0),
  "a function over no environment": code(1, kinds.closure, 0, none, none, 0, tags.code, 0, none),
  "properties for a built-in": code(
    1,
    ...[kinds.named | 0x80, ...text("%Array.prototype%"), tags.code, 0],
    ...[0, 1, tags.text | 1, 7, 1],
  ),
  "properties for the prototype of a built-in": code(
    2,
    ...[kinds.named, ...text("%Array%"), kinds.prototype | 0x80, tags.code, 0, tags.code, 1],
    ...[0, 1, tags.text | 1, 7, 1],
  ),
  "a method of a built-in": code(
    2,
    ...[kinds.named, ...text("%Map%"), kinds.member, tags.code, 0, tags.text, ...text("set"), 0],
    ...[tags.code, 1],
  ),
  "an instance of a built-in": code(1, kinds.named, ...text("%Map%"), tags.shaped, bases.class, 0, 0),
  "a closure over the realm": code(
    3,
    ...[kinds.site, ...text("main.js#adder"), ...text(adderHash), kinds.named, ...text("%globalThis%")],
    ...[kinds.closure, 0, tags.code, 1, none, 0, tags.code, 2, none],
  ),
  "a promise that is not settled, in a value": value(kind, kinds.promise, 0, 0, none, 0),
  "a frame in a value": value(kind, kinds.frame, 0),
  "a timer in a value": value(kind, kinds.timer, none, none, none, none, none, none, none, none),
};

for (const [name, bytes] of Object.entries(hostile)) {
  test(`hostile: ${name}`, () => {
    const context = testContext(program);
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(
      () => context.kernel.entered(() => decode(context, modeValue, new Uint8Array(bytes))),
      (error) =>
        error instanceof SnapshotError && /^(the snapshot|these bytes|the function|%)/.test(error.message),
    );
    assert.ok(
      process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024,
      "no memory is taken for what is not there",
    );
  });
}

test("an encoder at rest holds nothing of what it has encoded: a short text may be a piece of a long one, all of which it would keep", () => {
  const context = testContext(program);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = (): number => {
    collect();
    return getHeapStatistics().used_heap_size;
  };
  const length = 4_000_000;
  for (const pieces of [3, 1_000]) {
    const before = held();
    for (let round = 0; round < 10; round++) {
      const long = Buffer.alloc(length, `text ${round} of many `).toString("utf8");
      const short = Array.from({ length: pieces }, (_, at) => long.slice(at + round, 3 * at + round + 20));
      encode(context, modeValue, new Map(), short, "the pieces");
    }
    assert.ok(held() - before < 2 * length, `long texts are still held after ${pieces} pieces of each`);
  }
});
