/** Tasks: stories of hand-written modules, run through, and run with a thaw at every stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../base/ids.ts";
import type { ModuleLink } from "../protocol/bundle.ts";
import type { Completion, Effect, Outcome } from "../protocol/effect.ts";
import { loadTest, moduleText, type TestModule } from "./fixture.ts";
import { NotSaveableError, requestCheckpoint, sleepFor, spawnChild } from "./index.ts";
import type { LoadedProgram } from "./program.ts";
import { signal } from "./signal.ts";
import type { Begin, Task, TaskHost, TaskState } from "./types.ts";

const answer: Outcome = { kind: "value", value: new Uint8Array(0) };
const api: ModuleLink = { kind: "foreign", name: "test:api" };

/** Foreign things for the programs below. */
let foreignCalls: string[] = [];
let settleForeign: (value: unknown) => void = () => {};
const namespace: Record<string, unknown> = {
  sleep: sleepFor,
  checkpoint: requestCheckpoint,
  call: (fn: unknown, ...args: unknown[]) => spawnChild("call", fn, args, { joined: true }).result,
  ask: (text: string) => {
    foreignCalls.push(text);
    return new Promise((resolve) => {
      settleForeign = resolve;
    });
  },
  keep: (resolve: (value: unknown) => void) => {
    settleForeign = resolve;
  },
};

function load(modules: Record<string, TestModule>): Promise<LoadedProgram> {
  return loadTest(modules, { importForeign: async () => namespace });
}

/** A module whose default export is an async function of straight-line steps: see `body` of each. */
function asyncModule(
  body: string,
  options: { slots?: readonly string[]; more?: Partial<Parameters<typeof moduleText>[0]> } = {},
): TestModule {
  const slots = JSON.stringify(options.slots ?? []);
  const labels = Array.from(
    { length: 9 },
    (_, at) => `{ line: ${at + 11}, column: 4, slots: ${slots} }`,
  ).join(", ");
  const code = moduleText({
    id: "src/app.ts",
    imports: ["test:api"],
    variables: `variable("main", "function"), variable("state", "let")`,
    exports: `default: "main"`,
    sites: `{ id: "main", name: "main", kind: "async", position: { line: 10, column: 0 }, hash: "m", labels: [null, ${labels}],
      make: ($m, $site) => function main(...args) { return $m.$k.start($site, $m, this, args); },
      body($frame, $m, $self, input) {
        const $site = $sites[0];
        let at = 0, slots = [], value;
        if ($frame !== null) { at = $frame.label; slots = $frame.slots; $m = slots[0]; }
        const $k = $m.$k, api = $m.$i[0];
        const suspend = (label, ...more) => $k.suspend($site, label, [$m, ...more]);
        ${body}
      } }`,
    instantiate: "$m.main = $rt.closure($sites[0], $m);",
    body: "$m.state = 1;",
    ...options.more,
  });
  return { code, links: [api] };
}

class Story {
  readonly program: LoadedProgram;
  readonly effects: Effect[] = [];
  readonly consumed: number[] = [];
  task: Task;
  woken = 0;
  readonly host: TaskHost = {
    wake: () => void this.woken++,
    freeze: () => signal[0] !== 0,
    now: () => 1_000,
  };

  constructor(program: LoadedProgram, begin: Begin = { kind: "input", json: "" }) {
    this.program = program;
    this.task = program.task("rstory" as TaskId, this.host);
    this.task.begin(begin);
  }

  run(): TaskState {
    const state = this.task.run();
    this.effects.push(...this.task.takeEffects());
    this.consumed.push(...this.task.takeConsumed());
    return state;
  }

  /** Goes on in another process. */
  thaw(): void {
    const bytes = this.task.snapshot();
    this.task.drop();
    this.task = this.program.task(this.task.id, this.host);
    this.task.begin({ kind: "snapshot", bytes });
  }

  complete(...completions: Completion[]): void {
    this.task.deliver(completions);
  }

