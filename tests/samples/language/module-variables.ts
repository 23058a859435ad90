async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export let counter = 0;
let hidden = { n: 1 };
export const list: number[] = [];
var old = "var";
export { hidden as shown, old as old1, old as old2 };
const { a, b: [c] } = { a: 1, b: [2] };
function bump() { counter++; list.push(counter); return counter; }
async function abump() { await id(0); counter += 10; hidden = { n: hidden.n + 1 }; return bump(); }
for (let i = 0; i < 2; i++) { var leaked = i; }
{ let scoped = 1; function inBlock() { return scoped++; } inBlock(); old += inBlock(); }
if (a) { const q = await id(5); list.push(q); }
const [first, ...others] = [await id("top"), 2, 3];
class Registry { static items = [] as any[]; static add(x) { this.items.push(x); return this; } }
Registry.add(1).add(2);
export default async function main(log) {
  log(bump(), await abump(), counter, list, hidden, a, c, old, leaked, first, others, Registry.items);
  const self = await import("./module-variables.ts");
  log(self.counter, self.shown.n, self.old1, self.old2, Object.keys(self));
  counter = 100; log(self.counter, (counter *= 2));
}
