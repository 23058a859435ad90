/** Proxies that are held across suspensions keep their traps, their target and their identity. */
type Log = (...values: unknown[]) => void;

export default async function main(log: Log): Promise<unknown> {
  const seen: string[] = [];
  const target: Record<string, unknown> = { a: 1 };
  const proxy = new Proxy(target, {
    get(object, key, receiver) {
      seen.push(String(key));
      return key === "self" ? receiver : (Reflect.get(object, key) ?? "none");
    },
    has: (_object, key) => key !== "hidden",
  });
  target["proxy"] = proxy;
  const table = new Map<unknown, string>([[proxy, "key"]]);
  await null;
  log(proxy["a"], proxy["b"], proxy["self"] === proxy, "x" in proxy, "hidden" in proxy, table.get(proxy));
  proxy["c"] = 3;
  await null;
  log(target["c"], target["proxy"] === proxy, seen.length);

  const calls: unknown[][] = [];
  const callable = new Proxy(async (n: number) => n + 1, {
    apply: (fn, self, args) => {
      calls.push(args);
      return Reflect.apply(fn, self, args);
    },
  });
  class Point {
    x = 1;
    get twice(): number {
      return this.x * 2;
    }
  }
  const Wrapped = new Proxy(Point, { construct: (type, args) => Object.assign(Reflect.construct(type, args), { x: 5 }) });
  const wrapped = new Wrapped();
  const around = new Proxy(wrapped, {});
  const nested = new Proxy(around, { set: () => true });
  await null;
  log(await callable(1), calls, new Wrapped().twice, around.twice, nested instanceof Point, typeof callable);
  nested.x = 9;
  around.x = 7;
  await null;
  log(wrapped.x, nested.x);

  const ended = { revoked: (({ proxy: one, revoke }) => (revoke(), one))(Proxy.revocable({ y: 1 }, {})) };
  const list = new Proxy([1, 2, 3], {});
  const frozen = Object.freeze({ list });
  await null;
  try {
    log(ended.revoked.y);
  } catch (error) {
    log((error as Error).constructor.name);
  }
  log(Array.isArray(list), frozen.list.map((n) => n * 2), Object.isFrozen(frozen), Proxy.name, Proxy.length, "prototype" in Proxy);
  try {
    // @ts-expect-error: it has to be constructed
    Proxy({}, {});
  } catch (error) {
    log((error as Error).message);
  }

  // What inherits from a proxy is looked at without its traps.
  const asked: string[] = [];
  const trap = (name: string) => (): never => {
    throw new Error(name);
  };
  const strict = new Proxy(
    { base: 1 },
    {
      get: (target, key) => (asked.push(String(key)), Reflect.get(target, key)),
      getPrototypeOf: trap("getPrototypeOf"),
      getOwnPropertyDescriptor: trap("getOwnPropertyDescriptor"),
      has: trap("has"),
      ownKeys: trap("ownKeys"),
    },
  );
  const heir = Object.assign(Object.create(strict) as Record<string, number>, { own: 2 });
  const map = Object.setPrototypeOf(new Map([[1, 2]]), new Proxy(Map.prototype, {})) as Map<number, number>;
  await null;
  log(heir.own, heir.base, asked.join(), Object.keys(heir).join(), Map.prototype.get.call(map, 1));
  return null;
}
