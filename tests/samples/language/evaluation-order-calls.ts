async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const seen: unknown[] = [];
  const note = (x) => (seen.push(x), x);
  const o = { n: 1, f(...a) { return [this.n, ...a]; }, get g() { note("get g"); return this.f; } };
  log(o.f(note(1), await id(2), note(3)), seen);
  log(o.g(await id("x")), seen);
  log(note(o)["f"](await id(1)), seen.length);
  const key = () => (note("key"), "f");
  log(o[key()](await id(2), note("last")), seen.length);
  log((await id(o)).f(1), (await id(o)).f(await id(2)));
  log(Math.max(...[1, 2], await id(7), ...[3]));
  log(new Array(await id(3)).length, new (await id(Map))([[1, await id(2)]]));
  let f = (x) => `old ${x}`;
  const swap = async () => { f = (x) => `new ${x}`; return 1; };
  log(f(await swap()), f(2));
}