  end(state: TaskState): unknown {
    assert.equal(state.kind, "ended");
    const { outcome } = state as TaskState & { kind: "ended" };
    if (outcome.kind === "value") return this.program.decode(outcome.value);
    assert.equal(outcome.kind, "error");
    throw this.program.decode((outcome as Outcome & { kind: "error" }).error);
  }
}

const sleeper = asyncModule(
  `let n, total;
   if (at === 1) { [, n, total] = slots; $k.resumed(); total += n; n++; } else { n = 0; total = input ?? 0; }
   while (n < 3) {
     if ($k.await(api.sleep(10 * n)) === $rt.suspended) return suspend(1, n, total);
     total += n; n++;
   }
   $m.state++;
   return { total, state: $m.state };`,
  { slots: ["$m", "n", "total"] },
);

for (const thawing of [false, true]) {
  test(`a loop of sleeps${thawing ? ", thawed at every stop" : ""}`, async () => {
    const story = new Story(await load({ "src/app.ts": sleeper }), { kind: "input", json: "40" });
    let state = story.run();
    for (let round = 1; state.kind === "waiting"; round++) {
      assert.deepEqual(state, { kind: "waiting", foreign: 0 });
      if (thawing) story.thaw();
      story.complete({ effect: round, outcome: answer });
      state = story.run();
    }
    assert.deepEqual(story.end(state), { total: 43, state: 2 });
    assert.deepEqual(
      story.effects.map((effect) => [effect.kind, effect.id, (effect as { ms?: number }).ms]),
      [
        ["sleep", 1, 0],
        ["sleep", 2, 10],
        ["sleep", 3, 20],
      ],
    );
    assert.deepEqual(story.consumed, [1, 2, 3]);
  });
}

const caller = asyncModule(
  `if (input && input.child) return { doubled: input.child * 2, state: $m.state };
   if (at === 1) value = $k.resumed();
   else { $m.state = 50; value = $k.call(api.call, undefined, $m.main, { child: 21 }); }
   if (value === $rt.suspended) return suspend(1);
   return value;`,
  { slots: ["$m"] },
);

test("a child gets its function and arguments by value, and its own modules", async () => {
  const program = await load({ "src/app.ts": caller });
  const parent = new Story(program);
  assert.equal(parent.run().kind, "waiting");
  const [spawn] = parent.effects;
  assert.ok(spawn?.kind === "spawn");
  assert.deepEqual([spawn.task, spawn.name, spawn.joined], ["rstory.1", "main", true]);
  const child = new Story(program, { kind: "payload", bytes: spawn.payload });
  const ended = child.run();
  assert.deepEqual(child.end(ended), { doubled: 42, state: 1 });
  parent.thaw();
  parent.complete({ effect: 1, outcome: (ended as TaskState & { kind: "ended" }).outcome });
  assert.deepEqual(parent.end(parent.run()), { doubled: 42, state: 1 });
});

test("failures of effects are thrown, and a failure that nobody catches ends the task", async () => {
  const story = new Story(await load({ "src/app.ts": caller }));
  story.run();
  story.complete({ effect: 1, outcome: { kind: "failure", message: "the child died" } });
  assert.throws(() => story.end(story.run()), /the child died/);
});

const fetching = asyncModule(
  `if (at === 1) value = $k.resumed(); else value = $k.call(api.ask, undefined, "q" + input);
   if (value === $rt.suspended) return suspend(1);
   return value;`,
  { slots: ["$m"] },
);

test("a foreign call is made again after a thaw, three times at most", async () => {
  foreignCalls = [];
  const program = await load({ "src/app.ts": fetching });
  const story = new Story(program, { kind: "input", json: "1" });
  assert.deepEqual(story.run(), { kind: "waiting", foreign: 1 });
  story.thaw();
  assert.deepEqual(story.run(), { kind: "waiting", foreign: 1 });
  assert.deepEqual(foreignCalls, ["q1", "q1"]);
  const before = story.woken;
  settleForeign("answer");
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(story.woken > before);
  story.thaw();
  assert.equal(story.end(story.run()), "answer");
  assert.deepEqual(foreignCalls, ["q1", "q1"]);

  const doomed = new Story(program, { kind: "input", json: "2" });
  for (let death = 0; death < 4; death++) {
    assert.deepEqual(doomed.run(), { kind: "waiting", foreign: 1 });
    doomed.thaw();
  }
  assert.throws(() => doomed.end(doomed.run()), /InterruptedError.*ask.*3 times/s);
});

