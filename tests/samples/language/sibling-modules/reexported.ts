import { told } from "./told.ts";

told.push("reexported");

export const reexported = 1;
