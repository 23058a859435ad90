/** The text of a value in a trace: the same for a value of the engine and for what stands for it in compiled code. */
export function show(value: unknown, depth = 0): string {
  if (typeof value === "string") return depth === 0 ? cut(value) : JSON.stringify(cut(value));
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value !== "object" || value === null)
    return typeof value === "bigint" ? `${value}n` : String(value);
  if (depth > 3) return "...";
  const inner = (item: unknown): string => show(item, depth + 1);
  if (value instanceof Error) return showError(value.name, value.message);
  if (Array.isArray(value)) return `[${Array.from(value, inner).join(", ")}]`;
  if (value instanceof Map)
    return `Map {${[...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`).join(", ")}}`;
  if (value instanceof Set) return `Set {${[...value].map(inner).join(", ")}}`;
  if (typeof (value as { then?: unknown }).then === "function") return "[thenable]";
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${inner(item)}`);
  return `${nameOf(value)}{${fields.join(", ")}}`;
}

/** How an engine words a TypeError is its own business. */
export function showError(name: string, message: string): string {
  return name === "TypeError" ? name : `${name}: ${cut(message)}`;
}

function nameOf(value: object): string {
  const maker: unknown = Object.getPrototypeOf(value)?.constructor;
  return typeof maker !== "function" || maker === Object ? "" : `${maker.name} `;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
