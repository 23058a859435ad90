async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const order: string[] = [];
  const f = (x) => (order.push(`f${x}`), x);
  const g = async (x) => (order.push(`g${x}`), x);
  log(f(1) + (await g(2)) + f(3) + (await g(4)), order.join());
  order.length = 0;
  log((await g(1)) * f(2) - (await g(3)), order.join());
  let x = 1;
  const change = async () => { x = 10; return 5; };
  log(x + (await change()), x);
  x = 1;
  log((await change()) + x);
  log(typeof (await id("s")), -(await id(3)), !(await id(0)), void (await id(1)));
  log([1, 2].includes(await id(2)), "a" in (await id({ a: 1 })), (await id(new Date(0))) instanceof Date);
}
