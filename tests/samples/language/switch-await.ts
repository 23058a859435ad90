async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
async function f(v, log) {
  switch (await id(v)) {
    case 1: log("one");
    case await id(2): log("two", await id("x")); break;
    default: log("default", await id(v));
    case 3: { log("three"); await id(0); }
    case "four": log("four");
  }
  return v;
}
async function g(v, log) {
  switch (v) {
    case "a": { let x = await id("A"); const show = () => x; x += "!"; await id(0); return show(); }
    case "b": let y = await id("B"); return y;
    case "c": y = "C"; return await id(y);
    default: function inner() { return "inner"; } return inner() + (await id(1));
  }
}
export default async function main(log) {
  for (const v of [1, 2, 3, "four", 5]) log(await f(v, log));
  for (const v of ["a", "b", "c", "d"]) { try { log(await g(v, log)); } catch (e) { log(e.name); } }
  switch (1) { }
  switch (await id(1)) { case 2: log("no"); }
  for (const x of [1, 2, 3]) { switch (x) { case 2: continue; default: await id(x); } log("loop", x); }
  const seen: any[] = [];
  const t = (x) => (seen.push(x), x);
  switch (t(2)) { case t(1): case t(2): await id(0); case t(3): seen.push("in"); }
  log(seen);
}
