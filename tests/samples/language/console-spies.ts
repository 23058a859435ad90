/** A program may put something in the place of what its console has, as spies do, and take it back; it is still there after a thaw. */
const lines: string[] = [];
const spied = (...args: unknown[]): void => void lines.push(args.join(" "));

export default async function main(log: (line: string) => void): Promise<void> {
  const { log: real, warn } = console;
  log(`${real.name} ${typeof console.table} ${Object.prototype.toString.call(console)}`);
  console.log = spied;
  (console as unknown as { extra: string }).extra = "of the program";
  await null;
  console.log("first", 1);
  await null;
  log(String(console.log === spied));
  log(String(console.warn === warn));
  console.log("second");
  log((console as unknown as { extra: string }).extra);
  log(lines.join("; "));
  console.log = real;
  delete (console as unknown as { extra?: string }).extra;
  await null;
  log(`${console.log === real} ${"extra" in console} ${Object.keys(console).includes("log")}`);
  const described = Object.getOwnPropertyDescriptor(console, "log")!;
  log(`${described.writable} ${described.configurable}`);
}
