import { told } from "./told.ts";

told.push("behind what is re-exported");
