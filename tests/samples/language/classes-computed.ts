async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const order: string[] = [];
const key = (name: string) => (order.push(name), name);
class Local { [key("a")]() { return 1; } static [key("b")] = 2; get [key("c")]() { return 3; } [key("d")] = this.c; }
export default async function main(log) {
  class Late extends (await id((order.push("heritage"), Local))) { [await id(key("e"))] = 5; static [key(`s${await id(1)}`)] = 7; [key("f")]() { return this.e; } }
  const l: any = new Late();
  log(l.a(), (Local as any).b, l.c, l.d, l.e, (Late as any).s1, l.f(), order.join());
  await id(0);
  log(new Late() instanceof Local, l.a(), l.c, Object.keys(l));
}
