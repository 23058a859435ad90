/** What is written of a symbol: its kind, and the name, key or description that goes with it. */
import { symbolKinds, wellKnownSymbols } from "./tags.ts";

const wellKnown = new Map<symbol, string>(
  wellKnownSymbols.map((name) => [(Symbol as unknown as Record<string, symbol>)[name]!, name]),
);

export function symbolText(symbol: symbol): readonly [number, string | undefined] {
  const name = wellKnown.get(symbol);
  if (name !== undefined) return [symbolKinds.wellKnown, name];
  const key = Symbol.keyFor(symbol);
  if (key !== undefined) return [symbolKinds.registered, key];
  return [symbolKinds.own, symbol.description];
}
