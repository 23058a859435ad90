import "./ring-one.ts";
import { told } from "./told.ts";

told.push("ring two begins");
await null;
await null;
told.push("ring two ends");
