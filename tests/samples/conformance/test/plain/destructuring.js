/*---
description: variables of patterns, with defaults
---*/
const {
  a,
  b: [b, ...rest],
  c = a + b,
} = { a: 1, b: [2, 3, 4] };
const sum = () => a + b + c;
let word = "";
for (const [key, value] of Object.entries({ x: 1, y: 2 })) word += `${key}${value}`;
assert.sameValue(`${a} ${b} ${rest} ${c} ${sum()} ${word}`, "1 2 3,4 3 6 x1y2");
