/** What functions, classes and their prototypes are made to inherit from by hand, and what is put on methods, is there after they have been saved. */
// biome-ignore lint/suspicious/noExplicitAny: objects that the types do not follow
type Any = any;

/** As compilers to old JavaScript write `class Sub extends Base`. */
function extend(sub: Any, base: Any): void {
  Object.setPrototypeOf(sub, base);
  function Link(this: Any): void {
    this.constructor = sub;
  }
  Link.prototype = base.prototype;
  sub.prototype = new (Link as Any)();
}

function derive(base: Any): Any {
  const Sub = function (this: Any): void {
    base.call(this, 7);
  } as Any;
  extend(Sub, base);
  Sub.prototype.ho = function (this: Any): string {
    return `ho ${this.n}`;
  };
  return Sub;
}

function Base(this: Any, n: number): void {
  this.n = n;
}
Base.make = (): string => "made";
Base.prototype.hi = function (this: Any): string {
  return `hi ${this.n}`;
};
const Outer = derive(Base);

export default async function main(log: (line: string) => void): Promise<void> {
  const Inner = derive(Base);
  const outer = new Outer();
  const inner = new Inner();
  class A {
    #x = 1;
    get x(): number {
      return this.#x;
    }
    set x(value: number) {
      this.#x = value;
    }
    a(): string {
      return "a";
    }
    *items(): Generator<number> {
      yield 1;
    }
    static constructor(): string {
      return "static";
    }
  }
  class B {
    static who(): string {
      return "B";
    }
    b(): string {
      return "b";
    }
  }
  class X extends A {}
  Object.setPrototypeOf(X.prototype, B.prototype);
  class Y extends A {}
  Object.setPrototypeOf(Y, B);
  class OverFunction extends (Base as Any) {}
  class OverSub extends Inner {}
  const bound = function () {}.bind(undefined) as Any;
  bound.prototype = { tag: "of bound" };
  class OverBound extends bound {}
  class OfNothing extends Object {}
  Object.setPrototypeOf(OfNothing, Number.parseInt);
  const tagged: Any[] = [
    function* () {},
    async () => {},
    () => {},
    A.prototype.a,
    A.prototype.items,
    { m() {} }.m,
    (() => {}).bind(null),
  ];
  tagged.forEach((each, index) => {
    Object.setPrototypeOf(each, { tag: index });
  });
  Object.assign(A.prototype.a, { own: "own" });
  Object.defineProperty(A.prototype, "items", { enumerable: true });
  const { set } = Object.getOwnPropertyDescriptor(A.prototype, "x")!;
  Object.defineProperty(A.prototype, "x", { get: () => "other", set });
  class Listed {
    tag = 1;
  }
  Object.defineProperty(Listed.prototype, "constructor", { enumerable: true });
  const attempts: (() => unknown)[] = [
    () => [outer.hi(), outer.ho(), Outer.make(), new Outer().hi(), outer instanceof Base],
    () => [inner.hi(), inner.ho(), Inner.make(), new Inner().ho(), inner.constructor === Inner],
    () => [Object.keys(Inner.prototype), Object.getPrototypeOf(Inner.prototype) === Base.prototype],
    () => [(new X() as Any).b(), (new X() as Any).a, X.prototype instanceof B],
    () => [(Y as Any).who(), new Y().constructor === Y, Y.prototype instanceof A],
    () => [(new OverFunction(3) as Any).hi(), (OverFunction as Any).make()],
    () => [(new OverSub() as Any).ho(), (OverSub as Any).make(), new OverSub() instanceof Inner],
    () => [(new OverBound() as Any).tag, Object.getPrototypeOf(OverBound) === bound],
    () => new OfNothing(),
    () => tagged.map(({ tag }) => tag),
    () => [Object.keys(A.prototype), (A.prototype.a as Any).own, new A().a(), new A().x, A.constructor()],
    () => Object.keys(Object.getPrototypeOf(new Listed())),
  ];
  for (const stop of ["before", "after", "again"]) {
    log(stop);
    for (const attempt of attempts) {
      try {
        log(JSON.stringify(attempt()));
      } catch (error) {
        log(String(error));
      }
    }
    await null;
  }
}
