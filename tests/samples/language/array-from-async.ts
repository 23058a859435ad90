// `Array.fromAsync`, where Node has it: what has been gathered goes through a thaw, and no item is asked for twice.
type Log = (...values: unknown[]) => void;

async function* made(log: Log, count: number): AsyncGenerator<number> {
  try {
    for (let at = 0; at < count; at++) {
      await null;
      log("made", at);
      yield at;
    }
  } finally {
    await null;
    log("closed");
  }
}

class List extends Array<number> {}

export default async function main(log: Log): Promise<void> {
  await null;
  if (typeof Array.fromAsync !== "function") return;
  log(await Array.fromAsync(made(log, 4)));
  const held = Array.fromAsync(made(log, 2), async (item, index) => {
    await null;
    log("map", item, index);
    return item * 10;
  });
  log(await Promise.all([held, Array.fromAsync([1, Promise.resolve(2), 3])]));
  log(await Array.fromAsync({ length: 2, 0: Promise.resolve("a"), 1: "b" }, (text: unknown) => `${text}!`));
  const list = await List.fromAsync(new Set([1, 2]), async (item) => {
    await null;
    return item + 1;
  });
  log(list instanceof List, list.length, [...list]);
  const add = { by: 5 };
  const sums = await Array.fromAsync([1, 2], async function (this: typeof add, item: number) { await null; return item + this.by; }, add);
  log(sums);
  try {
    await Array.fromAsync(made(log, 3), async (item) => {
      await null;
      if (item === 1) throw new Error("no");
      return item;
    });
  } catch (error) {
    log((error as Error).message);
  }
  for (const wrong of [
    () => Array.fromAsync(null as never),
    () => Array.fromAsync([1], 5 as never),
    () => Array.fromAsync([Promise.reject(new Error("item"))]),
  ]) {
    try {
      log(await wrong());
    } catch (error) {
      log((error as Error).name);
    }
  }
}
