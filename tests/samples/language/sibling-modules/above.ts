import { quick } from "./quick.ts";
import { slow } from "./slow.ts";
import { told } from "./told.ts";

told.push(`above has ${slow} and ${quick}`);

export const above = { slow, quick };
