/** Values as snapshots show them: what jest's and vitest's printer makes of them, with their usual settings. */

export interface Serializer {
  test(value: unknown): boolean;
  print?(value: unknown, inner: (value: unknown) => string): string;
  serialize?(
    value: unknown,
    config: object,
    indentation: string,
    depth: number,
    refs: readonly unknown[],
    inner: (value: unknown) => string,
  ): string;
}

const serializers: Serializer[] = [];

export function addSerializer(serializer: Serializer): void {
  serializers.unshift(serializer);
}

/** `named`: with the names of plain objects and arrays, as jest once did. */
export function printed(value: unknown, named = false): string {
  return new Printer(named).print(value, "", []);
}

class Printer {
  readonly #named: boolean;

  constructor(named: boolean) {
    this.#named = named;
  }

  print(value: unknown, indentation: string, outer: readonly unknown[]): string {
    const known = serializers.find((each) => each.test(value));
    if (known !== undefined) {
      const inner = (each: unknown): string => this.print(each, indentation, outer);
      return (
        known.serialize?.(value, {}, indentation, outer.length, outer, inner) ?? known.print!(value, inner)
      );
    }
    switch (typeof value) {
      case "string":
        return `"${value}"`;
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      case "function":
        return "mock" in value ? "[MockFunction]" : "[Function]";
      case "object":
        return value === null ? "null" : this.#object(value, indentation, outer);
    }
    return String(value);
  }

  #object(value: object, indentation: string, outer: readonly unknown[]): string {
    if (outer.includes(value)) return "[Circular]";
    if (value instanceof Date) return Number.isNaN(Number(value)) ? "Date { NaN }" : value.toISOString();
    if (value instanceof RegExp) return String(value).replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
    if (value instanceof Error) return `[${Error.prototype.toString.call(value)}]`;
    if (value instanceof Number || value instanceof Boolean) return `[${value.constructor.name}: ${value}]`;
    if (value instanceof WeakMap || value instanceof WeakSet) return `${value.constructor.name} {}`;
    if (Object.prototype.toString.call(value) === "[object Promise]") return "Promise {}";
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.print(toJSON.call(value), indentation, [...outer, value]);
    const below = `${indentation}  `;
    const inner = (each: unknown): string => this.print(each, below, [...outer, value]);
    const wrap = (name: string, ends: "[]" | "{}", items: readonly string[]): string => {
      const [open, close] = [ends.charAt(0), ends.charAt(1)];
      const head = name === "" ? open : `${name} ${open}`;
      if (items.length === 0) return head + close;
      return `${head}\n${items.map((item) => `${below}${item},\n`).join("")}${indentation}${close}`;
    };
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      const items = Array.from(value as unknown[], (each, at) => (at in value ? inner(each) : ""));
      return wrap(Array.isArray(value) && !this.#named ? "" : nameOf(value), "[]", items);
    }
    if (value instanceof Map)
      return wrap(
        "Map",
        "{}",
        [...value].map(([key, each]) => `${inner(key)} => ${inner(each)}`),
      );
    if (value instanceof Set) return wrap("Set", "{}", [...value].map(inner));
    if (Object.prototype.toString.call(value) === "[object Arguments]")
      return wrap("Arguments", "[]", Array.from(value as ArrayLike<unknown>, inner));
    const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
      Object.prototype.propertyIsEnumerable.call(value, key),
    );
    const items = [...Object.keys(value).sort(), ...symbols].map(
      (key) =>
        `${typeof key === "symbol" ? String(key) : `"${key}"`}: ${inner((value as Record<PropertyKey, unknown>)[key])}`,
    );
    const name = nameOf(value);
    return wrap(name === "Object" && !this.#named ? "" : name, "{}", items);
  }
}

function nameOf(value: object): string {
  const { constructor: type } = value as { constructor?: unknown };
  return (typeof type === "function" && type.name) || "Object";
}

/** A snapshot in the text of a test, without what the text around it adds. */
export function plainSnapshot(text: string): string {
  const lines = text.trimEnd().split("\n");
  const indentation = /^\s*/.exec(lines.find((line) => line.trim() !== "") ?? "")![0];
  return lines
    .map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line.trimStart()))
    .join("\n")
    .trim();
}