const kept = asyncModule(
  `if (at === 1) value = $k.resumed();
   else value = $k.await(new $k.globals.Promise((resolve) => api.keep(resolve)));
   if (value === $rt.suspended) return suspend(1);
   return value;`,
  { slots: ["$m"] },
);

test("a resolver held by foreign code: the task stays, and is interrupted after a thaw", async () => {
  const program = await load({ "src/app.ts": kept });
  const story = new Story(program);
  assert.deepEqual(story.run(), { kind: "waiting", foreign: 1 });
  settleForeign("kept");
  assert.equal(story.end(story.run()), "kept");
  const thawed = new Story(program);
  thawed.run();
  thawed.thaw();
  assert.throws(() => thawed.end(thawed.run()), /InterruptedError.*awaited in main at src\/app.ts:11:5/s);
});

const stuck = asyncModule(
  `if (at === 1) value = $k.resumed();
   else { const made = $k.globals.Promise.withResolvers(); $m.state = made; value = $k.await(made.promise); }
   if (value === $rt.suspended) return suspend(1);`,
  { slots: ["$m"] },
);

test("a task that nothing can ever wake ends", async () => {
  const story = new Story(await load({ "src/app.ts": stuck }));
  assert.throws(() => story.end(story.run()), /DeadlockError.*awaited in main at src\/app.ts:11:5/s);
});

const spinning = asyncModule(
  `let n = 0, trace = [];
   if (at === 1) { [, n, trace] = slots; $k.resumed(); trace.push(n); n++; }
   else $k.globals.queueMicrotask($m.$k.globals.console.log);
   while (n < 5) {
     if (n === 2) $rt.signal[0] = 1;
     if ($rt.signal[0] !== 0 && $k.poll()) return suspend(1, n, trace);
     n++;
   }
   return trace;`,
  { slots: ["$m", "n", "trace"] },
);

test("a poll freezes the fiber, which goes on first", async () => {
  const story = new Story(await load({ "src/app.ts": spinning }));
  assert.deepEqual(story.run(), { kind: "frozen" });
  assert.equal(story.effects.length, 0);
  signal[0] = 0;
  story.thaw();
  assert.deepEqual(story.end(story.run()), [2]);
  assert.deepEqual(
    story.effects.map(({ kind }) => kind),
    ["log"],
  );
});

const timers = asyncModule(
  `const log = (...args) => $k.globals.console.log(...args);
   if (at === 1) { $k.resumed(); return "done"; }
   const { promise, resolve } = $k.globals.Promise.withResolvers();
   $k.globals.setTimeout(resolve, 50, "x");
   const cleared = $k.globals.setTimeout(resolve, 70);
   $k.globals.clearTimeout(+cleared);
   $m.state = $k.globals.setTimeout($k.globals.console.log, 60, "later", 1);
   if ($k.await(promise) === $rt.suspended) return suspend(1);`,
  { slots: ["$m"] },
);

test("timers are effects, keep the task alive, and can be cleared", async () => {
  const story = new Story(await load({ "src/app.ts": timers }));
  assert.equal(story.run().kind, "waiting");
  assert.deepEqual(
    story.effects.map((effect) => [effect.kind, effect.id]),
    [
      ["sleep", 1],
      ["sleep", 3],
    ],
  );
  story.thaw();
  story.complete({ effect: 1, outcome: answer });
  assert.equal(story.run().kind, "waiting");
  story.thaw();
  story.complete({ effect: 3, outcome: answer });
  assert.equal(story.end(story.run()), "done");
  assert.deepEqual(story.effects.at(-1), { kind: "log", id: 4, stream: "out", text: "later 1" });
});

