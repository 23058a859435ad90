/*---
description: variables of an async function are there behind an await
flags: [async]
---*/
async function main(first) {
  const second = first + 1;
  const third = await second;
  const fourth = (await third) + second;
  assert.sameValue(`${first} ${second} ${third} ${fourth}`, "1 2 2 4");
}
main(1).then($DONE, $DONE);
