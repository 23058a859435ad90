async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let n = 3;
  while (n > 0) { log("w", n); n -= await id(1); }
  while ((await id(n)) < 2) { n++; if (n === 1) continue; log("t", n); }
  do { log("d", n); n--; if (n === 1) continue; await id(0); } while (n > 0);
  do { n++; if (n === 2) continue; if (n === 5) break; log("e", n); } while ((await id(n)) < 9);
  do log("once"); while (await id(false));
  while (false) await id(1);
  let k = 0;
  while (true) { if (++k > 3) break; await id(k); }
  log(k);
}
