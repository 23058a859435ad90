import { told } from "./told.ts";

told.push("thrown");
throw new Error("thrown at once");
