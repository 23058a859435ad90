import { told } from "./told.ts";

told.push("slow begins");
await null;
told.push("slow goes on");
for (let round = 0; round < 5; round++) await round;
told.push("slow ends");

export const slow = "slow";
