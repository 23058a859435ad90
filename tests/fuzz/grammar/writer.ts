/**
 * The writer of random programs: what its rules share. A rule writes one kind of statement, expression or promise, and asks the writer
 * for the parts. Rules are chosen by weights that each seed draws anew, many of them nought: so one program is full of what
 * another one has none of, and rare combinations meet.
 *
 * G1. Every program ends: each loop and each function that might recurse counts its steps, and the steps are bounded.
 * G2. No program shows what an engine words as it likes (texts of its own errors, stacks) or what a clock says.
 * G3. The same seed writes the same program, everywhere.
 */
import { type Random, seededRandom } from "../../../src/base/random.ts";

/** What may stand at the place that is being written. */
export interface Place {
  readonly depth: number;
  /** Labels of the loops around. */
  readonly loops: readonly string[];
  /** Labels of the blocks around. */
  readonly blocks: readonly string[];
  readonly inSwitch: boolean;
  /** `await` */
  readonly waits: boolean;
  readonly yields: boolean;
  /** `arguments` and a `this` of its own: inside a function that is no arrow. */
  readonly ownThis: boolean;
}

export interface Rule {
  readonly name: string;
  /** Only where `await` may stand. */
  readonly waits?: true;
  /** Only in generators. */
  readonly yields?: true;
  /** Makes more than one fiber. */
  readonly concurrent?: true;
  /** Only in programs with a storage that follows asynchronous calls. */
  readonly stores?: true;
  /** Only where a module of the program imports such a thing from another one. */
  readonly imports?: Imported["kind"];
  /** More likely than others. */
  readonly often?: true;
  write(writer: Writer, place: Place): string;
}

/** What another module exports, as it is written in the module that is being written. */
export interface Imported {
  readonly kind:
    | "value"
    | "setter"
    | "later"
    | "async"
    | "sync"
    | "generator"
    | "asyncGenerator"
    | "class"
    | "namespace"
    | "lazy";
  readonly text: string;
  /** The variable that a setter sets, or one that a namespace has. */
  readonly value: string;
}

/** The place of the statements of a program. */
export const outermost: Place = {
  depth: 0,
  loops: [],
  blocks: [],
  inSwitch: false,
  waits: true,
  yields: false,
  ownThis: false,
};

export interface Rules {
  readonly expressions: readonly Rule[];
  readonly statements: readonly Rule[];
  readonly promises: readonly Rule[];
}

/** How deep statements are nested, and expressions. */
const statementDepthMax = 5;
const expressionDepthMax = 3;
/** Statements within one of the outermost; then only simple ones follow. */
const roomMax = 16;

export class Writer {
  readonly concurrent: boolean;
  readonly #stores: boolean;
  readonly #random: Random;
  readonly #rules: Rules;
  readonly #weights = new Map<Rule, number>();
  #names = 0;
  #room = roomMax;
  #expressionDepth = 0;
  /** Variables in scope that may be read and written. */
  values: readonly string[] = ["a", "b", "c"];
  /** Variables in scope that hold promises. */
  promises: readonly string[] = [];
  imported: readonly Imported[] = [];

  constructor(seed: number, rules: Rules, concurrent: boolean) {
    this.#random = seededRandom(seed);
    this.concurrent = concurrent;
    this.#rules = rules;
    this.#stores = concurrent && this.rarely(4);
    for (const rule of [...rules.expressions, ...rules.statements, ...rules.promises])
      this.#weights.set(rule, this.pick([0, 1, 1, 3]) * (rule.often === true ? 3 : 1));
  }

  // ---- chance -------------------------------------------------------------------------------------------------------

