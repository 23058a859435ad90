async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
function F(this: any) { const arrow = () => new.target; this.kind = arrow() === F; return new.target ? undefined : "called"; }
class Base { target: string; constructor() { this.target = new.target.name; const f = () => new.target.name; this.target += f(); } }
class Sub extends Base { constructor() { super(); const me = () => this; me().target += "!"; } }
export default async function main(log) {
  const a = async () => new.target;
  log(new (F as any)().kind, (F as any).call({}), new Base().target, new Sub().target, await id(await a()));
  log(Reflect.construct(Base, [], Sub) instanceof Sub);
}
