/*---
description: variables of blocks, switches and handlers
---*/
let trace = "";
const note = (what) => {
  trace += what;
};
switch (trace.length) {
  case 0: {
    const inner = "s";
    note(inner);
    break;
  }
  default:
    note("never");
}
try {
  const thrown = new Test262Error("t");
  throw thrown;
} catch ({ message }) {
  const again = () => message;
  note(again());
} finally {
  note("f");
}
assert.sameValue(trace, "stf");
