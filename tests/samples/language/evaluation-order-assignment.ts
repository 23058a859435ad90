async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const seen: string[] = [];
  const o: any = { a: 1, b: { c: 2 } };
  const at = (name) => (seen.push(name), o);
  at("first").a = await id((seen.push("second"), 5));
  log(o.a, seen.join());
  at("x")[(seen.push("key"), "a")] = (seen.push("rhs"), await id(6)) + 1;
  log(o.a, seen.join());
  let x = 1;
  x += await id((x = 100, 2));
  log(x);
  o.a = 1;
  o.a += await id((o.a = 50, 3));
  log(o.a);
  const k = { toString() { seen.push("toString"); return "a"; } };
  seen.length = 0;
  o[k] += await id(1);
  log(o.a, seen.join());
  o[await id("n")] = await id("v");
  log(o);
  o[await id("cnt")] = 0;
  o[await id("cnt")]++;
  log(++(await id(o)).cnt, (await id(o)).cnt--, o.cnt);
  let s = "a";
  s += (await id("b")) + (await id("c"));
  log(s);
  delete (await id(o)).cnt;
  delete o[await id("n")];
  log(Object.keys(o));
  const y = (x = await id(4));
  log(x, y);
}
