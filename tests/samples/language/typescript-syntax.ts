async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
enum Color { Red, Green = "green".length, Blue }
namespace Shapes { export const sides = 4; export function area(n: number) { return n * sides; } }
abstract class Shape<T> { constructor(protected readonly name: string, public value?: T) {} abstract area(): number; declare later: string; optional?: number; get label(): string { return `${this.name}!`; } }
class Square extends Shape<number> { override area() { return (this.value as number)! ** 2; } async slow<K extends keyof this>(key: K): Promise<this[K]> { await id(0); return this[key] satisfies unknown as this[K]; } }
interface Unused { x: number }
type Alias = Unused | null;
function overload(x: string): string; function overload(x: number): number; function overload(x: any) { return x; }
export default async function main(log: (...v: unknown[]) => void) {
  const square = new Square("sq", await id(3));
  log(Color.Red, Color[1], Color.Blue, Color[5], Shapes.area(2), square.area(), square.label, await square.slow("value"), Object.keys(square));
  const x = <const T,>(v: T): T => v; let definite!: number; definite = x(await id(1)); log(definite, overload("o"), (null as Alias)?.x);
}
