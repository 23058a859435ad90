import { a } from "./a.ts";
import { bump } from "./shared.ts";
export const b = async (n: number): Promise<number> => { bump("b"); return n <= 0 ? 0 : 1 + (await a(n - 1)); };
