/*---
description: what a closure captures is there behind an await, for it and for its function
flags: [async]
---*/
async function main() {
  let base = 10;
  let count = 0;
  const add = (more) => (count += base + more);
  await 0;
  add(1);
  base = await 20;
  add(2);
  assert.sameValue(`${base} ${count}`, "20 33");
}
main().then($DONE, $DONE);
