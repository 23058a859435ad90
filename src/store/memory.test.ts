import { emptyMedium, openMemoryStore } from "./memory.ts";
import { storeContract } from "./store.contract.ts";

storeContract("memory", async () => {
  const medium = emptyMedium();
  return { open: () => openMemoryStore({ medium }), remove: async () => {} };
});
