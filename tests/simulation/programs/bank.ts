/** Transfers between accounts under locks, of amounts that no two attempts agree on: what is there in the end is what was there before. */
import { call, current, mutex, type Queue, queue, type Semaphore, sleep } from "continua";
import { write } from "../outside.ts";

export interface Input {
  readonly accounts: number;
  readonly clerks: number;
  readonly transfers: number;
  readonly pauseMs: number;
}

type Account = { readonly name: string; readonly lock: Semaphore; readonly balance: Queue<number> };

async function transfer(from: Account, to: Account, amount: number, pauseMs: number) {
  // In one order, so that no two wait for each other.
  const [first, second] = from.name < to.name ? [from, to] : [to, from];
  const one = await first.lock.acquire();
  const two = await second.lock.acquire();
  try {
    const had = await from.balance.dequeue();
    if (pauseMs > 0) await sleep(pauseMs);
    const has = await to.balance.dequeue();
    await Promise.all([from.balance.enqueue(had - amount), to.balance.enqueue(has + amount)]);
    write(first.name, one.token, from === first ? had - amount : has + amount);
    write(second.name, two.token, from === second ? had - amount : has + amount);
  } finally {
    two.release();
    one.release();
    // A second time does nothing, though another has the lock now.
    await sleep(0);
    one.release();
  }
}

async function clerk(name: number, accounts: readonly Account[], { transfers, pauseMs }: Input) {
  const moved = accounts.map(() => 0);
  for (let i = 0; i < transfers; i++) {
    const from = Math.floor(Math.random() * accounts.length);
    const to = (from + 1 + Math.floor(Math.random() * (accounts.length - 1))) % accounts.length;
    const amount = 1 + Math.floor(Math.random() * 100);
    await transfer(accounts[from]!, accounts[to]!, amount, pauseMs);
    moved[from]! -= amount;
    moved[to]! += amount;
    console.log(`clerk ${name}.${i}: ${amount} from ${from} to ${to}`);
  }
  return moved;
}

export default async function main(input: Input) {
  const accounts: Account[] = [];
  for (let i = 0; i < input.accounts; i++) {
    const balance = queue<number>({ capacity: 1 });
    await balance.enqueue(1_000);
    accounts.push({ name: `${current.id} account ${i}`, lock: mutex(), balance });
  }
  const clerks = Array.from({ length: input.clerks }, (_, i) => call(clerk, i, accounts, input));
  const moved = await Promise.all(clerks);
  const balances = await Promise.all(accounts.map(({ balance }) => balance.dequeue()));
  return { balances, moved };
}