  /** From 0 to `below` - 1. */
  next(below: number): number {
    return Math.floor(this.#random() * below);
  }

  /** Once in `times`. */
  rarely(times: number): boolean {
    return this.next(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.next(items.length)]!;
  }

  fresh(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  #choose(rules: readonly Rule[], place: Place): Rule {
    const fit = rules.filter(
      (rule) =>
        (place.waits || rule.waits !== true) &&
        (place.yields || rule.yields !== true) &&
        (this.concurrent || rule.concurrent !== true) &&
        (this.#stores || rule.stores !== true) &&
        (rule.imports === undefined || this.imported.some(({ kind }) => kind === rule.imports)),
    );
    let at = this.next(fit.reduce((sum, rule) => sum + this.#weights.get(rule)!, 0) || 1);
    for (const rule of fit) {
      at -= this.#weights.get(rule)!;
      if (at < 0) return rule;
    }
    return fit[0]!;
  }

  // ---- scopes -------------------------------------------------------------------------------------------------------

  /** What `write` declares is gone behind it. */
  scoped<T>(write: () => T, ...values: readonly string[]): T {
    const outer = [this.values, this.promises] as const;
    this.values = [...this.values, ...values];
    try {
      return write();
    } finally {
      [this.values, this.promises] = outer;
    }
  }

  /** The place of the body of a function that is made at `place`. */
  body(place: Place, own: Partial<Pick<Place, "waits" | "yields" | "ownThis">>): Place {
    const none = { loops: [], blocks: [], inSwitch: false, waits: false, yields: false };
    return { ...place, ...none, ...own, depth: place.depth + 1 };
  }

  // ---- parts --------------------------------------------------------------------------------------------------------

  variable(): string {
    return this.pick(this.values);
  }

  /** An expression without a suspension, small. */
  simple(): string {
    return this.pick([
      () => this.variable(),
      () => this.variable(),
      () => String(this.next(5)),
      () => "o.x",
      () => `(${this.variable()} | 0)`,
    ])();
  }

  expression(place: Place): string {
    if (this.#expressionDepth >= expressionDepthMax) return this.simple();
    this.#expressionDepth += 1;
    try {
      return this.#choose(this.#rules.expressions, place).write(this, place);
    } finally {
      this.#expressionDepth -= 1;
    }
  }

  /** A number from 0 to 99: what is assigned stays small. */
  number(place: Place): string {
    return `n(${this.expression(place)})`;
  }

  /** An expression for a promise. Where there is to be one fiber, that of a call. */
  promise(place: Place): string {
    if (this.#expressionDepth >= expressionDepthMax || !this.concurrent) return `w(${this.simple()})`;
    this.#expressionDepth += 1;
    try {
      return this.#choose(this.#rules.promises, place).write(this, place);
    } finally {
      this.#expressionDepth -= 1;
    }
  }

  statement(place: Place): string {
    return this.scoped(() => this.#line(place));
  }

  #line(place: Place): string {
    this.#room -= 1;
    if (place.depth > statementDepthMax || this.#room < 0) return `log(${this.simple()});`;
    const depth = this.#expressionDepth;
    this.#expressionDepth = 0;
    try {
      return this.#choose(this.#rules.statements, place).write(this, place);
    } finally {
      this.#expressionDepth = depth;
    }
  }

  /** The statements of the whole program. */
  outermost(place: Place, most: number): string {
    return Array.from({ length: 3 + this.next(most) }, () => {
      this.#room = roomMax;
      return this.#line(place);
    }).join("\n");
  }

  /** Something that stands beside others in a module: with so many statements at most, where `own` variables and imports are in reach. */
  beside<T>(room: number, own: readonly string[], imported: readonly Imported[], write: () => T): T {
    const before = [this.values, this.promises, this.imported] as const;
    [this.values, this.promises, this.imported] = [own, [], imported];
    this.#room = room;
    try {
      return write();
    } finally {
      [this.values, this.promises, this.imported] = before;
    }
  }

  /** Statements without braces. */
  statements(place: Place, most: number): string {
    return Array.from({ length: 1 + this.next(most) }, () => this.#line(place)).join("\n");
  }

  block(place: Place, ...values: readonly string[]): string {
    return this.scoped(() => `{ ${this.statements({ ...place, depth: place.depth + 1 }, 3)} }`, ...values);
  }

  /** A block that counts a step first: the body of a loop. */
  loopBody(place: Place, label: string, ...values: readonly string[]): string {
    const inner = { ...place, loops: [...place.loops, label], inSwitch: false };
    return this.block(inner, ...values).replace("{", "{ step();");
  }

  /** The body of a function that nobody catches errors of. */
  safeBody(place: Place, own: Partial<Pick<Place, "waits" | "yields">>): string {
    const block = this.block(this.body(place, own));
    return this.rarely(12) ? block : `{ try ${block} catch (e) { log("caught", err(e)); } }`;
  }
}
