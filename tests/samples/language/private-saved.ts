async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const seen: string[] = [];
class Base {
  #x = (seen.push("x"), 1);
  y = seen.push("y");
  #z = this.#x + 1;
  #w;
  static #made = 0;
  static #secret(n) { return `s${n}${Base.#made}`; }
  static get #all() { return Base.#made; }
  static set #all(v) { Base.#made = v; }
  static async #later(n) { await id(0); return n + this.#made; }
  constructor() { Base.#made++; this.#w = { self: this }; }
  #note(k) { return `${k}:${this.#x}:${this.#z}`; }
  get #both() { return this.#x; }
  set #both(v) { this.#x = v; }
  async #soon(v) { this.#x += await id(v); return this.#note("soon"); }
  *#items() { yield this.#x; yield this.#z; }
  async run(v) { const r = await this.#soon(v); this.#both = this.#both + 1; await id(0); return [r, this.#x, this.#w.self === this, [...this.#items()]]; }
  note() { return this.#note; }
  soon() { return this.#soon; }
  static has(o) { return [#x in o, #w in o, #note in o]; }
  static async stats() { Base.#all += 10; await id(0); return [Base.#secret("t"), await this.#later(1), Base.#all]; }
  same(o: Base) { return this.#note === o.#note && this.#soon === o.#soon; }
}
class Derived extends Base {
  #x = "own";
  #up() { return `${super.hello()}/${this.#x}`; }
  hello() { return "derived"; }
  up() { return this.#up(); }
  async aup() { await id(0); return this.#up(); }
}
(Base.prototype as any).hello = () => "base";
class Keyed extends Map<string, number> { #hits = 0; get(k) { this.#hits++; return super.get(k); } hits() { return this.#hits; } }
class Stack extends Array<number> { #depth = 7; depth() { return this.#depth; } }
class Failure extends Error { #code; constructor(m, code) { super(m); this.#code = code; } get code() { return this.#code; } }
class Later<T> extends Promise<T> { #tag = "tag"; tag() { return this.#tag; } }
const Tagged = (Over) => class extends Over { #tag; setTag(t) { this.#tag = t; return this; } tag() { return this.#tag; } static isTagged(o) { return #tag in o; } };
const fails = async (log, f) => { try { log(await f()); } catch (e) { log(e.name); } };
export default async function main(log) {
  const b = new Base(), d = new Derived();
  await id(0);
  log(await b.run(2), await d.run(3), seen.join(), d.up(), await d.aup());
  log(Base.has(b), Base.has(d), Base.has({}), await Base.stats(), b.same(d));
  const note = d.note(), soon = b.soon();
  await id(0);
  log(note === d.note(), soon === b.soon(), note.name, soon.name, note.call(b, "k"), await soon.call(d, 1));
  await fails(log, () => note.call({}, 1));
  const m = new Keyed([["a", 1]]), s = Stack.from([1, 2]) as Stack, f = new Failure("no", 4), p = new Later<number>((r) => r(5));
  const frozen = Object.freeze(new Derived());
  await id(0);
  log(m.get("a"), m.hits(), m.size, s.depth(), s.length, s instanceof Stack, f.code, f.message, f instanceof Failure, p.tag(), await p, p instanceof Later);
  log(Object.isFrozen(frozen), (await frozen.run(1))[1], frozen.up());
  const One = Tagged(Base), Two = Tagged(One), t = new Two().setTag(1);
  await id(0);
  log(t.tag(), One.isTagged(t), Two.isTagged(new One()), One.isTagged(new Two()), await t.run(0));
  const local = (n) => { class Local { #n = n; #f = () => this.#n; static #s = n * 2; bump() { this.#n++; return this; } f() { return this.#f; } static s() { return this.#s; } }; return Local; };
  const L1 = local(1), L2 = local(2), l = new L1().bump(), lf = l.f();
  await id(0);
  log(lf(), l.bump().f() === lf, lf(), L1.s(), L2.s());
  await fails(log, () => L1.prototype.bump.call(new L2()));
  await fails(log, () => Derived.stats());
  class Early { #a = this.#b; #b = 1; }
  await fails(log, () => new Early());
  class Twice extends (function (o) { return o; } as any) { #k = 1; static k(o) { return o.#k; } static has(o) { return #k in o; } }
  const o = {}; new Twice(o); log(Twice.k(o), Twice.has({}));
  await fails(log, () => new Twice(o));
  await fails(log, () => { class W { #m() {} w() { (this as any).#m = 1; } } new W().w(); });
  class Gone { #a = 1; #b = fail(); static last; constructor() {} static has(o) { return [#a in o, #b in o]; } keep = 0; }
  function fail(): any { throw new Error("stop"); }
  let leaked: any; class Leak extends (function () { leaked = {}; return leaked; } as any) { #a = 1; #b = fail(); static has(o) { return [#a in o, #b in o]; } }
  await fails(log, () => new Leak()); log(Leak.has(leaked), Gone.name);
  const later = b.run, stat = Base.stats, bound = d.aup;
  await id(0);
  log(later === Base.prototype.run, stat === Base.stats, bound === Derived.prototype.aup);
}
