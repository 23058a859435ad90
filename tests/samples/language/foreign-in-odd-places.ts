async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
import path, { posix } from "node:path";
import { inspect } from "node:util";
function f(a = path.join("a", "b").concat("c"), b = inspect(a).at(0)) { return [a, b]; }
class Fields { x = posix.join("p", "q").split("/").length; static y = posix.basename("/a/b").length; m(z = path.posix.join("m", "n")) { return z; } get g() { return inspect(this.x).trim(); } }
const arrow = (v = path.posix.normalize("/a/../b")) => v;
function* gen(v = path.posix.join("g", "h")) { yield v; }
export default async function main(log) {
  log(f(), new Fields().x, Fields.y, new Fields().m(), new Fields().g, arrow(), [...gen()]);
  await id(0);
  const g = async (v = path.posix.join("x", await0())) => { await id(0); return v; };
  log(await g(), await path.posix.join("y", await id("z")).concat(await id("!")));
}
function await0() { return "zero"; }
