async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const show = (r) => `${String(r.value)}/${r.done}`;
async function* count(log, n) {
  try {
    for (let i = 0; i < n; i++) {
      const got = yield await id(i);
      if (got) log("got", got);
    }
    return id("done");
  } finally {
    log("finally", await id("f"));
  }
}
async function* guarded(log) {
  try {
    yield "one";
    yield id("two");
    yield Promise.reject(new Error("rejected value"));
  } catch (e) {
    log("caught", e.message);
    yield "three";
  } finally {
    yield "four";
    log("last", await id(1));
  }
}
async function* delegating(log, x) {
  log("result", yield* x);
  return "over";
}
async function* keeps() {
  try {
    yield 1;
  } finally {
    return "kept";
  }
}
class Source {
  n = 2;
  async *items(log) {
    for await (const x of count(log, this.n)) yield x * 2;
  }
  static async *make() {
    yield this.name;
  }
}
const later = (v) => ({ then: (f) => f(v) });
const refused = (message) => ({ then: (_, no) => no(new Error(message)) });
export default async function main(log) {
  const steps = async (g, ...moves) => {
    for (const [how, v] of moves) {
      try {
        log(how, show(await g[how](v)));
      } catch (e) {
        log(how, "threw", e.name, /iterable|not a function/.test(e.message) ? "" : e.message);
      }
    }
  };
  for await (const x of count(log, 3)) log(x, await id("y"));
  for await (const x of count(log, 9)) {
    if (x === 1) break;
    log(x);
  }
  await steps(count(log, 2), ["next"], ["next", "v"], ["next"], ["next"]);
  await steps(count(log, 2), ["next"], ["throw", new Error("t")], ["next"]);
  await steps(count(log, 2), ["next"], ["return", id("r")], ["next"]);
  await steps(count(log, 2), ["return", id("early")], ["next"]);
  await steps(count(log, 2), ["throw", new Error("early")], ["next"]);
  await steps(count(log, 2), ["return", refused("bad return")], ["next"]);
  await steps(count(log, 2), ["next"], ["return", refused("bad return")], ["next"]);
  await steps(guarded(log), ["next"], ["next"], ["next"], ["next"], ["next"], ["next"]);
  await steps(guarded(log), ["next"], ["return", 7], ["next"], ["next"]);
  await steps(keeps(), ["next"], ["return", 7], ["next"]);
  await steps(keeps(), ["next"], ["throw", new Error("x")]);
  await steps(delegating(log, count(log, 2)), ["next"], ["next", "p"], ["next"], ["next"]);
  await steps(delegating(log, count(log, 2)), ["next"], ["return", "q"], ["next"]);
  await steps(delegating(log, count(log, 2)), ["next"], ["throw", new Error("into")], ["next"]);
  await steps(delegating(log, [id(1), 2, later(3)]), ["next"], ["next"], ["next"], ["next"], ["next"]);
  await steps(delegating(log, [1, 2]), ["next"], ["return", id("early")], ["next"]);
  await steps(delegating(log, 5), ["next"], ["next"]);
  const odd = { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: "v", done: false }) }) };
  await steps(delegating(log, odd), ["next"], ["return", id("without")], ["next"]);
  await steps(delegating(log, odd), ["next"], ["throw", new Error("without")], ["next"]);
  // A rejected `return` is a throw to the inner iterator (AsyncGeneratorUnwrapYieldResumption); engines from Node 24 on do otherwise.
  if (Number.parseInt(process.versions.node, 10) < 24)
    await steps(delegating(log, odd), ["next"], ["return", refused("no")], ["next"]);
  await steps(delegating(log, { [Symbol.asyncIterator]: () => ({ next: () => 5 }) }), ["next"], ["next"]);
  // Requests are queued.
  const q = count(log, 2);
  const asked = [q.next("a"), q.next("b"), q.return("c"), q.next("d"), q.throw(new Error("late"))];
  log((await Promise.allSettled(asked)).map((r: any) => (r.status === "fulfilled" ? show(r.value) : r.reason.message)));
  const held = count(log, 3);
  log(show(await held.next()));
  const pending = held.next();
  await null;
  log(show(await pending), show(await held.return("held")));
  for await (const x of new Source().items(log)) log(x);
  for await (const x of Source.make()) log(x);
  const object = {
    base: 1,
    async *[Symbol.asyncIterator]() {
      yield this.base;
      yield (await id(this.base)) + (yield "asks");
    },
  };
  const it = object[Symbol.asyncIterator]();
  log(show(await it.next()), show(await it.next()), show(await it.next(5)), show(await it.next()));
  const arrows = async function* (a, b = a) {
    for (const f of [() => a, async () => b]) yield f();
  };
  for await (const x of arrows(3)) log(x);
  try {
    for await (const x of guarded(log)) if (x === "two") throw new Error("out");
  } catch (e) {
    log(e.message);
  }
  const nested = async () => {
    outer: for await (const a of count(log, 2)) for await (const b of count(log, 2)) {
      if (b === 1) continue outer;
      if (a === 1) return "left";
      log(a, b);
    }
  };
  log(await nested());
  try {
    (async function* (a = missing()) {})();
  } catch (e) {
    log("at the call", e.message);
  }
  function missing() {
    throw new Error("missing");
  }
  let i = 0;
  const polled = (async function* () {
    while (i < 4) {
      for (let k = 0; k < 3; k++) i += k;
      yield i;
    }
  })();
  for await (const x of polled) log(x);
}
