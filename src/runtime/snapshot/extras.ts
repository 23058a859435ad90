/** Whatever makes an object differ from a fresh one of its kind: prototype, private members, properties that are not ordinary, integrity. */
import type { HiddenState } from "../stamp.ts";
import type { Encoder, Extras } from "./encoder.ts";
import { attributes, extras } from "./tags.ts";

export function writeExtras(
  out: Encoder,
  value: object,
  { prototype, fixed, keys, hidden, name, lost = [] }: Extras,
): void {
  const { contents } = out;
  contents.byte(
    (prototype !== undefined ? extras.prototype : 0) |
      (fixed ? extras.fixed : 0) |
      (hidden !== undefined ? extras.hidden : 0) |
      (lost.length > 0 ? extras.lost : 0),
  );
  if (prototype !== undefined) out.value(prototype, "[prototype]");
  if (hidden !== undefined) writeHidden(out, value, hidden);
  if (lost.length > 0) {
    contents.varint(lost.length);
    for (const key of lost) out.value(key, key);
  }
  contents.varint(keys.length + (name === undefined ? 0 : 1));
  if (name !== undefined) {
    out.value("name", "name");
    contents.byte(attributes.writable | attributes.configurable);
    out.value(name, "name");
  }
  for (const key of keys) writeProperty(out, value, key);
}

function writeProperty(out: Encoder, value: object, key: PropertyKey): void {
  const { contents } = out;
  const property = Object.getOwnPropertyDescriptor(value, key)!;
  const accessor = "get" in property || "set" in property;
  out.value(key, key);
  // The stack of an error is an accessor in some versions of Node; what it says is text in all of them.
  if (accessor && key === "stack" && value instanceof Error) {
    contents.byte(attributes.writable | attributes.configurable);
    out.value(value.stack, key);
    return;
  }
  contents.byte(
    (property.writable ? attributes.writable : 0) |
      (property.enumerable ? attributes.enumerable : 0) |
      (property.configurable ? attributes.configurable : 0) |
      (accessor ? attributes.accessor : 0),
  );
  if (accessor) {
    out.value(property.get, key);
    out.value(property.set, key);
  } else out.value(property.value, key);
}

function writeHidden(out: Encoder, value: object, states: readonly HiddenState[]): void {
  const { contents } = out;
  contents.varint(states.length);
  for (const { owner, fixed, number, group } of states) {
    out.value(owner, "[class]");
    contents.varint(number * 2 + (fixed ? 1 : 0));
    contents.varint(group.names.length);
    for (const [index, held] of group.read(value).entries()) out.value(held, `#${group.names[index]}`);
  }
}
