async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const show = (r) => `${String(r.value)}/${r.done}`;
function* forward(log) {
  try {
    const a = yield "one";
    log("a", a);
    try {
      const b = yield "two";
      log("b", b);
    } catch (e) {
      log("caught", e.message);
      yield "recovered";
    } finally {
      log("inner", yield "cleaning");
    }
  } finally {
    log("outer");
  }
  return "end";
}
function* stubborn(log) {
  for (const n of [1, 2, 3]) {
    try {
      yield n;
    } finally {
      log("finally", n);
      if (n < 3) continue;
    }
  }
  return "through";
}
function* overriding() {
  try {
    yield 1;
  } finally {
    return "mine";
  }
}
function* inner(log, n) {
  try {
    const got = yield `i${n}`;
    log("inner got", got);
    return `r${n}`;
  } catch (e) {
    log("inner caught", e.message);
    yield "after";
    return "handled";
  } finally {
    log("inner finally");
  }
}
function* outer(log) {
  const r = yield* inner(log, 1);
  log("r", r);
  return yield* inner(log, 2);
}
function* lists() {
  const a = yield* [1, 2];
  const b = yield* new Map([["k", "v"]]);
  const c = yield* "hé😀";
  const d = yield* new Set([7]).values();
  return [a, b, c, d];
}
const bare = (log, more) => ({
  [Symbol.iterator]() {
    let n = 0;
    return { next: (v) => (log("next", v), { value: n++, done: n > 3 }), ...more };
  },
});
function* delegating(x) {
  return yield* x;
}
function* taking(log) {
  const closing = { [Symbol.iterator]: () => ({ next: () => ({ value: [], done: false }), return: () => (log("closed"), {}) }) };
  const [a, b = yield "b?", c] = [1, undefined, 3];
  log(a, b, c);
  const [d = yield "never", { [yield "key"]: e }] = [4, { k: 5 }] as any;
  log(d, e);
  let f, g;
  [f, [g = yield "g?"]] = closing as any;
  log("not reached", f, g);
}
class Tree {
  constructor(value, ...kids) {
    this.value = value;
    this.kids = kids;
  }
  value;
  kids;
  *[Symbol.iterator]() {
    yield this.value;
    for (const kid of this.kids) yield* kid;
  }
  *pairs(a = this.value) {
    yield [a, arguments.length];
    yield (() => this.value)();
  }
  static *of(...xs) {
    for (const x of xs) yield new this(x);
  }
}
export default async function main(log) {
  const steps = async (g, ...moves) => {
    for (const [how, v] of moves) {
      try {
        log(how, show(g[how](v)));
      } catch (e) {
        log(how, "threw", e.name, /iterable/.test(e.message) ? "" : e.message);
      }
      await null;
    }
  };
  await steps(forward(log), ["next", 0], ["next", 1], ["next", 2], ["next", 3], ["next"], ["next"]);
  await steps(forward(log), ["next"], ["next"], ["throw", new Error("t")], ["next"], ["next", "x"], ["next"]);
  await steps(forward(log), ["next"], ["next"], ["return", "r"], ["next", "y"], ["next"]);
  await steps(forward(log), ["return", "early"], ["next"]);
  await steps(forward(log), ["throw", new Error("early")], ["next"]);
  await steps(stubborn(log), ["next"], ["return", 9], ["next"], ["return", 8], ["next"]);
  await steps(overriding(), ["next"], ["throw", new Error("lost")], ["next"]);
  await steps(outer(log), ["next"], ["next", "p"], ["throw", new Error("in")], ["next"], ["next"]);
  await steps(outer(log), ["next"], ["return", "out"], ["next"]);
  await steps(lists(), ...Array.from({ length: 9 }, () => ["next"]));
  await steps(delegating(bare(log, {})), ["next", 1], ["next", 2], ["throw", new Error("t")], ["next"]);
  await steps(delegating(bare(log, {})), ["next"], ["return", "r"], ["next"]);
  await steps(delegating(bare(log, { return: (v) => (log("ret", v), { value: "rv", done: true }) })), ["next"], ["return", 1], ["next"]);
  await steps(delegating(bare(log, { return: () => ({ value: "not yet", done: false }) })), ["next"], ["return", 1], ["next"]);
  await steps(delegating(bare(log, { throw: (e) => ({ value: e.message, done: false }) })), ["next"], ["throw", new Error("th")], ["next"]);
  await steps(delegating(bare(log, { return: () => 5 })), ["next"], ["return", 1]);
  await steps(delegating(bare(log, { next: () => 5 })), ["next"], ["next"]);
    await steps(taking(log), ["next"], ["next", 2], ["next", "k"], ["return", "left"]);
  const tree = new Tree(1, new Tree(2, new Tree(3)), new Tree(4));
  for (const v of tree) log(await id(v));
  log([...tree.pairs()], [...tree.pairs(5, 6)], [...Tree.of(1, 2)].map((t) => t.value));
  let self;
  self = (function* () {
    try {
      self.next();
    } catch (e) {
      log(e.name, e.message);
    }
    yield 1;
  })();
  log(show(self.next()), show(await id(self.next())));
  const late = (function* (a, b = log("param", a), ...rest) {
    log("body", a, rest);
    yield rest;
  })(1, undefined, 2, 3);
  await null;
  log([...late]);
  try {
    (function* (a = nothing()) {})();
  } catch (e) {
    log(e.message);
  }
  function nothing() {
    throw new Error("at the call");
  }
  const fib = function* () {
    let [a, b] = [0, 1];
    for (;;) {
      yield a;
      [a, b] = [b, a + b];
    }
  };
  const first = [];
  for (const n of fib()) {
    if (n > 50) break;
    first.push(await id(n));
  }
  log(first);
  const closures = [];
  function* each() {
    for (let i = 0; i < 3; i++) {
      closures.push(() => i);
      yield i;
      i += 0;
    }
  }
  for (const _ of each()) await null;
  log(closures.map((f) => f()));
  const o = {
    base: 10,
    *method(n) {
      yield this.base + n;
      switch (yield "which") {
        case 1:
          yield "first";
        case 2:
          yield "second";
          break;
        default:
          yield "other";
      }
      label: do {
        while (true) {
          yield "in";
          break label;
        }
      } while (false);
    },
  };
  const m = o.method(1);
  await steps(m, ["next"], ["next"], ["next", 1], ["next"], ["next"], ["next"], ["next"]);
}
