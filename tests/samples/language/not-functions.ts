async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
let gone: any, o: any = { p: {}, list: [1], self() { return this; } };
const order: string[] = [];
const tried = async (log, f) => { try { log(await f()); } catch (e) { log(`${e.name}: ${e.message}`); } };
class A { #n: any = 1; async run() { return (this as any).x.y(await id(1)); } async hidden() { return await this.#n(); } async up() { return await (super["nope"] as any)(1); } }
export default async function main(log, local: any = 5) {
  const kept = () => local, a: any = new A();
  await tried(log, () => gone(1));
  await tried(log, async () => await gone(order.push("first")));
  await tried(log, async () => local(await id(1)));
  await tried(log, async () => await o.p.q(2));
  await tried(log, async () => await o.list[0](2));
  await tried(log, async () => { const k = "p"; return await o[k](2); });
  await tried(log, async () => await o.self().none());
  await tried(log, async () => (await id(o)).none(await id(1)));
  await tried(log, () => a.hidden());
  await tried(log, async () => { const f: any = await id(3); return await f(); });
  await tried(log, () => { const inner: any = { f: 1 }; return inner.f(); });
  log(order.join(), kept(), await tried(log, () => gone?.()));
}
