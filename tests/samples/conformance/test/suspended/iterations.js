/*---
description: each iteration has its own variable, also where it waits
flags: [async]
---*/
async function main() {
  const made = [];
  for (const each of ["a", "b"]) {
    const doubled = each + each;
    await 0;
    made.push(() => each + doubled);
  }
  assert.sameValue(made.map((one) => one()).join(), "aaa,bbb");
}
main().then($DONE, $DONE);