const holding = asyncModule(
  `if (at === 1) { $k.resumed(); return 1; }
   const conn = new (class Socket {})();
   if ($k.await(api.sleep(1)) === $rt.suspended) return suspend(1, { inner: [conn] });`,
  { slots: ["$m", "connection"] },
);

test("what cannot be saved is named with its variable and line", async () => {
  const story = new Story(await load({ "src/app.ts": holding }));
  story.run();
  assert.throws(
    () => story.task.snapshot(),
    (error) => {
      assert.ok(error instanceof NotSaveableError);
      assert.equal(
        error.message,
        "connection.inner[0] (Socket) in main at src/app.ts:10:1, held across the await at src/app.ts:11:5 cannot be saved: its class is foreign; let go of it before, and make it again after",
      );
      return true;
    },
  );
});

test("modules: order, live bindings, stars, cycles, and what is missing", async () => {
  const compiled = (id: string): ModuleLink => ({ kind: "compiled", id });
  const step = (name: string): string => `$m.$k.globals.console.log("${name}");`;
  const modules = (extra = ""): Record<string, TestModule> => ({
    "main.ts": {
      code: moduleText({
        id: "main.ts",
        imports: ["./a.ts", "./b.ts"],
        variables: `variable("default", "function")`,
        exports: `default: "default"`,
        reexports: extra,
        sites: `{ id: "f", name: "f", kind: "function", position: { line: 1, column: 0 }, hash: "f",
          make: ($m) => function () { $m.$i[0].bump(); return [$m.$i[0].count, Object.keys($m.$i[1]), $m.$i[1].count, Object.prototype.toString.call($m.$i[1])]; } }`,
        instantiate: "$m.default = $rt.closure($sites[0], $m);",
        body: step("main"),
      }),
      links: [compiled("a.ts"), compiled("b.ts")],
    },
    "a.ts": {
      code: moduleText({
        id: "a.ts",
        imports: ["./b.ts"],
        variables: `variable("count", "let"), variable("bump", "function"), variable("same", "const")`,
        exports: `count: "count", bump: "bump", same: "same"`,
        sites: `{ id: "bump", name: "bump", kind: "function", position: { line: 1, column: 0 }, hash: "b", make: ($m) => function bump() { $m.count++; } }`,
        instantiate: "$m.bump = $rt.closure($sites[0], $m);",
        body: `${step("a")} $m.count = 1; $m.same = 1;`,
      }),
      links: [compiled("b.ts")],
    },
    "b.ts": {
      code: moduleText({
        id: "b.ts",
        imports: ["./a.ts", "./c.ts"],
        stars: "0, 1",
        body: `${step("b")} try { $m.$i[0].count; } catch (error) { $m.$k.globals.console.log(error.message); }`,
      }),
      links: [compiled("a.ts"), compiled("c.ts")],
    },
    "c.ts": {
      code: moduleText({
        id: "c.ts",
        variables: `variable("same", "const")`,
        exports: `same: "same", default: "same"`,
        body: `${step("c")} $m.same = 2;`,
      }),
    },
  });
  const story = new Story(await load(modules()));
  assert.deepEqual(story.end(story.run()), [2, ["bump", "count"], 2, "[object Module]"]);
  assert.deepEqual(
    story.effects.map((effect) => (effect as { text?: string }).text),
    ["c", "b", "Cannot access 'count' before initialization", "a", "main"],
  );
  await assert.rejects(
    load(modules(`{ name: "x", from: 0, imported: "nope" }`)),
    /main.ts imports "nope" from ".\/a.ts"/,
  );
});

test("mistakes of the user are told", async () => {
  const noMain = await load({ "src/app.ts": { code: moduleText({ id: "src/app.ts" }) } });
  const first = new Story(noMain);
  assert.throws(() => first.end(first.run()), /no function as its default export/);
  const second = new Story(await load({ "src/app.ts": sleeper }), { kind: "input", json: "{" });
  assert.throws(() => second.end(second.run()), /the input is not JSON/);
});
