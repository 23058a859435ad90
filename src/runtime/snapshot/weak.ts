/**
 * WeakMap and WeakSet. Nobody can list what they hold, but one can ask them: of each object that a snapshot has met, whether it is a key. What they hold for
 * others nobody can ask for any more, since nothing leads to those.
 *
 * W1. Entries are written when all else has been. What they lead to may be keys as well, so that this is done until there are no more.
 * W2. Keys are also what the program reaches by name: exports of foreign modules, built-ins, and the prototypes and methods of its classes.
 * W3. A snapshot without weak collections pays nothing for them.
 */
import { corrupted } from "../errors.ts";
import type { Case } from "./cases.ts";
import type { CodecContext } from "./context.ts";
import { Later } from "./later.ts";
import type { CodeReading, Reading } from "./readers.ts";
import { kinds, modeCheckpoint } from "./tags.ts";
import { probes } from "./web.ts";

type Weak = WeakMap<WeakKey, unknown> | WeakSet<WeakKey>;

interface Entry {
  readonly weak: Weak;
  readonly key: WeakKey;
  /** Of a WeakSet: undefined. */
  readonly value: unknown;
}

const { get: getOf, has: hasIn, set: setIn } = WeakMap.prototype;
const { add: addTo, has: isIn } = WeakSet.prototype;
const probe = {};

function weakCase(tag: number, look: (value: object) => boolean): Case {
  return {
    tag,
    accepts: look,
    write(out, value) {
      if (out.mode !== modeCheckpoint)
        out.refuse("what it holds for others than this value stays behind; hand over a Map or a Set", value);
      out.weaks.set(value, new Set());
    },
  };
}

const isWeakMap = probes((value) => hasIn.call(value as WeakMap<WeakKey, unknown>, probe));
const isWeakSet = probes((value) => isIn.call(value as WeakSet<WeakKey>, probe));

export const weakCases: readonly (readonly [object, Case])[] = [
  [WeakMap.prototype, weakCase(kinds.weakMap, isWeakMap)],
  [WeakSet.prototype, weakCase(kinds.weakSet, isWeakSet)],
];

export const entriesCase: Case = {
  tag: kinds.weakEntries,
  isCode: true,
  write(out, value) {
    const entries = value as readonly Entry[];
    out.contents.varint(entries.length * 3);
    for (const { weak, key, value } of entries) {
      out.value(weak, "[weak]");
      out.value(key, "[key]");
      out.value(value, "[value]");
    }
  },
};

/** For each weak collection: the entries for what has been met, except those that have been written before. */
export function entriesOf(
  weaks: ReadonlyMap<object, Set<unknown>>,
  met: Iterable<unknown>,
  context: CodecContext,
): Entry[][] {
  const keys = keysAmong(met, context);
  const found: Entry[][] = [];
  for (const [holder, known] of weaks) {
    const weak = holder as Weak;
    const isMap = isWeakMap(weak);
    const has = isMap ? hasIn : isIn;
    const entries: Entry[] = [];
    for (const key of keys) {
      if (!Reflect.apply(has, weak, [key]) || known.has(key)) continue;
      known.add(key);
      entries.push({
        weak,
        key,
        value: isMap ? getOf.call(weak as WeakMap<WeakKey, unknown>, key) : undefined,
      });
    }
    if (entries.length > 0) found.push(entries);
  }
  return found;
}

function keysAmong(met: Iterable<unknown>, context: CodecContext): Set<WeakKey> {
  const keys = new Set<WeakKey>(context.named());
  for (const value of met) {
    keys.add(value as WeakKey);
    if (typeof value !== "function") continue;
    const prototype: unknown = Object.getOwnPropertyDescriptor(value, "prototype")?.value;
    if (typeof prototype !== "object" || prototype === null) continue;
    keys.add(prototype);
    for (const holder of [value, prototype]) {
      for (const { value: own, get, set } of Object.values(Object.getOwnPropertyDescriptors(holder)))
        for (const part of [own, get, set] as unknown[]) if (typeof part === "function") keys.add(part);
    }
  }
  return keys;
}

const entriesReading: CodeReading = {
  shell: () => ({}),
  take(input) {
    const fields: unknown[] = [];
    for (let count = input.input.count(1); count > 0; count--) fields.push(input.value());
    return fields;
  },
  put(_input, _object, fields) {
    for (let at = 0; at < fields.length; at += 3) {
      const [weak, key, value] = [fields[at], fields[at + 1], fields[at + 2]];
      // What is not there yet comes when it is.
      if (weak instanceof Later || key instanceof Later || value instanceof Later || key === undefined)
        continue;
      if (weak instanceof WeakMap) setIn.call(weak, key as WeakKey, value);
      else if (weak instanceof WeakSet) addTo.call(weak, key as WeakKey);
      else throw corrupted("entries of what is no weak collection");
    }
  },
};

export const weakReadings: Readonly<Record<number, Reading>> = {
  [kinds.weakMap]: { shell: () => new WeakMap() },
  [kinds.weakSet]: { shell: () => new WeakSet() },
};
export const weakCodeReadings: Readonly<Record<number, CodeReading>> = {
  [kinds.weakEntries]: entriesReading,
};
