async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const proto: any = { hello() { return `hello ${this.name}`; }, get got() { return `got ${this.name}`; }, set put(v) { this.was = v; }, async later(x) { await id(0); return [this.name, x]; } };
const plain: any = { __proto__: proto, name: "plain", hello() { return `${super.hello()}!`; }, async later(x) { const r = await super.later(await id(x)); return ["own", ...r, super.hello()]; }, get got() { return `${super.got}?`; }, arrow() { return () => super.hello(); }, async change(v) { super.put = await id(v); super["p" + "ut"] += await id("+"); return [this.was, super.put]; } };
class Base { static kind = "base"; static sk() { return `sk ${this.kind}`; } n = 1; get v() { return this.n; } set v(x) { this.n = x; } m(x) { return `m${x}`; } constructor(...a) { (this as any).a = a; } }
class Derived extends Base {
  own: any; f = { m() { return super.toString === Object.prototype.toString; } };
  constructor(x) { const start = (...a) => super(...a, x); const self = start(1); self.own = this === self; const again = () => super(2); try { again(); } catch (e) { this.own = [this.own, e.name]; } }
  static sk() { return `${super.sk()}/${super.kind}`; }
  static async ask() { await id(0); super.kind = await id("set"); return [super.sk(), Object.hasOwn(this, "kind")]; }
  async change() { super.v = await id(5); super.v += await id(1); super.v++; const pre = ++super.v, post = super.v--; super.v ??= await id(0); super.v &&= await id(super.v * 2); [super.v, this.own] = [super.v + (await id(1)), 0]; ({ a: super["v"] = await id(1) } = { a: super.v * 10 }); for (super.v of [this.n, this.n + 1]) await id(0); return [pre, post, this.n, this.v]; }
  sync() { super.v = 1; super.v += 2; super.v++; --super.v; super["v"] **= 2; const f = () => { super.v += 1; [super.v] = [super.v * 2]; return super.v++; }; return [f(), this.n]; }
  async inLoop() { const got: any[] = []; for (const k of [1, 2]) { const o = { __proto__: { k() { return `k${k}${this.t}`; } }, t: await id(k), async k() { await id(0); return super.k(); }, get j() { return super.k(); } }; got.push(o); } return [await got[0].k(), await got[1].k(), got[0].j]; }
  call(x) { return [() => super.m(x), () => super["m"](x)].map((f) => f()); }
  async call2() { return super.m(await id(3)) + (await id(super.m)).call(this, 4) + super[await id("m")](5); }
}
class Private { #n = 1; static async go(p) { [p.#n, { x: p.#n = await id(9) }] = [2, {} as any]; const f = () => { [p.#n] = [p.#n + 1]; ({ y: p.#n = 1 } = { y: p.#n + 1 }); return p.#n++; }; f(); (await id(p)).#n++; const q = (await id(p)).#n--; return [q, p.#n]; } }
const literals = async (k) => {
  const a: any = { x: 1, get y() { return this.x; }, [k]: await id(2), set y(v) { this.x = v; }, ["z"]() { return 3; }, __proto__: { up: await id("up") }, last: await id(4) };
  const b: any = { get y() { return 1; }, y: 2, __proto__: { up: "b" } };
  a.y = 9;
  return [a.x, a.y, a[k], a.z(), a.up, a.last, Object.keys(a).join(), b.y, b.up, { ["__proto__"]: 1 }.hasOwnProperty("__proto__")];
};
export default async function main(log) {
  log(plain.hello(), await plain.later(1), plain.got, plain.arrow()(), await plain.change("v"));
  const kept = plain.arrow(), d: any = new Derived("x");
  await id(0);
  log(kept(), d.a, d.own, d.f.m(), Derived.sk(), await Derived.ask(), Base.kind);
  log(await d.change(), d.sync(), await d.inLoop(), d.call(2), await d.call2());
  log(await Private.go(new Private()), await literals("k"));
  const sym = Symbol("desc"), key = await id("dyn"), o: any = { [key]() {}, [`${key}2`]: () => {}, [`${key}3`]: class {}, [sym]: async () => {}, get [`${key}4`]() { return 1; }, [`${key}5`]: function named() {}, async [await id(`${key}6`)]() {}, get plain() { return 1; } };
  class K { [key] = () => {}; async [`${key}a`]() { await id(0); return this; } static [`${key}s`] = function () {}; static async [sym]() { return 1; } [`${key}b`]() { return 1; } async [`${key}b`]() { return 2; } async c() { return 1; } [`${"c"}`]() { return 3; } }
  const k: any = new K();
  const show = () => log(o.dyn.name, o.dyn2.name, o.dyn3.name, o[sym].name, Object.getOwnPropertyDescriptor(o, "dyn4").get.name, o.dyn5.name, o.dyn6.name, Object.getOwnPropertyDescriptor(o, "plain").get.name, k.dyn.name, k.dyna.name, (K as any).dyns.name, K[sym].name);
  show();
  await id(0);
  show();
  log(await k.dyna() === k, await k.dynb(), await k.c(), Object.getOwnPropertyNames(K.prototype).join());
}
