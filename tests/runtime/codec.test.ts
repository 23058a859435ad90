/**
 * The codec by seeds: random graphs come back with the same shape, the same sharing and the same bytes; graphs and fibers of any depth pass; and bytes
 * made to do harm are refused before they get memory or code.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
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
import { compileBody, traceOf } from "./drive.ts";
import { RandomGraph } from "./random-graph.ts";
import { difference } from "./same-graph.ts";

const source = `
let constructed = 0;
export const constructions = () => constructed;
export class Point { constructor(x) { constructed++; this.x = x; } get twice() { return this.x * 2; } }
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

for (let seed = 0; seed < 200; seed++) {
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
const none = [0, 0, 0, 0, 0];
const text = (value: string): number[] => [value.length * 2, ...Buffer.from(value)];
const root = [4, 0];

const hostile: Record<string, readonly number[]> = {
  "many strings": [...head, ...huge],
  "a long string": [...head, 1, ...huge],
  "many shapes": [...head, 0, 0, 0, 0, ...huge],
  "many objects": [...head, ...none, ...huge],
  "a long array": [...head, ...none, 1, 4, ...huge, ...root],
  "a long buffer": [...head, ...none, 1, 10, ...huge, 0, ...root],
  "a buffer that may grow without bound": [...head, ...none, 1, 10, 0, ...huge, ...root],
  "a big Map": [...head, ...none, 1, 6, ...huge, ...root],
  "a view beyond its buffer": [...head, ...none, 2, 10, 0, 0, 11, 2, 4, 0, ...huge, ...root],
  "a very sparse array": [...head, ...none, 1, 5, ...huge, ...root],
  "text for code": [...head, 1, ...text("%eval%"), 0, 0, 0, 0, 1, 20, 0, ...root],
  "a constructor of code": [...head, 1, ...text("%Function%"), 0, 0, 0, 0, 1, 20, 0, ...root],
  "a function of another program": [
    ...head,
    2,
    ...text("other.js#f"),
    ...text("0"),
    0,
    1,
    0,
    1,
    0,
    0,
    1,
    16,
    0,
    0,
    0,
    ...root,
  ],
  "a frame in a value": [...head, ...none, 1, 25, 0, ...root],
};

for (const [name, bytes] of Object.entries(hostile)) {
  test(`hostile: ${name}`, () => {
    const context = testContext(program);
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(
      () => context.kernel.entered(() => decode(context, modeValue, new Uint8Array(bytes))),
      (error) => error instanceof SnapshotError && /^(the snapshot|the function|%)/.test(error.message),
    );
    assert.ok(
      process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024,
      "no memory is taken for what is not there",
    );
  });
}
