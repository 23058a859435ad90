async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const a = async () => {}, b = function () {}, c = async function named() {};
let d; d = (x, y) => x; 
let e = d, { f = () => {} } = {} as any, [g = async (q) => {}] = [] as any;
class Held { static #self = Held; static of = () => Held.#self; }
class K { static s = () => 1; i = async () => 2; async m(x) {} static async sm() {} get acc() { return 1; } "quoted name"() {} 7() {} }
const o = { p() {}, async q() {}, "r s": () => {}, 5: () => {}, t: class {}, u: class Named {}, ["v" + 1]: 1, *gen() {} };
export default async function main(log, x = 1, ...r) {
  await id(0);
  log(a.name, b.name, c.name, d.name, e.name, f.name, g.name, g.length, main.name, main.length);
  const k = new K();
  log(K.name, K.s.name, k.i.name, k.m.name, K.sm.name, k["quoted name"].name, k[7].name, k.m.length);
  log(o.p.name, o.q.name, o["r s"].name, o[5].name, o.t.name, o.u.name, o.gen.name, (() => {}).name === "");
  const local = (p, q) => p; d ??= () => 0; const { w = (z) => z } = {} as any;
  log(local.name, local.length, w.name, (class {}).name, (class X {}).name);
  log(typeof a, a instanceof Function);
  // What the text of a class begins with.
  for (const each of [K, o.u, o.t, class X {}, class extends K {}, Held, Map]) log(`${each}`.split(/[ {]+/).slice(0, 2));
}
