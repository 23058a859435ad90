async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const strings = new Set();
  const same = (s) => strings.add(s);
  for (let i = 0; i < 3; i++) same`only ${await id(i)} once`;
  log(strings.size);
}
