// The value of a `switch` is evaluated once, also where it is thrown away.
export default async function main(log: (...values: unknown[]) => void) {
  const calls: number[] = [];
  switch (void calls.push(1)) {
    case 0:
      log("zero");
    case undefined:
      log("undefined");
      await null;
      break;
    default:
      log("default");
  }
  const list = [void calls.push(2), await 7, void calls.push(3)];
  log(calls, list);
}
