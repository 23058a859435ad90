async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
import path, { join, basename as base } from "node:path";
import * as util from "node:util";
const joined = join("a", "b");
export default async function main(log) {
  log(joined, path.basename("/x/y.z"), base("/q/w"), util.format("%s-%d", "a", await id(1)), join(...["m", "n"], await id("o")));
  const p = structuredClone({ a: 1 }); const b = Buffer.from("hi").toString("hex");
  log(p, b, [..."héllo"].length, util.isDeepStrictEqual({ a: 1 }, await id({ a: 1 })));
  log(typeof require, typeof undefinedThing, typeof globalThis);
  try { undefinedThing(); } catch (e) { log(e.name, e.message); }
  try { await undefinedThing2(1); } catch (e) { log(e.name, e.message); }
  const cb = util.promisify((x, done) => done(null, x + 1)); log(await cb(1), await util.promisify((done) => done(null, "bare"))());
  const ns = await import("node:path"); log(ns.join("d", "e"));
}
