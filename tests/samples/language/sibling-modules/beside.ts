import { told } from "./told.ts";

told.push("beside");
