function* f(a, b) {
  yield a;
}
async function* af(a) {
  yield a;
}
const GeneratorFunction = Object.getPrototypeOf(f).constructor;
export default async function main(log) {
  const g = f(1, 2);
  const ag = af(1);
  await null;
  log(f.name, f.length, af.name, af.length, typeof f);
  log(Object.prototype.toString.call(f), Object.prototype.toString.call(af), Object.prototype.toString.call(g), Object.prototype.toString.call(ag));
  log(g instanceof f, ag instanceof af, f instanceof GeneratorFunction, g[Symbol.iterator]() === g, ag[Symbol.asyncIterator]() === ag);
  log(Object.getPrototypeOf(g) === f.prototype, Object.getPrototypeOf(f.prototype) === Object.getPrototypeOf(f).prototype);
  log(Object.getPrototypeOf(ag) === af.prototype, Object.hasOwn(f.prototype, "constructor"), "prototype" in f);
  log(JSON.stringify(Object.getOwnPropertyDescriptor(f, "prototype")), Reflect.ownKeys(f.prototype));
  const Gen = Object.getPrototypeOf(f.prototype);
  log(Reflect.ownKeys(Gen).map(String).sort(), Gen.next.name, Gen.next.length, Gen.return.length, Gen.throw.length, Gen[Symbol.toStringTag]);
  log(Object.getPrototypeOf(Gen) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  for (const bad of [() => new (f as any)(), () => Gen.next.call({}), () => Gen.next.call(ag)]) {
    try {
      bad();
      log("no error");
    } catch (e) {
      log(e instanceof TypeError);
    }
  }
  function* h() {
    yield this;
  }
  h.prototype.extra = function () {
    return "extra";
  };
  const x = h.call("me");
  await null;
  log(x.extra(), String(x.next().value), x instanceof h);
  h.prototype = null;
  const y = h();
  await null;
  log(Object.getPrototypeOf(y) === Gen, y.next().value === undefined);
  const own: any = f(3, 4);
  own.note = { kept: true };
  await null;
  log(own.note, own.next().value, Object.keys(own));
  const { next } = own;
  log(next.call(f(9, 9)).value);
  const bound = g.next.bind(g);
  await null;
  log(bound().value);
  const shared = f("shared", 0);
  const both = { one: shared, two: [shared] };
  await null;
  log(both.one === both.two[0], both.one.next().value, both.two[0].next().done);
  const named = function* self(n) {
    if (n > 0) {
      yield n;
      yield* self(n - 1);
    }
  };
  log([...named(3)], named.name);
  const newTarget = (function* () {
    yield new.target;
  })();
  log(newTarget.next().value);
}
