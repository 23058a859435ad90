const assert = {
  sameValue(found, expected) {
    if (!Object.is(found, expected)) throw new Test262Error(`${String(found)} is not ${String(expected)}`);
  },
};
