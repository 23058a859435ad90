async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
async function a(x, { y = 1 } = {} as any) { function g() { for (;;) return x + y + y; } await id(0); return g(); }
const d = (x, f = () => x, { y = f() } = {} as any) => { function g() { for (;;) return x + y + y; } return g(); };
function* e({ x = 1 } = {} as any) { function g() { return x + x; } yield g(); }
async function* f(x, f = () => x, { y = f() } = {} as any) { function g() { for (;;) return x + y + y; } yield g(); await id(0); yield g(); }
class P { v; constructor(x, { y = x } = {} as any) { function g() { for (;;) return y; } this.v = g(); } set w({ z = 1 }: any) { function g() { for (;;) return z; } this.v = g(); } *#m(x, f = () => x) { yield f(); } all() { return [...this.#m(1)]; } }
export default async function main(log) {
  log(await a(1), d(2), [...e()]);
  for await (const v of f(1)) log(v);
  const p = new P(4); log(p.v, ((p.w = {}), p.v), p.all());
}
