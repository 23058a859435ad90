async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  outer: for (let i = 0; i < 4; i++) {
    inner: for (let j = 0; j < 4; j++) {
      if (j === 2) continue outer;
      if (i === 2) break outer;
      if (i === 1 && j === 0) continue inner;
      log(i, j, await id("x"));
    }
    log("not here");
  }
  block: { log("in"); if (await id(true)) break block; log("skipped"); }
  const block = 1;
  log(block);
  a: b: for (const x of [1, 2, 3]) { for (const y of [1, 2]) { if (y === 2) continue a; if (x === 3) break b; log(x, await id(y)); } }
  done: if (await id(1)) { for (;;) { await id(1); break done; } }
  loop: do { let k = 0; while (true) { if (k++ === 2) continue loop; await id(k); } } while (await id(false));
  sw: switch (await id(1)) { case 1: for (const z of [1, 2]) { if (z === 2) break sw; log("sw", z); } log("no"); }
  x: { y: { await id(1); break x; } log("no"); }
  log("end");
}
