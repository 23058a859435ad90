async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
class Custom extends Error { code = 7; constructor(m, options?) { super(m, options); this.name = "Custom"; } }
async function thrower(v) { await id(0); throw v; }
export default async function main(log) {
  for (const v of [new Custom("c", { cause: "why" }), "str", null, undefined, { then: 1 }]) { try { await thrower(v); } catch (e) { log(e === v, e instanceof Custom ? [e.code, e.cause, e.name] : e); } }
  const p = thrower(new Error("later")); try { await p; } catch (e) { log(e.message); } try { await p; } catch (e) { log("again", e.message); }
  log(await thrower(1).catch((e) => e + 1), await thrower(2).then(() => 0, (e) => e * 2));
  try { (undefined as any).x; } catch (e) { log(e.name); }
  try { await (null as any).f(await id(1)); } catch (e) { log(e.name); }
  try { await ({} as any).g(1); } catch (e) { log(e.name); }
  try { const f: any = 5; await f(); } catch (e) { log(e.name); }
  try { [].reduce(await id((a) => a)); } catch (e) { log(e.name); }
  return await thrower(new Custom("out"));
}
