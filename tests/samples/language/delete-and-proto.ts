type Log = (line: string) => void;

class Base {
  gone = 1;
}

const key = (log: Log): string => {
  log("the key is evaluated");
  return "gone";
};

class Derived extends Base {
  async remove(log: Log): Promise<void> {
    try {
      // @ts-expect-error: a place of `super` cannot be deleted, which is an error when it is tried
      delete super[key(log)];
    } catch (error) {
      log(String(error));
    }
    try {
      // @ts-expect-error
      delete super[await Promise.resolve({ toString: () => log("not a property key yet") as unknown as string })];
    } catch (error) {
      log(String(error));
    }
  }
}

async function chains(log: Log): Promise<void> {
  const box: { a?: { b?: number } } = { a: { b: 1 } };
  log(String(delete (await Promise.resolve(box)).a?.b));
  log(JSON.stringify(box));
  log(String(delete (await Promise.resolve(box.a))?.b));
  const none: { b?: number } | undefined = await Promise.resolve(undefined);
  log(String(delete (none as { b?: number } | undefined)?.[(await Promise.resolve("b")) as "b"]));
  // @ts-expect-error
  log(String(delete (await Promise.resolve(1))));
  delete (await Promise.resolve(box))?.a;
  log(JSON.stringify(box));
}

/** `__proto__` as a method, a shorthand or an accessor is a property like any other. */
async function protos(log: Log): Promise<void> {
  const __proto__ = { inherited: true };
  const show = (object: object): void =>
    log(`${Reflect.ownKeys(object).map(String).join()} ${Object.getPrototypeOf(object) === __proto__}`);
  show({ __proto__, waits: await Promise.resolve(1) });
  show({ waits: await Promise.resolve(1), __proto__ });
  show({ __proto__: __proto__, waits: await Promise.resolve(1) });
  show({ __proto__: __proto__, async __proto__() {} });
  show({ async __proto__() {}, get other() { return () => log; }, ["__proto__"]: 1 });
  const both = { other: () => log, get __proto__() { return 1; }, set __proto__(_value) {} };
  show(both);
  log(String(typeof Object.getOwnPropertyDescriptor(both, "__proto__")?.set));
  show({ ["__proto__"]: () => log, __proto__ });
}

/** One private static accessor for each class that a factory makes. */
function factory(value: number): { read(): number; has(object: object): boolean } {
  return class {
    static get #value(): number {
      return value;
    }
    static read(): number {
      return this.#value;
    }
    static has(object: object): boolean {
      return #value in object;
    }
  };
}

/** What is no property is not deleted, whatever it is kept in. */
class WholeObjects {
  async remove(log: Log): Promise<void> {
    const kept = (): unknown => [delete (this as { x?: 1 }).x, delete (this as never), typeof this];
    await null;
    log(String([delete (this as never), typeof this, kept(), delete (import.meta as never), typeof import.meta]));
    function made(this: unknown): unknown {
      const inner = (): unknown => delete (new.target as never);
      return { told: [inner(), inner(), new.target === made] };
    }
    log(String((new (made as never)() as { told: unknown }).told), String(delete (await this.self() as never)));
  }
  async self(): Promise<this> {
    return this;
  }
}

const makeHere = () =>
  class {
    static get #value(): number {
      return 1;
    }
    static read(): number {
      return this.#value;
    }
  };

export default async function main(log: Log): Promise<void> {
  await new Derived().remove(log);
  await chains(log);
  await protos(log);
  await new WholeObjects().remove(log);
  const [one, two] = [factory(1), factory(2)];
  await null;
  log(`${one.read()} ${two.read()} ${one.has(one)} ${one.has(two)}`);
  const [first, second] = [makeHere(), makeHere()];
  log(String(first.read() + second.read()));
}
