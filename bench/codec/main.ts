/**
 * What it costs to turn values into bytes and back: our codec, v8's and msgpackr (with records), on the same plain data in one run; a large
 * buffer against a copy of its memory; and a small frame, as it is written at a suspension.
 */
import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import { Packr } from "msgpackr";
import { compile } from "../../src/compiler/index.ts";
import { loadTest, testContext } from "../../src/runtime/fixture.ts";
import { Frame } from "../../src/runtime/frame.ts";
import { DurablePromise } from "../../src/runtime/promise.ts";
import {
  type CodecContext,
  decode,
  encode,
  modeCheckpoint,
  modeValue,
} from "../../src/runtime/snapshot/index.ts";
import { interleaved, type Row, type Wish } from "../report.ts";

interface Graph {
  readonly name: string;
  readonly value: unknown;
  /** Times in one measurement: short ones, so that most are not interrupted. */
  readonly times: number;
  /** Measurements in a round. */
  readonly turns: number;
}

function record(n: number): object {
  return {
    id: n,
    name: `order number ${n}`,
    price: n * 1.25,
    open: n % 3 === 0,
    customer: { first: `first${n % 100}`, last: `last${n % 1000}`, visits: n * 7 },
    lines: [n, n + 1, n * 1000],
    note:
      n % 5 === 0
        ? null
        : `call before delivery; the parcel of customer ${n} is left ${"at the door, ".repeat(12)}or not`,
  };
}

const graphs: readonly Graph[] = [
  { name: "1-kb-graph", value: Array.from({ length: 8 }, (_, n) => record(n)), times: 20, turns: 25 },
  { name: "1-mb-graph", value: Array.from({ length: 3_333 }, (_, n) => record(n)), times: 1, turns: 1 },
];

export async function benchCodec({ only, rounds }: Wish): Promise<readonly Row[]> {
  const context = testContext(
    await loadTest({ "main.js": { code: compile(program, { id: "main.js" }).code } }),
  );
  const rows: Row[] = [];
  const wanted = (name: string): boolean => only === undefined || name.includes(only);
  for (const graph of graphs) if (wanted(graph.name)) rows.push(...(await graphRows(context, graph, rounds)));
  if (wanted("10-mb-typed-array")) rows.push(...(await bufferRows(context, rounds)));
  if (wanted("small-frame")) rows.push(...(await frameRows(context, rounds)));
  if (wanted("heap")) rows.push(...(await heapRows(context, rounds)));
  return rows;
}

function repeated(times: number, action: () => void): () => void {
  return () => {
    for (let time = 0; time < times; time++) action();
  };
}

async function graphRows(
  context: CodecContext,
  { name, value, times, turns }: Graph,
  rounds: number,
): Promise<Row[]> {
  const packr = new Packr({ useRecords: true });
  const ours = encode(context, modeValue, new Map(), value, "the graph").bytes;
  const theirs = serialize(value);
  const packed = Buffer.from(packr.pack(value));
  assert.deepEqual(
    inTask(context, () => decode(context, modeValue, ours).root),
    value,
  );
  const [encodeOurs, encodeV8, encodePackr, decodeOurs, decodeV8, decodePackr] = await interleaved(
    rounds * turns,
    [
      () => void encode(context, modeValue, new Map(), value, "the graph"),
      () => void serialize(value),
      () => void packr.pack(value),
      () => inTask(context, () => void decode(context, modeValue, ours)),
      () => void deserialize(theirs),
      () => void packr.unpack(packed),
    ].map((action) => repeated(times, action)),
    10 * turns,
  );
  const us = (time: number | undefined): number => time! / times / 1e3;
  const row = (
    what: string,
    mine: number | undefined,
    against: string,
    other: number | undefined,
    target: number,
  ): Row => ({
    name: `${name} ${what}`,
    ours: us(mine),
    against,
    other: us(other),
    unit: "us",
    target,
  });
  return [
    row("encode", encodeOurs, "v8", encodeV8, 1),
    row("encode, msgpackr", encodeOurs, "msgpackr", encodePackr, 1),
    row("decode", decodeOurs, "v8", decodeV8, 1),
    row("decode, msgpackr", decodeOurs, "msgpackr", decodePackr, 1),
    {
      name: `${name} size`,
      ours: ours.length,
      other: packed.length,
      against: "msgpackr",
      unit: "bytes",
      target: 1,
      note: `v8 ${theirs.length} bytes`,
    },
  ];
}

