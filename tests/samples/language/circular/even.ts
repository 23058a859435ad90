import def, { isOdd, log, tooEarly } from "./odd.ts";
import * as odds from "./odd.ts";
log.push("even runs");
export const name = "even";
export function isEven(n: number): boolean { return n === 0 || isOdd(n - 1); }
export const label = () => `${name} ${def} ${tooEarly}`;
export const viaNamespace = () => odds.isOdd(3) && typeof odds.default;
