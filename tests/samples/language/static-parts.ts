async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const order: string[] = [];
class A { static x = (order.push("x"), 1); static { order.push("block"); for (const k of [1, 2]) order.push(`k${k}`); var local = this.x; this.z = local + 1; } static y = this.z * 2; static z: number; static { try { throw new Error("in block"); } catch (e) { order.push(e.message); } } static async am() { await id(0); return this.y; } static get acc() { return A.x; } static #hidden() { return "h"; } static show() { return A.#hidden(); } }
function make(n) { return class { static n = n; static twice = () => this.n * 2; static { this.extra = () => n; } static extra; }; }
export default async function main(log) {
  log(order.join(), A.y, A.z, await A.am(), A.acc, A.show());
  const B = make(await id(3)), C = make(5);
  await id(0);
  log(B.n, B.twice(), C.twice(), B.name, typeof B.extra);
}
