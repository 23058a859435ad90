import { told } from "./told.ts";
import "./ring-two.ts";

told.push("ring one begins");
await null;
told.push("ring one ends");
