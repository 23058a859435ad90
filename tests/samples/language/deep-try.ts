async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const fail = async (m) => { await null; throw new Error(m); };
async function deep(log, n) {
  try {
    try {
      try { if (n === 0) await fail("zero"); if (n === 1) return await id("one"); log("past", n); }
      catch (e) { log("c1", e.message); if (n === 0) throw await id(new Error("rethrown")); }
      finally { log("f1"); if (n === 2) await fail("from f1"); await id(0); }
      log("after inner");
    } catch (e) { log("c2", e.message); await id(0); try { await fail("in c2"); } catch (e2) { log("c3", e.message, e2.message); } finally { await id(0); log("f3"); } }
    finally { log("f2", await id(n)); }
    if (n === 3) { for (const x of [1, 2]) { try { continue; } finally { log("loop fin", await id(x)); } } }
    return "end";
  } finally { log("outermost", await id(n)); }
}
export default async function main(log) { for (const n of [0, 1, 2, 3]) log("->", await deep(log, n)); }
