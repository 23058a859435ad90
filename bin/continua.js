#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/src/cli/main.js", import.meta.url);
if (existsSync(main)) {
  const { runCommandLine } = await import(main.href);
  await runCommandLine(process.argv.slice(2));
} else {
  console.error("continua is not built yet: run `npm run build` (or `npm ci`) in its folder first");
  process.exitCode = 2;
}
