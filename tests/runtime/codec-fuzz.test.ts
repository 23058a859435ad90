/**
 * Bytes that are nearly snapshots: random graphs, written down and then spoilt. Whatever comes of them is a value or a SnapshotError; no code of the
 * program runs, nothing of the realm changes, no memory is taken for what is not there. `CODEC_FUZZ=10000` tries as many graphs.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../src/compiler/index.ts";
import { loadTest, testContext } from "../../src/runtime/fixture.ts";
import { inspectSnapshot, SnapshotError } from "../../src/runtime/index.ts";
import { decode, encode } from "../../src/runtime/snapshot/index.ts";
import { RandomGraph } from "./random-graph.ts";

const source = `
import { ran } from "probe";
export class Point { constructor(x) { ran(); this.x = x; } get twice() { ran(); return this.x * 2; } set twice(v) { ran(); } }
export class Named extends Point { label = "p"; }
export class Secret { #x; #list = []; constructor(x) { ran(); this.#x = x; } peek() { return #x in this ? [this.#x, this.#list] : undefined; } }
export const adder = (total) => ({ add: (by) => { ran(); return (total += by); }, get: () => { ran(); return total; } });
export const held = { value: null };
export default function main() {}`;
let runs = 0;
const probe = {
  ran: (): void => {
    runs++;
  },
};
const program = await loadTest(
  {
    "main.js": {
      code: compile(source, { id: "main.js" }).code,
      links: [{ kind: "foreign", name: "probe" }],
    },
  },
  { importForeign: async () => probe },
);

const seeds = Number(process.env["CODEC_FUZZ"] ?? 80);
const spoiltOfEach = 40;
const memoryMax = 64 * 1024 * 1024;

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b_3c6d) + 0x297a_2d39) >>> 0;
    return Math.floor(((this.#state ^ (this.#state >>> 12)) >>> 0) % limit);
  }
}

const varints = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x01],
];

/** One of the ways in which bytes go wrong. The first six bytes are left: they would only be refused. */
function spoilt(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const list = [...bytes];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = 6 + random.below(Math.max(1, list.length - 6));
    const length = random.below(20);
    switch (random.below(7)) {
      case 0:
        list[at]! ^= 1 << random.below(8);
        break;
      case 1:
        list[at] = random.below(256);
        break;
      case 2:
        list[at] = 0xc0 + random.below(0x15);
        break;
      case 3:
        list.splice(at, random.below(2), ...varints[random.below(varints.length)]!);
        break;
      case 4:
        list.splice(at, length);
        break;
      case 5:
        list.splice(at, 0, ...list.slice(at, at + length));
        break;
      default: {
        const from = 6 + random.below(Math.max(1, other.length - 6));
        list.splice(at, length, ...other.subarray(from, from + length));
      }
    }
  }
  return Uint8Array.from(list);
}

/** What would change if something of the realm were touched. */
function realm(): string {
  const holders = [globalThis, Object, Array, Map, Set, Function, Promise, Date, Error, RegExp, Math, JSON];
  const described = holders.flatMap((holder) =>
    [holder, (holder as { prototype?: object }).prototype ?? {}].map((each) =>
      Reflect.ownKeys(each)
        .map((key) => {
          const { writable, configurable, enumerable, value } = Object.getOwnPropertyDescriptor(each, key)!;
          return `${String(key)} ${writable} ${configurable} ${enumerable} ${typeof value}`;
        })
        .join(),
    ),
  );
  return described.join("\n");
}

function decoded(bytes: Uint8Array, mode: 0 | 1): boolean {
  const context = testContext(program);
  const before = process.memoryUsage().arrayBuffers;
  const ran = runs;
  let fine = true;
  try {
    context.kernel.entered(() => decode(context, mode, bytes));
  } catch (error) {
    assert.ok(error instanceof SnapshotError, String((error as Error).stack));
    fine = false;
  }
  assert.equal(runs, ran, "code of the program ran");
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(taken < memoryMax, `${taken} bytes were taken`);
  return fine;
}

test(`${seeds} graphs, spoilt`, () => {
  // Node puts some of its globals into place when they are first used.
  assert.ok([Headers, Response, Request, FormData].every((type) => typeof type === "function"));
  const before = realm();
  let other: Uint8Array = new Uint8Array(64);
  let accepted = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const context = testContext(program);
    const mode = seed % 2 === 0 ? 1 : 0;
    const graph = new RandomGraph(seed, context.record("main.js")!).make();
    const { bytes } = encode(context, mode, new Map(), graph, "the graph");
    assert.ok(decoded(bytes, mode), `seed ${seed}`);
    const random = new Random(seed);
    for (let round = 0; round < spoiltOfEach; round++) {
      const hostile = spoilt(bytes, other, random);
      try {
        if (decoded(hostile, mode)) accepted++;
        inspectSnapshot(hostile);
      } catch (error) {
        if (error instanceof SnapshotError) continue;
        throw new Error(`seed ${seed}, round ${round}: ${Buffer.from(hostile).toString("hex")}`, {
          cause: error,
        });
      }
    }
    other = bytes;
  }
  assert.equal(realm(), before);
  // Some of what is spoilt is a snapshot of something else: if nothing were, the bytes would hardly be looked into.
  assert.ok(accepted > seeds, `${accepted} accepted`);
});
