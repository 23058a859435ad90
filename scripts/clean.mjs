// Removes the output of the last build, so that what was deleted in the source is gone there too.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
