/** A process that goes on with a task from its bytes alone. */
import { type Passage, runCompiled } from "./compiled.ts";

process.on("message", async (passage: Passage) => {
  const { lines } = await runCompiled(passage);
  process.send!(lines, () => process.disconnect());
});
