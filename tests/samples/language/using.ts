async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const res = (name, fails = false) => ({
    name,
    [Symbol.dispose]() {
      log("dispose", name, this.name === name);
      if (fails) throw new Error(`dispose ${name}`);
    },
  });
  const ares = (name, fails = false) => ({
    name,
    async [Symbol.asyncDispose]() {
      log("closing", name);
      await null;
      log("closed", name);
      if (fails) throw new Error(`close ${name}`);
    },
  });
  const told = async (fn) => {
    try {
      log("=", await fn());
    } catch (e) {
      const tell = (e) => (e && e.suppressed !== undefined ? `${e.name}(${tell(e.error)}, ${tell(e.suppressed)})` : (e?.message ?? e));
      log("!", e instanceof TypeError ? e.name : tell(e));
    }
  };
  const sync = () => {
    using a = res("a");
    using b = res("b"), n = null, u = undefined;
    log("body", a.name, b.name, n, u);
    return (() => a.name + b.name)();
  };
  log(sync());
  await told(async () => {
    using a = res("a");
    log(await id(a.name));
    {
      using b = res("b");
      await null;
      log("inner", b.name);
    }
    await null;
    return "r";
  });
  await told(async () => {
    using a = res("a", true);
    using b = res("b", true);
    await null;
    throw new Error("body");
  });
  await told(async () => {
    await using a = ares("a", true);
    using b = res("b", true);
    await using c = ares("c");
    log("in", a.name, b.name, c.name);
    return id("lost");
  });
  await told(async () => {
    await using a = ares("a");
    await using b = res("sync in async");
    await using n = null;
    return b.name;
  });
  await told(async () => {
    outer: for (let i = 0; i < 3; i++) {
      using r = res(`r${i}`);
      await using s = ares(`s${i}`);
      for (using t of [res("t1"), res("t2")]) {
        if (i === 0) continue outer;
        await null;
        if (i === 1) break outer;
        log("never", t);
      }
    }
    return "out";
  });
  await told(async () => {
    for (await using x of [ares("x"), await id(ares("y"))]) log("loop", x.name);
    for await (using x of [id(res("p")), res("q")]) log("loop", x.name);
    for (using h = res("head"), i = null; ; ) {
      await null;
      break;
    }
    const fns = [];
    for (using k of [res("k"), res("l")]) fns.push(() => k.name);
    return fns.map((f) => f());
  });
  for (const bad of [5, {}, { [Symbol.dispose]: 3 }])
    try {
      using a = res("before");
      using x = bad as any;
      log("not reached", a, x);
    } catch (e) {
      log(e.name);
    }
  await told(async () => {
    await using x = {} as any;
  });
  function* gen() {
    using g = res("g");
    yield g.name;
    yield "more";
  }
  for (const x of gen()) {
    log(await id(x));
    break;
  }
  async function* agen() {
    await using g = ares("ag");
    yield g.name;
    yield "more";
  }
  for await (const x of agen()) {
    log(x);
    break;
  }
  class Pool {
    async use() {
      using lease = res("lease");
      await null;
      return lease.name;
    }
  }
  log(await new Pool().use());
  try {
    using a = res("a");
    log(late);
    using late = res("late");
  } catch (e) {
    log(e.name);
  }
  try {
    using a = res("const");
    (a as any) = 5;
  } catch (e) {
    log(e.name);
  }
}
