async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const tried = (log, f) => { try { log(f()); } catch (e) { log(`${e.name}: ${e.message}`); } };
function early() { return late; }
class User { static v = 1; get() { return late2; } }
let seenEarly: any; try { seenEarly = early(); } catch (e) { seenEarly = e.name; }
const late = (() => 5)();
const late2 = late + 1;
export default async function main(log) {
  log(seenEarly, early(), new User().get());
  tried(log, () => x);
  const f = () => x;
  tried(log, f);
  try { x; } catch (e) { log(e.name, await id(1)); }
  try { x = 1; } catch (e) { log(e.name); }
  try { x += 1; } catch (e) { log(e.name); }
  try { x++; } catch (e) { log(e.name); }
  let x = await id(3);
  tried(log, f);
  for (let i = 0; i < 2; i++) {
    if (i === 1) tried(log, () => y);
    try { log(y); } catch (e) { log(i, e.name); }
    const y = await id(i);
    log(y);
  }
  try { new C(); } catch (e) { log(e.name); }
  class C { v = 1; }
  log(new C().v);
  switch (await id(1)) { case 0: let z = 1; case 1: try { z; } catch (e) { log(e.name); } z = 5; log(z); tried(log, () => z); }
  switch (2) { case 1: let t; case 2: try { t = "t"; } catch (e) { log(e.name, () => t); } }
  { const g = () => h(); tried(log, g); const h = () => "h"; tried(log, g); await id(0); }
  try { const q = await id(q); } catch (e) { log(e.name); }
  let u; log(u); 
  for (const k of [1, 2]) { let w; log(w); w = k; await id(0); log(w); }
  for (const k of [1, 2]) { let v; log(v); v = k; const gv = () => v; await id(0); log(gv()); }
}
