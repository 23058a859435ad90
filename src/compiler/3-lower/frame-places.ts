/**
 * Which slot of a frame a variable lies in. Slot 0 is the environment; where it can be, a variable has the same slot at every label, and
 * variables that are not live together share one. Then one pattern restores a frame of any label.
 *
 * P1. The slots of a frame are dense: as many as there are live variables.
 * P2. A label for which that cannot be had (`others`) has an order of its own.
 */
import { type Ir, ownPoll, parts } from "./ir.ts";

export interface Places {
  /** Variables and the slots that they have at every label where they are live, by slot. */
  readonly common: readonly (readonly [name: string, slot: number])[];
  /** Labels that go their own way, with the variables of their slots from 1 on. */
  readonly others: ReadonlyMap<number, readonly string[]>;
}

interface Point {
  readonly label: number;
  slots: readonly string[];
}

/** Puts the slots of every suspension in order. */
export function arrange(list: readonly Ir[]): Places {
  const points: Point[] = [];
  collect(list, points);
  const slotOf = new Map<string, number>();
  const others = new Map<number, readonly string[]>();
  // Where least is live there is least choice.
  for (const point of points.toSorted((one, other) => one.slots.length - other.slots.length)) {
    const placed = place(point.slots, slotOf);
    if (placed === null) others.set(point.label, point.slots);
    else point.slots = placed;
  }
  return { common: [...slotOf].toSorted((one, other) => one[1] - other[1]), others };
}

/** The variables in the order of their slots; null if they cannot have those that they have elsewhere. */
function place(names: readonly string[], slotOf: Map<string, number>): string[] | null {
  const placed: string[] = [];
  const free: string[] = [];
  for (const name of names) {
    const slot = slotOf.get(name);
    if (slot === undefined) free.push(name);
    else if (slot > names.length || placed[slot - 1] !== undefined) return null;
    else placed[slot - 1] = name;
  }
  for (let slot = 1; free.length > 0; slot += 1) {
    if (placed[slot - 1] !== undefined) continue;
    const name = free.shift()!;
    slotOf.set(name, slot);
    placed[slot - 1] = name;
  }
  return placed;
}

function collect(list: readonly Ir[], points: Point[]): void {
  for (const item of list) {
    if (item.kind === "plain") continue;
    if (item.kind === "suspend" || item.kind === "poll") {
      points.push(item);
      continue;
    }
    const own = ownPoll(item);
    if (own !== undefined) points.push(own);
    for (const part of parts(item)) collect(part, points);
  }
}
