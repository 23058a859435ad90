async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const top = 1;
import { sep } from "node:path";
export default async function main(log) {
  const a = await id(1);
  const b = () => c; const c = 2;
  const attempts = [() => { top = 2; }, () => { a = 2; }, () => { c++; }, () => { c += 1; }, () => { [c] = [1]; }, () => { ({ x: c } = { x: 1 }); }, () => { sep = "x"; }, () => { c ??= 3; return "short"; }, () => { c &&= 3; }, function f() { f = 1; }, () => { (class K { static m() { K = 1; } }).m(); }];
  for (const f of attempts) { try { log("no error", f()); } catch (e) { log(e.name, await id(1)); } }
  try { a = await id(5); } catch (e) { log(e.name); }
  try { a += await id(5); } catch (e) { log(e.name); }
  try { for (const i = 0; i < 2; i++) await id(i); } catch (e) { log(e.name); }
  try { for (const i = 0; i < 2; i++) (() => i)(); } catch (e) { log(e.name); }
  log(a, b(), top, sep.length);
}
