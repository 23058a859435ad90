/** Random graphs of everything that can be saved, with cycles and sharing: whatever is made may be met again further down. */
import type { ModuleRecord } from "../../src/protocol/abi.ts";
import { abi } from "../../src/runtime/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: classes and functions of a program
type Any = any;

export class RandomGraph {
  #state: number;
  readonly #record: Record<string, Any>;
  readonly #made: object[] = [];
  readonly #symbols = [Symbol("own"), Symbol.for("registered"), Symbol.iterator];
  readonly #buffer = new ArrayBuffer(64);

  constructor(seed: number, record: ModuleRecord) {
    this.#state = Math.imul(seed + 1, 0x9e37_79b9) >>> 0;
    this.#record = record;
  }

  make(): object {
    const list: unknown[] = [];
    this.#made.push(list);
    for (let count = 3 + this.#below(12); count > 0; count--) list.push(this.#value(4));
    return list;
  }

  #below(limit: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x85eb_ca6b) + 0x6d2b_79f5) >>> 0;
    return Math.floor(((this.#state ^ (this.#state >>> 13)) >>> 0) % limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #primitive(): unknown {
    return this.#pick<unknown>([
      undefined,
      null,
      true,
      this.#below(300),
      -this.#below(2 ** 30),
      this.#below(1000) / 7,
      -0,
      Number.NaN,
      2 ** 40,
      `text ${this.#below(5)}`,
      "ä😀\ud800",
      "x".repeat(this.#below(200)),
      BigInt(this.#below(1000)) ** 9n,
      this.#pick(this.#symbols),
    ]);
  }

  #value(depth: number): unknown {
    if (depth === 0 || this.#below(3) === 0) return this.#primitive();
    if (this.#below(5) === 0) return this.#pick(this.#made);
    // What belongs to the module or the realm is met, but never frozen.
    if (this.#below(16) === 0)
      return this.#pick<object>([
        this.#record.Point,
        this.#record.adder,
        Math.max,
        Map.prototype,
        this.#buffer,
      ]);
    const object = this.#object(depth - 1);
    return this.#below(12) === 0 && !ArrayBuffer.isView(object) ? Object.freeze(object) : object;
  }

  #note<T extends object>(object: T): T {
    this.#made.push(object);
    return object;
  }

  #object(depth: number): object {
    switch (this.#below(21)) {
      case 0: {
        const map = this.#note(new Map<unknown, unknown>());
        for (let count = this.#below(4); count > 0; count--) map.set(this.#value(depth), this.#value(depth));
        return map;
      }
      case 1: {
        const set = this.#note(new Set<unknown>());
        for (let count = this.#below(4); count > 0; count--) set.add(this.#value(depth));
        return set;
      }
      case 2: {
        const list: unknown[] = this.#note([]);
        for (let count = this.#below(6); count > 0; count--) {
          if (this.#below(5) === 0) list.length++;
          else list.push(this.#value(depth));
        }
        return list;
      }
      case 3:
        return this.#note(
          Object.assign([], { [100 + this.#below(1e6)]: this.#value(depth), extra: this.#value(depth) }),
        );
      case 4:
        return this.#note(new Uint16Array(this.#buffer, this.#below(8) * 2, this.#below(20)));
      case 5:
        return this.#note(new DataView(this.#buffer, this.#below(8)));
      case 6:
        return this.#note(new Date(this.#below(1e9)));
      case 7:
        return this.#note(Object.assign(/a+/gu, { lastIndex: this.#below(3) }));
      case 8:
        return this.#error(depth);
      case 9:
        return this.#described(depth);
      case 10:
        return this.#fill(this.#note(Object.create(null) as object), depth);
      case 11:
        return this.#fill(this.#note(new this.#record.Point(this.#below(9)) as object), depth);
      case 12:
        return this.#fill(this.#note(new this.#record.Named(this.#below(9)) as object), depth);
      case 13: {
        const { add, get } = this.#record.adder(this.#below(9)) as { add: object; get: object };
        return this.#note({ add: this.#note(add), get, again: add });
      }
      case 14:
        return this.#note(new this.#record.Secret(this.#value(depth)) as object);
      case 15:
        return this.#bound(depth);
      case 16:
        return this.#many(depth);
      case 17:
        return this.#chain(depth);
      case 18:
        return this.#web(depth);
      default:
        return this.#fill(this.#note({}), depth);
    }
  }

  /** Its `this` may lead back to it. */
  #bound(depth: number): object {
    const self = this.#fill(this.#note({}), depth);
    const { add } = this.#record.adder(2) as { add: object };
    const bound = this.#note(abi.bind(add, self, this.#value(depth)) as object);
    (self as Record<string, unknown>)["bound"] = this.#below(2) === 0 ? bound : [Object.freeze([bound])];
    return bound;
  }

  /** Longer than what is looked at key by key, with whatever an array may have besides. */
  #many(depth: number): object {
    const list: unknown[] = this.#note([]);
    for (let count = 8 + this.#below(30); count > 0; count--) list.push(this.#primitive());
    if (this.#below(3) === 0) delete list[this.#below(list.length)];
    if (this.#below(3) === 0)
      Object.defineProperty(list, "hidden", { value: this.#value(depth), configurable: true });
    if (this.#below(4) === 0) Object.assign(list, { [this.#symbols[0]!]: this.#value(depth) });
    return list;
  }

  /** Wholes and parts of them, in either order where that can be. */
  #web(depth: number): object {
    switch (this.#below(5)) {
      case 0: {
        const url = new URL(`http://a.b/?p=${this.#below(9)}`);
        if (this.#below(2) === 0) this.#note(url.searchParams);
        return this.#below(2) === 0 ? this.#note(url.searchParams) : this.#note(url);
      }
      case 1:
        return this.#note(new Headers([["x-a", `${this.#below(9)}`]]));
      case 2: {
        const response = new Response(null, { status: 200 + this.#below(3), headers: { "x-b": "c" } });
        return [this.#note(response), response.headers];
      }
      case 3:
        return this.#note(new Intl.NumberFormat("de", { maximumFractionDigits: this.#below(5) }));
      default: {
        const target = this.#fill(this.#note({}), depth);
        const weak = this.#note(new WeakRef(target));
        (target as Record<string, unknown>)["weak"] = weak;
        return this.#below(2) === 0 ? weak : target;
      }
    }
  }

  /** Deeper than what is written in one piece. */
  #chain(depth: number): object {
    let inner: object = this.#note({ end: this.#value(depth) });
    for (let count = 50 + this.#below(100); count > 0; count--)
      inner = this.#below(4) === 0 ? [inner] : this.#below(4) === 0 ? new Map([[inner, count]]) : { inner };
    return this.#note(inner);
  }

  #fill(object: object, depth: number): object {
    for (let count = this.#below(5); count > 0; count--) {
      const key =
        this.#below(8) === 0 ? this.#pick(this.#symbols) : this.#pick(["a", "b", "c d", "7", "constructed"]);
      (object as Record<PropertyKey, unknown>)[key] = this.#value(depth);
    }
    return object;
  }

  #error(depth: number): object {
    const type = this.#pick<ErrorConstructor>([Error, TypeError, RangeError]);
    const error = this.#note(new type("broken"));
    error.cause = this.#value(depth);
    return error;
  }

  #described(depth: number): object {
    const object = this.#note({});
    for (const key of ["p", "q", this.#symbols[0]!]) {
      Object.defineProperty(object, key, {
        value: this.#value(depth),
        writable: this.#below(2) === 0,
        enumerable: this.#below(2) === 0,
        configurable: this.#below(2) === 0,
      });
    }
    if (this.#below(2) === 0) {
      const { get } = this.#record.adder(1) as { get: () => unknown };
      Object.defineProperty(object, "computed", { get, enumerable: true, configurable: true });
    }
    return this.#below(3) === 0 ? Object.preventExtensions(object) : object;
  }
}
