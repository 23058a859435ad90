// An interval is armed behind its callback: what the callback sets for the same time comes first.
export default async function main(log: (...values: unknown[]) => void) {
  await new Promise<void>((resolve) => {
    let ticks = 0;
    const id = setInterval(() => {
      ticks += 1;
      log("tick", ticks);
      setTimeout(() => log("set by tick", ticks), 5);
      if (ticks === 3) {
        // By its number, from within its own callback.
        clearInterval(Number(id));
        setTimeout(resolve, 20);
      }
    }, 5);
  });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(function (this: unknown) {
      log("this", this === timer);
      resolve();
    }, 1);
  });
  await null;
}
