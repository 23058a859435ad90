async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const tag = (s, ...v) => [s.raw.join("|"), ...v];
export default async function main(log) {
  const order: string[] = [];
  const obj = (name) => ({ toString() { order.push(name); return name; } });
  log(`${obj("a")}-${await id("b")}-${obj("c")}`, order.join());
  log(`${await id(1)}${await id(2)}`, `x${await id("y")}z`);
  log(tag`a${1}b${await id(2)}c${3}`);
  const o = { n: 5, tag(s, ...v) { return [this.n, s.length, ...v]; } };
  log(o.tag`x${await id(1)}y`, (await id(o)).tag`p${2}q`);
}
