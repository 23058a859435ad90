async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const a = async () => {}; const b = async () => { return; }; const c = async () => id(1); const d = async () => { return id(2); };
const e = async () => ({ then(r) { r("thenable"); } }); const f = async () => await id(3); async function g() { if (await id(0)) return 1; }
const h = async (x) => { if (x) { return await id("yes"); } else { return "no"; } }; const i = async () => { for (;;) return await id("loop"); }; const j = async () => void (await id(1));
const k = async () => { try { return id("in try"); } catch { return "never"; } }; const l = async () => { try { return await Promise.reject(new Error("x")); } catch { return "caught"; } };
export default async function main(log) { for (const fn of [a, b, c, d, e, f, g, i, j, k, l]) log(fn.name, await fn()); log(await h(1), await h(0), e.length); }
