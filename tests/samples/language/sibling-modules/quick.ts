import { told } from "./told.ts";

told.push("quick");

export const quick = "quick";
