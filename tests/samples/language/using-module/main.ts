import { held, lines } from "./resource.ts";
export default async function main(log) {
  await null;
  log(lines, held.name);
}
