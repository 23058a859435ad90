import { readFile } from "node:fs/promises";
import * as util from "node:util";

const environment = process.env;

export default async function main(mode: string): Promise<string> {
  process.env["MODE"] = mode; // rule: process-state
  environment["OTHER"] = mode; // rule: process-state
  util.inspect.defaultOptions = { depth: 5 }; // rule: process-state
  Error.stackTraceLimit += 10; // rule: process-state
  const own = { process: { env: {} as Record<string, string> } };
  own.process.env["MODE"] = mode;
  return `${await readFile("a.txt", "utf8")} ${process.env["MODE"]}`;
}
