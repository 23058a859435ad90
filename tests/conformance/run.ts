/** `npm run conformance`: test262, or with `--package` a package's own tests. */
await (process.argv.includes("--package") ? import("./packages/main.ts") : import("./main.ts"));

export {};
