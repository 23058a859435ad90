/** Actions outside: at least once each, always under the same key, and what the program goes on with is what it was told first. */
import { call, current, sleep, step } from "continua";
import { flaky, note, order } from "../outside.ts";

export interface Input {
  readonly shoppers: number;
  readonly orders: number;
  readonly failures: number;
}

const patient = { attempts: 50, delay: 5, maxDelay: 40 };

async function shopper(run: string, name: number, { orders, failures }: Input) {
  const receipts: { label: string; number: number }[] = [];
  for (let n = 0; n < orders; n++) {
    const label = `order ${run} ${name}.${n}`;
    const number = await step(({ key }) => order(label, key), { retry: patient });
    note(`receipt ${label}`, number);
    console.log(`${label}: ${number}`);
    receipts.push({ label, number });
    if (n % 2 === 0) await sleep(3);
    console.log(`still ${label}: ${number}`);
  }
  const [first, second] = await Promise.all(
    ["a", "b"].map(async (part) => {
      const label = `flaky ${run} ${name}.${part}`;
      const number = await step(({ key }) => flaky(label, key, failures), { retry: patient, timeout: 60 });
      return { label, number };
    }),
  );
  const given = await step(
    () => {
      throw new RangeError("never");
    },
    { retry: { attempts: 2, delay: 2 } },
  ).catch(String);
  return { receipts: [...receipts, first!, second!], given };
}

/** Nobody can see what happens between its steps, so they are told ahead of the disk; a fiber beside it shows the world what it sees of them. */
async function chain(run: string, { orders }: Input) {
  let said = "";
  let count = 0;
  const links = 2 * orders + 1;
  void (async () => {
    while (count < links) {
      await sleep(1);
      note(`chain ${run} ${count}`, said);
    }
  })();
  for (let i = 0; i < links; i++) {
    const number = await step(({ key }) => order(`link ${run} ${i}`, key), {
      retry: { attempts: 50, delay: 5 },
    });
    said = `${said}${number} `;
    count++;
  }
  return said;
}

export default async function main(input: Input) {
  const linked = call(chain, current.id, input);
  const shopped = await Promise.all(
    Array.from({ length: input.shoppers }, (_, i) => call(shopper, current.id, i, input)),
  );
  return { shopped, linked: await linked };
}
