async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
function a({ x, y = x } = { x: 1 } as any, [z] = [y], ...rest) { return () => [x, y, z, rest, x++]; }
class P { #k = 1; constructor(n, m = () => n) { this.get = () => [n, m()]; n += 1; } get; set v(w) { this.get = () => w; } each(xs, f = (x) => x * this.get()[0]) { return xs.map(f); } }
const b = ({ q }, r = q) => { const s = () => q + r; q++; return s(); };
async function c({ p }, d = () => p) { const e = () => (p += 1); await id(e()); return [p, d(), e()]; }
export default async function main(log) {
  const f = a(); await id(0); log(f(), f(), a({ x: 5 }, [6], 7)());
  const p = new P(3); log(p.get(), p.each([1, 2]), (p.v = "w", p.get()), b({ q: 1 }), await c({ p: 1 }));
}
