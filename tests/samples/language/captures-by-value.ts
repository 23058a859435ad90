async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
// What a plain function captures and nothing assigns to goes along by value: called, looked at twice, or in a function with a loop.
const pair = (part) => (x) => [part(x), part(x + 1)];
const apply = (fn, x) => () => fn(x) + fn(x);
const both = (get = () => other + other, other = 3) => get;
const later = ({ n }, [step]) => { for (;;) return () => n + n + step + step; };
const self = (k) => function me(n) { return n === 0 ? k + k : me(n - 1) + me(0); };
class Counter {
  #n = 1;
  factor = 2;
  each(list) { return (x) => list.map((y) => this.factor * y + this.times(x) + list.length + list[0]); }
  times(x) { return this.factor * x * this.#n; }
}
export default async function main(log) {
  const twice = (x) => x * 2;
  const list = [1, 2];
  let grows = 1;
  const kept = pair(twice);
  const sums = apply(kept, 4);
  const seen = [];
  for (const each of list) seen.push(() => [each + each, grows + grows, list.length, list[0]]);
  for (let i = 0, most = list.length; i < most; i++) seen.push(() => [i + i, most + most]);
  function early() { return late + late; }
  const late = await id(5);
  function declared(x) { return helper(x) + helper(late); }
  function helper(x) { return x + late + late; }
  const inner = (x) => { const twice = [x, x]; { let list = twice; return list.concat(twice, declared(x), declared(0)); } };
  const shadow = (late) => () => { for (const twice of [late, late]) seen.push(() => [twice + twice, late + late]); return late; };
  let caught;
  try { throw { a: 1 }; } catch ({ a, b = () => a + a }) { caught = () => [a + a, b(), b()]; }
  const notReady = () => [dead + dead];
  await id(0);
  try { notReady(); } catch (error) { log(error.name, error.message); }
  const dead = 7;
  const shared = { list, on: [] };
  const even = (n) => (n === 0 ? shared.on.length === 1 : odd(n - 1) || odd(n - 1));
  const odd = (n) => (n === 0 ? shared.on.length > 1 : even(n - 1) || even(n - 1));
  shared.on.push(() => shared.on[0] === shared.on.at(-1) && shared.list === list);
  grows += 10;
  list.push(3);
  await id(0);
  log(kept(1), sums(), seen.map((f) => f()), early(), declared(1), inner(2), caught());
  log(notReady(), both()(), both(undefined, 4)(), later({ n: 2 }, [3])(), self(4)(2), even(2), odd(3), shared.on[0]());
  log(shadow(9)(), seen.slice(-2).map((f) => f()), new Counter().each(list)(2), list.map((x) => x + late + late + list.length));
  const broken = ((missing) => () => missing(1))(undefined);
  const empty = ((missing) => () => { for (const x of missing) log(x); })(undefined);
  await id(0);
  for (const f of [broken, empty]) try { f(); } catch (error) { log(error.message); }
  const frozen = Object.freeze({ f: () => list.length + list.length });
  const map = new Map([[kept, frozen]]);
  await id(0);
  log(map.get(kept).f(), kept(0), Object.isFrozen(frozen));
}
