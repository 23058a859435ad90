import { b } from "./b.ts";
import { bump } from "./shared.ts";
export async function a(n: number): Promise<number> { bump("a"); await null; return n <= 0 ? 0 : 1 + (await b(n - 1)); }
