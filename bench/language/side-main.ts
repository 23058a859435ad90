/** One side of one case, in this process alone: `CASE compiled|native ROUNDS`. Prints the median of its rounds in nanoseconds. */
import { interleaved } from "../report.ts";
import { languageCases } from "./cases.ts";
import { compiledMain, nativeMain } from "./sides.ts";

const [name, side, rounds] = process.argv.slice(2);
const { source, imported, size } = languageCases.find((each) => each.name === name)!;
const main =
  side === "native" ? await nativeMain(source, imported) : (await compiledMain(source, imported)).main!;
const [time] = await interleaved(Number(rounds), [() => main(size)], 20);
console.log(time);
