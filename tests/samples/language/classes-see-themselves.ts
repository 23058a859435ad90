type Log = (line: string) => void;

const tried = (log: Log, what: string, action: () => unknown): void => {
  try {
    log(`${what}: ${String(action())}`);
  } catch (error) {
    log(`${what}: ${(error as Error).constructor.name}`);
  }
};

/** The inner name of a class is there in its heritage, but not yet a class. */
function heritage(log: Log): void {
  let inner: (() => unknown) | undefined;
  const Outer = "outside";
  const made = class Outer extends (((inner = () => Outer), tried(log, "within the heritage", inner), Object) as ObjectConstructor) {
    self(): unknown {
      return Outer;
    }
  };
  log(String(Outer));
  log(String(inner!() === made && new made().self() === made));
  tried(log, "assigned in the heritage", () => class A extends ((A = null as never), Object) {});
}

async function waiting(log: Log): Promise<void> {
  let inner: (() => unknown) | undefined;
  const made = class Waiting extends (((inner = () => Waiting), await Promise.resolve(Array)) as ArrayConstructor) {
    [await Promise.resolve("key")](): unknown {
      return Waiting;
    }
  };
  await null;
  log(String(inner!() === made && (new made() as unknown as { key(): unknown }).key() === made));
}

/** Private names are there in computed keys, but nothing has them yet. */
async function keys(log: Log): Promise<void> {
  let read: ((object: object) => unknown) | undefined;
  let isOne: ((object: object) => boolean) | undefined;
  class Keyed {
    #field = "field";
    get #accessor(): string {
      return "accessor";
    }
    #method(): string {
      return "method";
    }
    [(tried(log, "field", () => (log as unknown as Keyed).#field), "a")] = 1;
    [(tried(log, "accessor", () => (log as unknown as Keyed).#accessor), "b")] = 2;
    [(tried(log, "method", () => (log as unknown as Keyed).#method()), "c")] = 3;
    [(log(`direct: ${#field in log}`), "d")] = 4;
    [((read = (object) => (object as Keyed).#field + (object as Keyed).#accessor + (object as Keyed).#method()), "e")] = 5;
    [((isOne = (object) => #method in object), await Promise.resolve("f"))] = 6;
  }
  const one = new Keyed();
  await null;
  log(String(read!(one)));
  log(`${isOne!(one)} ${isOne!({})}`);
  log(JSON.stringify(one));
}

/** In the initialiser of a field, and several times over one environment. */
class Holder {
  made = class Inner extends (Object.assign(class {}, { probe: () => Inner }) as { new (): object; probe(): unknown }) {};
}

function constants(log: Log): void {
  const early = (): void => {
    // @ts-expect-error: assigned before it is there, which comes first
    constant = 1;
  };
  tried(log, "a constant in its dead zone", early);
  const constant = 0;
  tried(log, "a constant", early);
  log(String(constant));
}

export default async function main(log: Log): Promise<void> {
  heritage(log);
  await waiting(log);
  await keys(log);
  const [one, two] = [new Holder(), new Holder()];
  await null;
  log(String(one.made.probe() === one.made && two.made.probe() === two.made && one.made !== two.made));
  constants(log);
}
