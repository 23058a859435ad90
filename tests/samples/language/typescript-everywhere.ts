/** What TypeScript adds, with suspensions in and around it. */
type Log = (...values: unknown[]) => void;

const later = async <T>(value: T): Promise<T> => {
  await null;
  return value;
};

let counted = 0;
const count = (): number => ++counted;

enum Level {
  Low = 1,
  High = Low << 3,
  Text = "text".length,
  Computed = count(),
  Named = "named",
}
const enum Fixed {
  A = 5,
  B,
  C = A | B,
}
declare enum Ambient {
  X = 1,
}
declare const ambient: number;
declare module "nowhere" {}
enum Level {
  More = 99,
}

namespace Shapes {
  export let made = 0;
  export class Square {
    constructor(
      readonly side: number,
      protected unit = "cm",
      private readonly made = ++Shapes.made,
    ) {}
    async area(): Promise<string> {
      return `${(await later(this.side)) ** 2} ${this.unit}² #${this.made}`;
    }
  }
  export namespace Inner {
    export const depth = 2;
    export async function deep(): Promise<number> {
      return (await later(depth)) + made;
    }
  }
  export const { a, b: [second] } = { a: 1, b: [2] };
}
namespace Shapes {
  export const more = (): number => Shapes.made + Shapes.a;
}
namespace Types {
  export type Only = string;
}

function over(x: string): string;
function over(x: number): number;
async function waits(x: string): Promise<string>;
async function waits(x: number): Promise<number>;
async function waits(x: unknown): Promise<unknown> {
  return later(x);
}
function over(x: unknown): unknown {
  return x;
}
namespace over {
  export const note = "on a function";
}

abstract class Base<T extends object = {}> {
  declare kind: string;
  abstract name: string;
  optional?: number;
  definite!: number;
  readonly made = later("made");
  static override = 1;
  accessor level = Level.Low;
  [index: string]: unknown;
  constructor(public readonly options: T) {}
  abstract run(this: Base<T>, by?: number): Promise<unknown>;
  protected async helper<K extends keyof T>(key: K): Promise<T[K]> {
    return await later(this.options[key]!);
  }
}

class Own extends Base<{ by: number }> {
  name = "own";
  override level = Level.High;
  constructor(
    public extra: string,
    { by = 3 }: { by?: number } = {},
  ) {
    super({ by } as const satisfies { by: number });
    this.optional = by;
  }
  override async run(this: Own, by: number = Fixed.C): Promise<unknown> {
    const helped = await this.helper("by");
    return [helped * by, await this.made, this["extra" as keyof this], this.level satisfies Level, (<const>["x"])[0], this.name!];
  }
}

type Mapped = { readonly [K in "a" | "b"]?: K };
interface Merged {
  one: number;
}
interface Merged {
  two?: string;
}

export default async function main(log: Log): Promise<unknown> {
  log(Level.Low, Level.High, Level.Text, Level.Computed, Level[8], Level.Named, Level.More, Level["Named" as "Named"]);
  log(Fixed.A, Fixed.B, Fixed.C);
  const square = new Shapes.Square(await later(3));
  const other = new Shapes.Square(2, await later("m"));
  await null;
  log(await square.area(), await other.area(), Shapes.made, await Shapes.Inner.deep(), Shapes.second, Shapes.more());
  Shapes.made = await later(10);
  log(await Shapes.Inner.deep(), Shapes.Inner.depth);
  log(over(1), over("x"), over.note, await waits("w"), await waits(2));
  const own = new Own("extra", await later({ by: 4 }));
  log(Object.keys(own), "kind" in own, "definite" in own, own.optional);
  await null;
  log(await own.run(), await own.run(await later(2)), own instanceof Base);
  const text = (await later<unknown>("as")) as string as unknown as number;
  const merged = { one: 1, two: (await later("two"))! } satisfies Merged;
  const mapped: Mapped = { a: "a" };
  log(text, merged.two.length, mapped.b?.length ?? "none", (await later(merged))!.one!.toFixed!(1));
  let assigned!: string;
  const set = async (): Promise<void> => {
    (assigned as unknown) = await later("assigned");
    (merged.one as number) += await later(1);
    [(assigned as any)] = [assigned + "!"];
  };
  await set();
  log(assigned, merged.one);
  const generic = async <const T extends readonly unknown[]>(...list: T): Promise<T["length"]> => (await later(list)).length;
  log(await generic(1, 2, 3), await generic<[]>());
  using resource = { [Symbol.dispose]: () => log("disposed"), name: "using" };
  log(resource.name);
  for (using each of [{ [Symbol.dispose]: () => log("each disposed") }]) log(typeof each, await later("in"));
  const assertIs: (value: unknown) => asserts value is string = (value) => {
    if (typeof value !== "string") throw new TypeError("no string");
  };
  try {
    assertIs(await later(1));
  } catch (error: unknown) {
    log((error as TypeError).message);
  }
  label: for (const level of [Level.Low, Level.High] as const) {
    switch (level) {
      case Level.Low:
        await null;
        continue label;
      default:
        log(Level[level]);
    }
  }
  return counted;
}
