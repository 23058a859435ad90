async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  outer: for (let i = 0; i < 3; i++) {
    try {
      for (let j = 0; j < 3; j++) {
        try {
          if (j === 1) continue;
          if (i === 1) continue outer;
          if (i === 2) break outer;
          log("body", i, j, await id(0));
        } finally { log("f1", i, j, await id(1)); }
      }
    } finally { log("f2", i); await id(2); }
  }
  const stale = async () => { try { for (;;) { try { return 1; } finally { break; } } await id(0); return 2; } finally { await id(3); log("stale?"); } };
  log(await stale());
  const stale2 = async () => { try { for (let k = 0; ; k++) { try { if (k < 2) return k; break; } finally { if (k < 2) continue; } } log("fell out"); } finally { await id(3); } return "end"; };
  log(await stale2());
  const s = async (v) => { switch (v) { case 1: try { break; } finally { await id(0); log("sw fin"); } case 2: return "two"; } return "broke"; };
  log(await s(1), await s(2));
  const both = async () => { for (const x of [1, 2]) { try { if (x === 1) continue; return x; } finally { await id(x); log("both", x); } } };
  log(await both());
  let n = 0;
  while (n < 3) { try { n++; if (n === 2) { await id(0); continue; } log("w", n); } catch { log("never"); } finally { try { await id(1); } finally { log("ff", await id(n)); } } }
}
