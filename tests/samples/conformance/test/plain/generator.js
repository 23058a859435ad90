/*---
description: variables of a generator, captured or not, are there behind a yield
---*/
function* words(first) {
  const second = `${first}${first}`;
  let shared = 0;
  const count = () => (shared += 1);
  yield first;
  count();
  yield second;
  yield shared;
}
assert.sameValue([...words("a")].join(), "a,aa,1");
