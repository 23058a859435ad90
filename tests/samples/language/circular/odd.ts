import { isEven, name } from "./even.ts";
export const log: string[] = ["odd runs"];
export function isOdd(n: number): boolean { return n !== 0 && isEven(n - 1); }
export async function aOdd(n: number): Promise<boolean> { await null; return isOdd(n); }
export let tooEarly = "none";
try { log.push(name); } catch (e) { tooEarly = (e as Error).name; }
try { log.push(String(isEven(0))); } catch (e) { log.push((e as Error).name); }
export default "the default";
