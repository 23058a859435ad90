import { told } from "./told.ts";

told.push("late begins");
for (let round = 0; round < 3; round++) await round;
told.push("late ends");

export const late = "late";
