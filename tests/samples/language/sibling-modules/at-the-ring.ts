import "./ring-two.ts";
import { told } from "./told.ts";

told.push("outside the ring");
