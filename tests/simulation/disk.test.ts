import { storeContract } from "../../src/store/store.contract.ts";
import { Disk } from "./disk.ts";

storeContract("simulated", async () => {
  const disk = new Disk({ later: (act) => void queueMicrotask(act) });
  return { open: async () => disk.open(), remove: async () => {} };
});
