/** Iterators of matches that are held across suspensions, in a loop and in the hand. */
type Log = (...values: unknown[]) => void;

export default async function main(log: Log): Promise<unknown> {
  const text = "one 1, two 22, three 333 𝒳𝒴";
  for (const match of text.matchAll(/(?<word>[a-z]+) (\d+)/g)) {
    await null;
    log(match.index, match[0], match[1], match[2], match.groups?.["word"]);
  }
  const matches = text.matchAll(/\d+/g);
  log(matches.next().value?.[0], Object.prototype.toString.call(matches), matches[Symbol.iterator]() === matches);
  await null;
  log([...matches].map(([digits]) => digits), matches.next().done);
  await null;
  log(matches.next());
  // Empty matches go on by a character, where the expression knows characters.
  for (const flags of ["g", "gu", "gy"]) {
    const empty = "a𝒳b".matchAll(new RegExp("(?:)", flags));
    const places: unknown[] = [];
    for (let next = empty.next(); !next.done; next = empty.next()) {
      places.push(next.value.index);
      await null;
    }
    log(flags, places);
  }
  const from = /o/g;
  from.lastIndex = 2;
  const later = "foo boo".matchAll(from);
  log(from.lastIndex);
  await null;
  log([...later].map(({ index }) => index), from.lastIndex);
  for (const plain of "a.b.c".matchAll(".")) {
    await null;
    log(plain.index);
  }
  try {
    log("x".matchAll(/x/));
  } catch (error) {
    log((error as Error).constructor.name);
  }
  class Loud extends RegExp {
    override exec(string: string): RegExpExecArray | null {
      log(`exec at ${this.lastIndex}`);
      return super.exec(string);
    }
  }
  for (const match of "aba".matchAll(new Loud("a", "g"))) log(match.index);
  log([..."aba".matchAll((await null) ?? /a/g)].length);
  // What the operand is made of is held until then.
  class Words {
    re = /\w/g;
    *each(text: string, flags = "g"): Generator<unknown> {
      for (const { index } of text.matchAll(this.re)) yield index;
      for (const { index } of text.matchAll(new RegExp(this.re, flags))) yield index;
    }
    async all(text: string, re = this.re): Promise<unknown[]> {
      const found: unknown[] = [];
      const pattern = "b";
      await null;
      for (const { index } of text.matchAll(re)) found.push(await index);
      const later = text.matchAll(this.re);
      await null;
      return [found, ...[...later, ...text.matchAll(pattern as never)].map(({ index }) => index)];
    }
  }
  const words = new Words();
  const each = words.each("a b");
  for (let next = each.next(); !next.done; next = each.next()) {
    log(next.value);
    await null;
  }
  log(await words.all("ab"));
  const own = { matchAll: (...all: unknown[]) => all.length, text };
  log(own.matchAll(/a/g), "ab"?.matchAll(/b/g).next().value?.index);
  const broken = undefined as unknown as string;
  try {
    broken.matchAll(new RegExp(String(log("not evaluated")), "g"));
  } catch (error) {
    log((error as Error).message);
  }
  try {
    broken.matchAll(/a/g);
  } catch (error) {
    log((error as Error).message);
  }
  return null;
}
