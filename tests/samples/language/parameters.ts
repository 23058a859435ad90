async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
async function one(a, { b, c = a + 1 } = {} as any, [d = () => c, ...e] = [] as any, ...rest) { await id(0); return [a, b, c, typeof d === "function" ? d() : d, e, rest, one.length]; }
async function two(x = 1, y = () => x, z = (x = 5, y())) { var x; const before = x; x = 9; await id(0); return [before, x, y(), z]; }
async function three() { await id(0); return [arguments.length, ...arguments]; }
async function four(a, b = 2) { const f = () => arguments; await id(0); a = 7; return [a, b, f().length, f()[0]]; }
const five = async (a, b, ...c) => [a, b, c, await id(1)];
async function six(a) { const get = () => a; a++; await id(0); a++; return [get(), a]; }
function seven(a, b = () => a, { c } = { c: () => a + 1 }) { a = 3; return [a, b(), c()]; }
function eight(a, b = a, { c = b } = {} as any) { return () => [a, b, c]; }
async function nine(a = b9, b9 = 1) { await id(0); return [a, b9]; }
function ten(a, b = () => a) { var a; const inner = a; a = 2; return [inner, a, b()]; }
async function eleven(a, a2 = eval2(() => a)) { function a3() { return a; } await id(1); return [a3(), a2()]; }
const eval2 = (f) => f;
export default async function main(log) {
  log(await one(1), await one(1, { b: 2 }, [3, 4, 5], 6, 7));
  log(await two(), await two(undefined, () => 3));
  log(await three(), await three(1, undefined, 3), three.length);
  log(await four(1), await four(undefined, 3), four.length);
  log(await five(1), await five(1, 2, 3, 4), five.length);
  log(await six(1), seven(1), eight(1)(), eight(1, 2, { c: 3 })());
  try { log(await nine()); } catch (e) { log(e.name); }
  log(await nine(4), ten(1), await eleven(6));
  try { await one(1, null as any); } catch (e) { log(e.name); }
  log([one, two, three, four, five, six, seven, eight].map((f) => `${f.name}/${f.length}`));
}
