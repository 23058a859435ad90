/**
 * What can be made only when other values are there: bound functions, instances of registered classes, constants of modules
 * that are made again. A {@link Later} stands in their place until then, and whoever holds one is mended afterwards.
 *
 * N1. What one needs of others is made before it; only in a cycle does one find `undefined` in the place of another.
 * N2. What runs code of the program comes last of all, when everything else is in place: constants, then instances of its registered classes.
 */

/** Whose code runs to make it: nobody's but ours; the initialiser of a constant; `load` of a registered class. */
export type Stage = "ours" | "constants" | "instances";
const programStages = ["constants", "instances"] as const;

/** Stands for an object that cannot exist yet. No program sees one. */
export class Later {
  made: object | undefined;
  begun = false;
  /** Others that it leads to, and holders inside it: from and to, in the lists of {@link Laters}. */
  met: readonly [number, number] = [0, 0];
  mends: readonly [number, number] = [0, 0];
  /** Its contents. */
  fields: readonly unknown[] = [];
  readonly make: (fields: readonly unknown[]) => object;
  readonly stage: Stage;

  constructor(make: (fields: readonly unknown[]) => object, stage: Stage = "ours") {
    this.make = make;
    this.stage = stage;
  }
}

export function resolved(value: unknown): unknown {
  return value instanceof Later ? value.made : value;
}

/** Most snapshots have none of all this, and are small: so the lists are made when there is something to be put in. */
const none: readonly never[] = [];

function added<T>(list: readonly T[], item: T): readonly T[] {
  if (list === none) return [item];
  (list as T[]).push(item);
  return list;
}

export class Laters {
  #all: readonly Later[] = none;
  /** Each time that one was handed out. */
  #met: readonly Later[] = none;
  #mends: readonly (() => void)[] = none;
  #refills: readonly (() => void)[] = none;
  #postponed: readonly (() => void)[] = none;

  add(later: Later): Later {
    this.#all = added(this.#all, later);
    return later;
  }

  /** Grows whenever one is handed out: to be compared with a later answer. */
  get mark(): number {
    return this.#met.length;
  }

  get mendMark(): number {
    return this.#mends.length;
  }

  note(later: Later): void {
    this.#met = added(this.#met, later);
  }

  /** `mend` puts what has been made into its place; it may be called more than once. */
  mendWith(mend: () => void): void {
    this.#mends = added(this.#mends, mend);
  }

  /** `refill` reads what may have been mended; it may be called more than once. */
  refillWith(refill: () => void): void {
    this.#refills = added(this.#refills, refill);
  }

  /** Mends the properties of an object that hold one. */
  mendProperties(object: Record<PropertyKey, unknown>, keys: readonly PropertyKey[]): void {
    const held = keys.flatMap((key) => {
      const value = object[key];
      return value instanceof Later ? [{ key, value }] : [];
    });
    if (held.length === 0) return;
    this.mendWith(() => {
      for (const { key, value } of held) object[key] = value.made;
    });
  }

  /** What can be done to an object only once: when it is complete. */
  postpone(action: () => void): void {
    this.#postponed = added(this.#postponed, action);
  }

  /** Makes all. `settle` is called before code of the program runs. */
  resolve(settle: () => void): void {
    this.#makeAll("ours");
    settle();
    if (this.#all.length === 0) return;
    for (const stage of programStages)
      if (this.#all.some((later) => later.stage === stage)) this.#makeAll(stage);
    for (const action of this.#postponed) action();
  }

  #makeAll(stage: Stage): void {
    for (const later of this.#all) if (later.stage === stage) this.#make(later);
    for (const mend of this.#mends) mend();
    for (const refill of this.#refills) refill();
  }

  #make(later: Later): void {
    if (later.begun) return;
    later.begun = true;
    for (let at = later.met[0]; at < later.met[1]; at++) this.#make(this.#met[at]!);
    for (let at = later.mends[0]; at < later.mends[1]; at++) this.#mends[at]!();
    later.made = later.make(later.fields.map(resolved));
  }
}
