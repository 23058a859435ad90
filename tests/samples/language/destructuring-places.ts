type Log = (line: string) => void;

/** An iterable that tells what is asked of it. */
function told(log: Log, values: readonly unknown[], onReturn: () => unknown = () => ({})): Iterable<unknown> {
  return {
    [Symbol.iterator]() {
      let at = 0;
      return {
        next() {
          log(`next ${at}`);
          return at < values.length ? { done: false, value: values[at++] } : { done: true, value: undefined };
        },
        return() {
          log("return");
          return onReturn() as IteratorReturnResult<unknown>;
        },
      };
    },
  };
}

function place(log: Log, name: string): Record<string, unknown> {
  log(`place ${name}`);
  return {
    set value(given: unknown) {
      log(`${name} = ${String(given)}`);
    },
  };
}

/** The place that is assigned to is evaluated before the value is taken, also where the default waits. */
async function lists(log: Log): Promise<void> {
  [place(log, "a").value = await Promise.resolve("default"), place(log, "b").value] = told(log, [undefined, 2, 3]) as [
    unknown,
    unknown,
  ];
  [place(log, "c")[await key(log, "value")], ...place(log, "rest")[await key(log, "value")] as unknown[]] = told(log, [1, 2, 3]) as unknown[];
}

async function key(log: Log, name: string): Promise<string> {
  log(`key ${name}`);
  return name;
}

async function objects(log: Log): Promise<void> {
  const source = {
    get x() {
      log("get x");
      return undefined;
    },
    y: 1,
    z: 2,
  };
  ({ [await key(log, "x")]: place(log, "x").value = await Promise.resolve("default"), ...place(log, "others").value as object } = source);
}

/** A generator that is left in the middle of a pattern closes the iterator, whatever that answers. */
function left(log: Log): void {
  const endings: [string, () => unknown][] = [
    ["object", () => ({})],
    ["null", () => null],
    ["throws", () => { throw new Error("from return"); }],
  ];
  for (const [name, onReturn] of endings) {
    for (const how of ["return", "throw"] as const) {
      for (const rest of [false, true]) {
        function* pattern(): Generator<undefined, string, string> {
          if (rest) [...({} as Record<string, unknown[]>)[yield]!] = told(log, [1, 2], onReturn) as unknown[];
          else [({} as Record<string, unknown>)[yield], , place(log, "z").value] = told(log, [1, 2], onReturn) as unknown[];
          return "unreachable";
        }
        const generator = pattern();
        generator.next();
        try {
          const result = how === "return" ? generator.return("left") : generator.throw(new Error("thrown in"));
          log(`${name} ${how} ${rest}: ${JSON.stringify(result)}`);
        } catch (error) {
          log(`${name} ${how} ${rest}: ${(error as Error).name}: ${(error as Error).message.startsWith("from") || (error as Error).message === "thrown in" ? (error as Error).message : "by the engine"}`);
        }
      }
    }
  }
}

export default async function main(log: Log): Promise<void> {
  await lists(log);
  await objects(log);
  left(log);
}
