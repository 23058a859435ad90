async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
let made = 0;
class Fields { a = ++made; b = () => this.a; c = async () => { await id(0); return this.a * 10; }; d = { nested: () => this.b() }; "quoted" = function (this: any) { return this === undefined; }; static s = () => this.t; static t = 4; e = [1, 2].map((x) => x + this.a); [Symbol.toStringTag] = "Tagged"; f; }
class Child extends Fields { a = 100; g = super.constructor === Child; static u = super.s(); }
export default async function main(log) {
  const x = new Fields(), y = new Child();
  await id(0);
  log(x.b(), await x.c(), x.d.nested(), (0, x.quoted)(), Fields.s(), x.e, String(x), "f" in x, x.f);
  log(y.b(), await y.c(), y.g, Child.u, made, Object.keys(y).length);
}
