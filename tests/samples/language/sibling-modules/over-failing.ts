import "./failing.ts";
import { told } from "./told.ts";

told.push("never");
