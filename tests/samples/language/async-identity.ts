async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
class A { async m() { return 1; } static async s() { return this; } async #p() { return 2; } p() { return this.#p; } }
class B extends A { async m() { return super.m(); } }
const arrow = async () => {};
const tried = async (log, f) => { try { await f(); } catch (e) { log(`${e.name}: ${e.message}`); } };
export default async function main(log) {
  const b = new B(), kept = [b.m, A.prototype.m, B.s, b.p()] as const, whole = { m: b.m };
  const show = () => [kept[0] === B.prototype.m, kept[1] === A.prototype.m, kept[2] === A.s, kept[3] === b.p(), whole.m === b.m];
  log(show());
  await id(0);
  log(show(), await kept[0].call(b), await kept[2].call(B) === B, await kept[3].call(b));
  for (const f of [id, main, arrow, b.m, A.s, kept[3]]) log(Object.prototype.toString.call(f), f instanceof AsyncFunction, f instanceof Function, f.constructor === AsyncFunction);
  const one = 1, two: any = { f: 1 };
  await id(0);
  await tried(log, () => { (one as any) = 2; });
  await tried(log, async () => { await id(0); (one as any)++; });
  await tried(log, () => { late; let late = 1; });
  await tried(log, async () => { await id(0); [one as any] = [1]; });
  await tried(log, () => { new Twice(); class Twice {} });
}
