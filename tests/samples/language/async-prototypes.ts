/** An async function is an AsyncFunction wherever it is made, seen as a value, and after it has been saved. */
const AsyncFunction = Object.getPrototypeOf(async () => {});

function tell(fn: unknown): string {
  const value = fn as Record<PropertyKey, unknown>;
  const parts = [Object.prototype.toString.call(fn), String(value[Symbol.toStringTag]), String(value["name"])];
  return [...parts, Object.getPrototypeOf(fn) === AsyncFunction, fn instanceof AsyncFunction.constructor].join(" ");
}

async function apply(fn: (x: number) => Promise<number>, log: (line: string) => void): Promise<number> {
  log(tell(fn));
  await null;
  log(tell(fn));
  return fn(1);
}

const calledByIndex = (list: ((x: number) => unknown)[]): string => list.map(tell).join("; ");

export default async function main(log: (line: string) => void): Promise<void> {
  const step = 10;
  async function declared(x: number): Promise<number> {
    await null;
    return x + step;
  }
  async function onlyCalled(x: number): Promise<number> {
    return x === 0 ? 0 : onlyCalled(x - 1);
  }
  const once = async (x: number): Promise<number> => x * step;
  const named = async function self(x: number): Promise<string> {
    await null;
    return x === 0 ? tell(self) : self(x - 1);
  };
  const object = { async method() {}, arrow: async () => {}, async *generator() {}, plain() {} };
  class Local {
    field = async () => step;
    async method() {}
    static async fixed() {}
  }
  log(String(await apply(declared, log)));
  log(String(await apply(async (x) => x * step, log)));
  log(String((await onlyCalled(3)) + (await once(2)) + (await (async () => step)())));
  log(await named(2));
  await null;
  for (const fn of Object.values(object)) log(tell(fn));
  const local = new Local();
  for (const fn of [local.field, local.method, Local.fixed]) log(tell(fn));
  log(calledByIndex([async (x) => x, (x) => x]));
  let late: unknown = async () => step;
  await null;
  log(tell(late));
  late = [1, 2].map((x) => async () => x + step);
  await null;
  log((late as unknown[]).map(tell).join("; "));
}
