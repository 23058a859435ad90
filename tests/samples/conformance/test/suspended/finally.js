/*---
description: what is thrown is not forgotten by a finally block that waits
flags: [async]
---*/
async function main() {
  const seen = [];
  try {
    try {
      throw new Test262Error("kept");
    } finally {
      seen.push(await "waited");
    }
  } catch (error) {
    seen.push(error.message);
  }
  assert.sameValue(seen.join(), "waited,kept");
}
main().then($DONE, $DONE);
