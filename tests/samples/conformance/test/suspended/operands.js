/*---
description: operands that were evaluated before an await are not evaluated again
flags: [async]
---*/
let calls = 0;
const next = () => ++calls;
async function main() {
  const list = [next(), await 0, next(), ...(await [next()]), `${next()}${await "x"}`];
  assert.sameValue(list.join(), "1,0,2,3,4x");
}
main().then($DONE, $DONE);
