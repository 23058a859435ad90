async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let a: any = null, c: any = 0, d: any = 1;
  a ??= await id(1);
  a ??= await id(2);
  c ||= await id(3);
  d &&= await id(4);
  log(a, c, d);
  const o: any = { x: undefined, y: 1, get z() { return null; }, set z(v) { log("set z", v); } };
  o.x ??= await id("x");
  o.y ||= await id("never");
  o.z ??= await id("zed");
  log(o.x, o.y, (o[await id("w")] ??= await id("w!")), o.w);
  const f = () => a;
  a &&= await id("captured");
  log(f());
}
