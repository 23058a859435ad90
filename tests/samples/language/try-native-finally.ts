async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const ended: string[] = [];
  const f = async (mode) => {
    for (let i = 0; i < 2; i++) {
      try {
        await id(0);
        if (mode === "break") break;
        if (mode === "continue") continue;
        if (mode === "return") return "r";
        if (mode === "throw") throw new Error("t");
        await id(1);
      } finally { ended.push(mode + i); }
    }
    return "end";
  };
  for (const m of ["none", "break", "continue", "return", "throw"]) { try { log(await f(m)); } catch (e) { log(e.message); } }
  log(ended);
  const g = async () => { try { await id(1); throw new Error("lost"); } finally { return "override"; } };
  log(await g());
  const h = async () => { let x = 0; try { x = await id(1); } finally { x += 10; log(x); } return x; };
  log(await h());
}
