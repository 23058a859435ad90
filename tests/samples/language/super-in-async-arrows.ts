// `super()` called by an async arrow function: while the constructor runs, and when it has been left.
type Log = (...values: unknown[]) => void;

class Base {
  made: unknown[];
  constructor(...made: unknown[]) {
    this.made = made;
  }
}

class AtOnce extends Base {
  field = "field";
  constructor(log: Log) {
    const make = async (x: number) => {
      super(x, new.target.name);
      log("in the arrow", this.made, this.field);
      await null;
      log("behind the await", this.made);
      return this;
    };
    const made = make(1);
    log("in the constructor", this.made);
    made.then((self) => log("the same", self === this));
  }
}

class Nested extends Base {
  same: Promise<boolean>;
  constructor(log: Log) {
    const outer = async () => {
      const inner = async () => (() => super("nested"))();
      return (await inner()) === this;
    };
    this.same = outer();
    log(this.made);
  }
}

class Twice extends Base {
  constructor(log: Log) {
    const again = async () => {
      try {
        super("again");
      } catch (error) {
        log((error as Error).name, (error as Error).message);
      }
    };
    super("first");
    again();
    log(this.made);
  }
}

let late: Promise<unknown> = Promise.resolve();
class Late extends Base {
  constructor() {
    const make = async (x: unknown) => {
      try {
        log("before", this);
      } catch (error) {
        log((error as Error).name);
      }
      super(x);
      return this.made;
    };
    // biome-ignore lint/correctness/noUnreachableSuper: it is what is tried
    late = make("late");
    super("in time");
  }
}
let log: Log;

export default async function main(given: Log) {
  log = given;
  const one = new AtOnce(log);
  await null;
  await null;
  log(one.made, one instanceof Base);
  log(await new Nested(log).same);
  new Twice(log);
  try {
    new Late();
  } catch (error) {
    log((error as Error).name);
  }
  try {
    log(await late);
  } catch (error) {
    log((error as Error).name);
  }
}
