async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const o = {
  n: 1,
  async m(x) { const f = () => this.n + x; await id(0); const g = async () => { await id(0); return this.n + arguments.length; }; return [f(), await g(), this === o]; },
  s() { return [1, 2].map((x) => this.n + x + arguments.length); },
  arrow: async () => { await id(0); return typeof this; },
  f: async function () { await id(0); return this; },
};
function Old(this: any, v) { this.v = v; this.target = new.target === Old; const t = () => new.target; this.get = () => this.v; this.t = t() === Old; }
Old.prototype.twice = function () { return (() => this.v * 2)(); };
export default async function main(log) {
  log(await o.m(1), o.s(), await o.arrow(), (await o.f()) === o, await (0, o.f)());
  const old = new (Old as any)(await id(4));
  log(old.v, old.target, old.t, old.get(), old.twice(), old instanceof (Old as any));
  log(await o.m.call(o, 5), "prototype" in o.m, "prototype" in o.s, "prototype" in Old, "prototype" in o.arrow);
  try { new (o.m as any)(); } catch (e) { log(e.name); }
  try { new (o.arrow as any)(); } catch (e) { log(e.name); }
  log(this === undefined);
  async function outer() { return await (async () => { await id(0); return arguments[0]; })(); }
  log(await (outer as any)("arg"));
}
