async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const fail = async (m) => { await null; throw new Error(m); };
export default async function main(log) {
  try { log(await id(1)); await fail("x"); log("no"); } catch (e) { log("c", e.message); }
  try { await fail("y"); } catch { log("bare", await id(2)); }
  try { try { await fail("in"); } finally { log("f", await id(3)); } } catch ({ message: m }) { log("out", m); }
  try { await id(4); } catch { log("no"); } finally { log("fin"); }
  let x = "old";
  try { x = await fail("z"); } catch (e) { log(x, e.message); }
  try { x = "mid"; await id(0); x = "late"; await fail("w"); } catch { log(x); await id(1); log(x); }
  try { throw await id("thrown"); } catch (e) { log(e); }
  try { try { await fail("1"); } catch (e) { await fail(e.message + "2"); } } catch (e) { log(e.message); }
  for (const n of [1, 2, 3]) { try { if (n === 2) await fail("two"); log("ok", n); } catch (e) { log(await id(e.message)); continue; } finally { log("after", n); } }
  try { null.x; } catch (e) { await id(1); log(e.name); }
}
