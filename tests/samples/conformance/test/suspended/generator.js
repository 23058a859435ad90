/*---
description: variables of an async generator are there behind a yield
flags: [async]
---*/
async function* pairs(limit) {
  let total = 0;
  for (let each = 1; each <= limit; each += 1) {
    total += each;
    const given = yield [each, () => total];
    assert.sameValue(given, undefined);
  }
  return total;
}
async function main() {
  const seen = [];
  for await (const [each, total] of pairs(3)) seen.push(`${each}:${total()}`);
  assert.sameValue(seen.join(), "1:1,2:3,3:6");
}
main().then($DONE, $DONE);
