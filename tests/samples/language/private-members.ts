async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
class Account {
  #balance = 0; #log: any[] = []; static #secret() { return "s"; }
  get balance() { return this.#balance; }
  get #double() { return this.#balance * 2; }
  set #double(v) { this.#balance = v / 2; }
  #note(...x) { this.#log.push(...x); return this; }
  async deposit(n) { this.#balance += await id(n); this.#note("dep", n); this.#balance++; const old = this.#balance--; return [old, --this.#balance, this.#double]; }
  each(xs) { xs.forEach((x) => { this.#balance += x; this.#note(x); }); return () => this.#log.length; }
  async has(o) { await id(0); return [#balance in o, #balance in (await id({}))]; }
  async set(v) { this.#double = await id(v); this.#balance ??= 5; this.#balance &&= await id(this.#balance + 1); return this.#balance; }
  static peek(a: Account) { return Account.#secret() + a.#balance; }
  static async apeek(a) { await id(0); return a.#balance + a?.#double; }
  async chain(o) { return (await id(o))?.#note(await id("z")).#log.length; }
}
export default async function main(log) {
  const a = new Account();
  log(await a.deposit(10), a.balance);
  const count = a.each([1, 2]);
  await id(0);
  log(count(), a.balance, await a.has(a), await a.set(8), Account.peek(a), await Account.apeek(a), await a.chain(a));
  try { await a.deposit.call({} as any, 1); } catch (e) { log(e.name); }
  const mk = (n) => class { #v = n; async get() { await id(0); return this.#v; } };
  const P = mk(1), Q = mk(2);
  log(await new P().get(), await new Q().get(), await new P().get.call(new Q() as any).catch((e) => e.name));
}
