/** One leg of a task of `world`, in a process that has seen nothing of it before. */
import type { Bundle } from "../../src/protocol/bundle.ts";
import { leg, type Stop } from "./world.ts";

process.on("unhandledRejection", () => {});
process.once("message", async ({ bundle, stop }: { bundle: Bundle; stop: Stop }) => {
  process.send!(await leg(bundle, stop), () => process.disconnect());
});
