import { told } from "./told.ts";

told.push("failing begins");
await null;
throw new Error("failing failed");
