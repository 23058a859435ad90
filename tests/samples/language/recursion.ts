async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
async function walk(tree, depth = 0) { let n = 1; for (const child of tree.children ?? []) n += await walk(child, depth + 1); return n; }
async function hanoi(n, a, b, c, moves) { if (n === 0) return moves; await hanoi(n - 1, a, c, b, moves); moves.push(`${a}${c}`); await id(0); return hanoi(n - 1, b, a, c, moves); }
async function even(n) { return n === 0 ? true : odd(n - 1); }
async function odd(n) { return n === 0 ? false : await even(n - 1); }
async function ack(m, n) { return m === 0 ? n + 1 : n === 0 ? ack(m - 1, 1) : ack(m - 1, await ack(m, n - 1)); }
export default async function main(log) {
  log(await walk({ children: [{ children: [{}, {}] }, {}] }), (await hanoi(3, "A", "B", "C", [])).join(" "), await even(10), await odd(7), await ack(2, 2));
  const qs = async (xs) => { if (xs.length < 2) return xs; const [p, ...r] = xs; return [...(await qs(r.filter((x) => x < p))), p, ...(await qs(r.filter((x) => x >= p)))]; };
  log(await qs([3, 1, 4, 1, 5, 9, 2, 6]));
}
