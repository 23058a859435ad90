// `accessor` fields, which Node does not know yet.
const made: string[] = [];
const key = (name: string) => { made.push(name); return name; };
class Point {
  accessor x = 1;
  static accessor count = 0;
  accessor #hidden = [3];
  accessor [key("computed")] = 4;
  get hidden() { return this.#hidden; }
  grow() { this.#hidden = [...this.#hidden, this.x]; }
}
class Sub extends Point { accessor y = this.x + 1; }
export default async function main(log) {
  const point: any = new Sub();
  point.x += await 5;
  point.grow();
  Point.count += await 2;
  log(point.x, point.y, point.hidden, point.computed, Point.count, Object.keys(point), made);
  const read = () => point.x;
  await null;
  point.x = 9;
  log(read(), Object.getOwnPropertyDescriptor(Point.prototype, "x")!.set !== undefined);
}
