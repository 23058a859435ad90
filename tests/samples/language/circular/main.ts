import { isEven, label, viaNamespace } from "./even.ts";
import * as odd from "./odd.ts";
export { default as renamed, isOdd } from "./odd.ts";
export * from "./even.ts";
export * as everything from "./odd.ts";
export const own = "own";
export default async function main(log) {
  log(isEven(4), await odd.aOdd(5), label(), viaNamespace(), odd.default, Object.keys(odd));
  const me = await import("./main.ts");
  log(Object.keys(me), me.renamed, me.isOdd(3), me.everything.default, me.own);
  log(odd.log.join());
}
