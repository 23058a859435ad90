async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
class Base { kind = "base"; constructor(readonly n) { this.n = n; } hello() { return `hello ${this.n}`; } async later(x) { await id(0); return [this.n, x, this.kind]; } static make(n) { return new this(n); } static async soon() { await id(0); return this.name; } get twice() { return this.n * 2; } set twice(v) { this.n = v / 2; } *items() { yield this.n; yield* [1, 2]; } ["computed1"]() { return "c1"; } *[Symbol.iterator]() { yield "it"; } static count = 0; static { this.count += 5; } }
class Derived extends Base { kind = "derived"; own = () => this.n; constructor(n) { super(n + 1); const f = () => this; this.self = f() === this; } hello() { return super.hello() + "!"; } async later(x) { const r = await super.later(await id(x)); return ["d", ...r]; } async viaArrow() { const f = () => super.hello(); await id(0); return f(); } get twice() { return super.twice + 1; } static make(n) { return super.make(n); } async setSuper(v) { const w = await id(v); super.prop = w; return [this.prop, Object.keys(this).includes("prop")]; } }
export default async function main(log) {
  const d: any = Derived.make(await id(4));
  log(d.n, d.kind, d.hello(), d.twice, d.own(), d.self, d instanceof Base, d.constructor.name);
  log(await d.later("x"), await d.viaArrow(), await Derived.soon(), await d.setSuper(3));
  log([...d.items()], [...d], d.computed1(), Base.count, Object.getOwnPropertyNames(Base.prototype), Object.keys(d));
  const Local = class Inner extends Base { async who() { await id(0); return [Inner.name, new Inner(2).n]; } static again() { return Inner; } };
  const l = new Local(1);
  log(await l.who(), Local.again() === Local, Local.name);
  const make = (x) => class { v = x; get() { return x + this.v; } async aget() { await id(0); return x * 10; } };
  const A = make(1), B = make(2);
  log(new A().get(), await new B().aget(), A === (B as any));
  class Late extends (await id(Base)) { key = await0(); static s1 = 7; }
  function await0() { return "field"; }
  log((new Late(1) as any).key, (Late as any).s1, Late.name);
  try { (Base as any)(); } catch (e) { log(e.name); }
  try { new (class extends Base { constructor() { const f = () => this; f(); super(1); } })(); } catch (e) { log(e.name); }
  log(typeof Base, new (class { static x = 1; y = (() => (this as any).z)(); z = 2; })().y);
  await Promise.all([d.later(1), d.later(2)]);
  const own = d.later; log(await own.call({ n: 9, kind: "k", __proto__: Derived.prototype } as any, 1).catch((e) => e.name));
}
