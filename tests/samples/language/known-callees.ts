// Callees that the compiler knows: declared once, called by their body, over the environment that they were made over.
type Log = (...values: unknown[]) => void;

async function plus(a: number, b?: number, c?: number) {
  return [a, b, c].map(String).join();
}

const twice = async (x: number) => x * 2;
const named = async function inner(x: number): Promise<number> {
  return x < 1 ? 0 : 1 + (await inner(x - 1));
};
let moving = async (x: number) => x + 1;

async function even(n: number): Promise<boolean> {
  return n === 0 ? true : await odd(n - 1);
}
async function odd(n: number): Promise<boolean> {
  return n === 0 ? false : await even(n - 1);
}

async function counted(this: unknown, ...all: number[]) {
  return `${this === undefined} ${all.length}`;
}
async function defaulted(a = 5, { b } = { b: 6 }) {
  return a + b;
}
async function measured() {
  // biome-ignore lint/complexity/noArguments: it is what is tried
  return arguments.length;
}
async function self(this: unknown) {
  return this === undefined;
}

async function fails(text: string): Promise<never> {
  throw new Error(text);
}
async function failsLater(text: string): Promise<never> {
  await null;
  throw new Error(text);
}
async function thenable(log: Log) {
  return {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tried
    then(resolve: (value: string) => void) {
      log("then");
      resolve("from then");
    },
  };
}
async function promised() {
  return Promise.resolve("from a promise");
}

async function environments(log: Log) {
  const all: (() => Promise<string>)[] = [];
  for (let i = 0; i < 3; i++) {
    async function here(x: string) {
      i += 10;
      return `${x}${i}`;
    }
    const arrow = async (x: string) => `${x}${i}`;
    all.push(async () => `${await here("a")} ${await arrow("b")}`);
    log(await arrow("now"), await here("now"));
    i -= 10;
  }
  for (const each of all) log(await each());
  {
    const depth = 1;
    async function outer(n: number): Promise<number> {
      const more = n;
      async function within(m: number): Promise<number> {
        return m === 0 ? depth + more : await outer(m - 1);
      }
      return await within(n);
    }
    log(await outer(4));
  }
}

async function shadowed(log: Log, twice: (x: number) => Promise<string>) {
  log(await twice(3));
  {
    const plus = async (x: number) => `inner ${x}`;
    log(await plus(1));
  }
}

export default async function main(log: Log) {
  log(await plus(1), await plus(1, 2), await plus(1, 2, 3));
  // @ts-expect-error: more than it takes
  log(await plus(1, 2, 3, 4), await twice(4), await named(3), await moving(1));
  moving = async (x) => x - 1;
  log(await moving(1), await even(10), await odd(10));
  log(await counted(), await counted(1, 2), await defaulted(), await defaulted(1), await defaulted(undefined, { b: 1 }));
  // @ts-expect-error: more than it takes
  log(await measured(), await measured(1, 2), await self());
  log(await plus(...([1, 2] as [number, number])));
  log(await plus(await twice(1), await twice(2)));
  await environments(log);
  await shadowed(log, async (x) => `given ${x}`);
  log(await thenable(log), await promised());
  for (const each of [fails, failsLater]) {
    try {
      await (each === fails ? fails("at once") : failsLater("later"));
    } catch (error) {
      log((error as Error).message);
    }
  }
  try {
    await later(1);
  } catch (error) {
    log((error as Error).name);
  }
  const later = async (x: number) => x;
  log(await later(2));
}