async function bufferRows(context: CodecContext, rounds: number): Promise<Row[]> {
  const value = new Float64Array((10 * 1024 * 1024) / 8).fill(1.5);
  const bytes = encode(context, modeValue, new Map(), value, "the buffer").bytes;
  const [ours, back, copy] = await interleaved(rounds, [
    () => void encode(context, modeValue, new Map(), value, "the buffer"),
    () => inTask(context, () => void decode(context, modeValue, bytes)),
    () => void value.slice(),
  ]);
  const row = (name: string, time: number): Row => ({
    name,
    ours: time / 1e6,
    other: copy! / 1e6,
    against: "copy",
    unit: "ms",
    target: 1.2,
  });
  return [row("10-mb-typed-array encode", ours!), row("10-mb-typed-array decode", back!)];
}

const program = `
export default async function main(list) { let sum = 0; for (const x of list) sum += await x; return sum; }`;

/** One frame and the promise of its fiber: what a suspension writes beyond what is there anyway; and the same with its module's record. */
async function frameRows(context: CodecContext, rounds: number): Promise<Row[]> {
  const { kernel } = context;
  const site = context.findSite("main.js#main")!;
  const label = site.labels!.length - 1;
  const times = 50;
  const turns = 40;
  const { length } = site.labels![label]!.slots;
  const frameOf = (first: unknown): Frame => {
    const frame = new Frame(site, label, [first, "text", 2, 3].slice(0, length));
    frame.parent = DurablePromise.make(kernel);
    return frame;
  };
  const bytesOf = (root: unknown): Uint8Array =>
    encode(context, modeCheckpoint, new Map(), root, "the frame").bytes;
  const round = (first: unknown) => (): void => void decode(context, modeCheckpoint, bytesOf(frameOf(first)));
  const record = kernel.records.get("main.js");
  const [alone, whole] = await interleaved(
    rounds * turns,
    [1, record].map((first) => () => inTask(context, repeated(times, round(first)))),
    10 * turns,
  );
  const size = inTask(context, () => bytesOf([frameOf(1), frameOf(1)]).length - bytesOf([frameOf(1)]).length);
  const us = (time: number | undefined): number => time! / times / 1e3;
  return [
    { name: "small-frame encode + decode", ours: us(alone), unit: "us", target: 2 },
    { name: "small-frame with its module", ours: us(whole), unit: "us", target: 2 },
    { name: "small-frame size", ours: size, unit: "bytes", target: 31, note: "what a second one adds" },
  ];
}

/** A checkpoint costs what the heap weighs: time for each kilobyte of heaps a hundred times as large, against that of the smallest. */
async function heapRows(context: CodecContext, rounds: number): Promise<Row[]> {
  const sizes = [100, 1_000, 10_000];
  const heaps = sizes.map((count) => Array.from({ length: count }, (_, n) => record(n)));
  const bytesOf = (heap: unknown): Uint8Array =>
    encode(context, modeCheckpoint, new Map(), heap, "the heap").bytes;
  const times = await interleaved(
    rounds,
    heaps.map((heap) => () => void bytesOf(heap)),
    10,
  );
  const perKilobyte = heaps.map((heap, at) => times[at]! / (bytesOf(heap).length / 1024));
  return sizes.slice(1).map((count, at) => ({
    name: `heap of ${count} records, per KB`,
    ours: perKilobyte[at + 1]!,
    against: `heap of ${sizes[0]}`,
    other: perKilobyte[0]!,
    unit: "ns",
    target: 1.5,
  }));
}

function inTask<T>(context: CodecContext, action: () => T): T {
  return context.kernel.entered(action);
}
