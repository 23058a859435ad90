/**
 * A checkpoint written once is read for ever, with the code it belongs to: `tests/golden/checkpoint-N.json` holds a compiled program, the
 * bytes of its task in the middle of its life, and what it must return. `BLESS=1` makes a missing file; those of a released format stay as they are.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { TaskId } from "../../src/base/ids.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { readNodes } from "../../src/runtime/snapshot/nodes.ts";
import { kinds } from "../../src/runtime/snapshot/tags.ts";
import { buildBody, loadBody, runTask, type Sleeping } from "./drive.ts";

interface Golden {
  readonly bundle: Bundle;
  readonly checkpoint: string;
  /** What the task waits for. */
  readonly sleeping: readonly Sleeping[];
  readonly result: unknown;
}

/** Frames four deep, closures that share a variable, an instance, promises in every state, a resolver, a combinator half way. */
const calls = `
  class Counter { n = 0; add(by) { this.n += by; return this; } }
  const counter = new Counter();
  const bump = (by) => counter.add(by).n;
  const read = () => counter.n;
  let resolve;
  const later = new Promise((given) => { resolve = given; });
  const failed = Promise.reject(new TypeError("no", { cause: { bump } }));
  failed.catch(() => {});
  const work = async (ms) => { await sleep(ms); return bump(ms); };
  const all = Promise.all([work(20), later.then((value) => value + read()), Promise.resolve("now")]);
  const inner = async (list) => { for (const each of list) { await sleep(each); log("slept " + each + " " + read()); } return list.length; };
  const middle = async () => { try { return await inner(new Set([1, 5, 30])); } finally { bump(1000); resolve(7); } };
  const map = new Map([[counter, "counter"], ["self", bump]]);
  const count = await middle();
  const cause = await failed.catch((error) => error.cause.bump === bump && error instanceof TypeError);
  return JSON.stringify([count, await all, read(), map.get(counter), map.get("self")(1), cause]);`;

/** Generators of both sorts in every state, requests in a queue, iterators, resources. */
const generators = `
  const seen = [];
  const inner = function* () { const got = yield 1; seen.push(got); try { yield 2; } finally { seen.push("closed"); } };
  const outer = function* () { yield* inner(); return yield* [3, 4]; };
  const resting = outer();
  resting.next();
  const ended = inner();
  ended.return(0);
  const prototype = outer.prototype;
  prototype.mark = 5;
  const list = [10, 11, 12].values();
  list.next();
  const letters = "ab"[Symbol.iterator]();
  const entries = new Map([["k", 1], ["l", 2]]).entries();
  entries.next();
  const steps = async function* () { try { yield "one"; await sleep(5); yield* more(); } finally { seen.push("steps closed"); } };
  const more = async function* () { yield "two"; await sleep(40); yield "three"; };
  const running = steps();
  const first = await running.next();
  const queued = [running.next(), running.next(), running.return("stop")];
  const fresh = steps();
  const returning = fresh.return(sleep(6));
  const mixed = (async () => { const got = []; for await (const each of [sleep(7).then(() => "slept"), "at once"]) got.push(each); return got; })();
  const delegating = (async function* () { yield* [sleep(8).then(() => "a"), "b"]; })();
  const delegated = delegating.next();
  const disposing = (async () => {
    await using late = { async [Symbol.asyncDispose]() { await sleep(2); seen.push("disposed"); } };
    using soon = { [Symbol.dispose]() { seen.push("disposed at once"); } };
    await sleep(9);
    return "used";
  })();
  await sleep(1);
  await sleep(30);
  const rest = [resting.next("got").value, [...resting], ended.next().done, resting.mark, outer().mark, [...list], [...letters], [...entries]];
  return JSON.stringify([first, await Promise.all(queued), await returning, await mixed, await delegated, await disposing, rest, seen]);`;

/** The platform's objects, alone and as parts of others; matches in the hand and in a loop. */
const platform = `
  const url = new URL("https://a.example/?b=1");
  const late = new URL("https://b.example/?c=2");
  const held = [late.searchParams, late, url, url.searchParams, new URLSearchParams("a=1&a=2")];
  const response = new Response(null, { status: 201, headers: { "x-a": "b" } });
  const headers = response.headers;
  const request = new Request("http://c.example/", { method: "PUT", headers: { "x-c": "d" } });
  const own = new Headers({ e: "f" });
  const form = new FormData();
  form.append("g", "h");
  const number = new Intl.NumberFormat("de", { minimumFractionDigits: 2 });
  const locale = new Intl.Locale("de-AT");
  const target = { weak: null };
  target.weak = new WeakRef(target);
  const encoder = new TextEncoder();
  const matches = "a1b2c3".matchAll(/[a-z](\\d)/g);
  matches.next();
  const seen = [];
  const looking = (async () => { for (const [all] of "xyz".matchAll(/./g)) { await sleep(3); seen.push(all); } })();
  await sleep(1);
  await sleep(5);
  await looking;
  held[0].set("c", "3");
  held[3].set("b", "2");
  headers.append("x-a", "c");
  return JSON.stringify([
    held.map(String), response.status, response.bodyUsed, [...response.headers], [request.method, request.url, ...request.headers],
    [...own], [...form], number.format(1), locale.region, target.weak.deref() === target, encoder.encode("i").length,
    [...matches].map(([, digit]) => digit), seen,
  ]);`;

