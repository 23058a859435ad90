async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const strings = new Set();
  const same = (s) => strings.add(s);
  for (let i = 0; i < 3; i++) same`only ${await id(i)} once`;
  log(strings.size);
  const keep = (s, ...x) => [s, ...x], make = () => keep`a${1}b\u{41}\x41`;
  const first = make(), other = keep`a${1}b\u{41}\x41`, held: any = { keep, async late(s, ...x) { await id(0); return [this === held, s.raw.join("|"), ...x]; }, get: () => keep };
  await id(0);
  log(first[0] === make()[0], first[0] === other[0], first[0].raw.join("|"), Object.isFrozen(first[0]), first[0].raw === make()[0].raw);
  log(await held.late`x${await id(1)}y${2}`, held.keep`q`[0][0], held.get()`r${await id(3)}`.length, String.raw`\n${1}`, await held["late"]`z`);
  const bad: any = keep`\unicode`; log(bad[0][0], bad[0].raw[0]);
}
