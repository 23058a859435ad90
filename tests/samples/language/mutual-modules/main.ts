import { a } from "./a.ts";
import * as shared from "./shared.ts";
export default async function main(log) {
  log(await a(3), shared.count, shared.history.join());
  shared.set(await a(1)); log(shared.count, "count" in shared, shared.default.name);
  try { (shared as any).count = 5; } catch (e) { log(e.name); }
}