const goldens: readonly {
  readonly number: number;
  readonly body: string;
  readonly kinds: readonly number[];
}[] = [
  {
    number: 1,
    body: calls,
    kinds: [kinds.frame, kinds.promise, kinds.thenReaction, kinds.closure, kinds.layout],
  },
  {
    number: 2,
    body: generators,
    kinds: [
      ...[kinds.generator, kinds.asyncGenerator, kinds.queuedRequest, kinds.returnReaction, kinds.delegate],
      ...[kinds.iterator, kinds.asyncFromSync, kinds.generatorPrototype, kinds.disposals],
    ],
  },
  {
    number: 3,
    body: platform,
    kinds: [
      ...[
        kinds.url,
        kinds.searchParams,
        kinds.urlOfParams,
        kinds.paramsOfUrl,
        kinds.headers,
        kinds.headersOfWhole,
      ],
      ...[
        kinds.response,
        kinds.request,
        kinds.formData,
        kinds.intl,
        kinds.locale,
        kinds.weakRef,
        kinds.textEncoder,
      ],
      kinds.matches,
    ],
  },
];

const pathOf = (number: number): string =>
  fileURLToPath(new URL(`../../../tests/golden/checkpoint-${number}.json`, import.meta.url));

async function make(body: string): Promise<Golden> {
  const bundle = await buildBody(body);
  const program = await loadBody(bundle);
  const result = program.decode(bytesOf(runTask(program, { thaw: "never" })));
  const host = { wake: () => {}, freeze: () => false, now: () => 0 };
  const task = program.task("rgolden" as TaskId, host);
  task.begin({ kind: "input", json: "" });
  assert.equal(task.run().kind, "waiting");
  const sleeps = task.takeEffects();
  const first = sleeps.find((effect) => effect.kind === "sleep" && effect.ms === 1)!;
  task.deliver([{ effect: first.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  assert.equal(task.run().kind, "waiting");
  const sleeping = [...sleeps, ...task.takeEffects()].flatMap((effect) =>
    effect.kind === "sleep" && effect !== first ? [{ at: effect.ms, effect: effect.id }] : [],
  );
  return { bundle, checkpoint: Buffer.from(task.snapshot()).toString("hex"), sleeping, result };
}

function bytesOf(outcome: ReturnType<typeof runTask>): Uint8Array {
  assert.ok(outcome.kind === "value", outcome.kind === "error" ? outcome.message : outcome.kind);
  return outcome.value;
}

for (const { number, body, kinds: held } of goldens) {
  test(`checkpoint ${number} of the first version goes on`, async () => {
    const path = pathOf(number);
    if (!existsSync(path) && process.env["BLESS"] === "1") {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${JSON.stringify(await make(body), null, 1)}\n`);
    }
    const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
    const program = await loadBody(golden.bundle);
    const bytes = new Uint8Array(Buffer.from(golden.checkpoint, "hex"));
    const there = new Set(readNodes(bytes).all.map(({ kind }) => kind));
    assert.deepEqual(
      held.filter((kind) => !there.has(kind)),
      [],
      "kinds that are not in it",
    );
    const outcome = runTask(program, {
      thaw: "stops",
      begin: { kind: "snapshot", bytes },
      sleeping: golden.sleeping,
    });
    assert.deepEqual(program.decode(bytesOf(outcome)), golden.result);
  });

  test(`program ${number}, compiled now, writes a checkpoint that goes on alike`, async () => {
    const golden = await make(body);
    const program = await loadBody(golden.bundle);
    const bytes = new Uint8Array(Buffer.from(golden.checkpoint, "hex"));
    const outcome = runTask(program, {
      thaw: "polls",
      begin: { kind: "snapshot", bytes },
      sleeping: golden.sleeping,
    });
    assert.deepEqual(program.decode(bytesOf(outcome)), golden.result);
  });
}
