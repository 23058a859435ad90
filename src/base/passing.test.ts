import assert from "node:assert/strict";
import { test } from "node:test";
import { PassingMap, PassingSet } from "./passing.ts";
import { seededRandom } from "./random.ts";

test("what comes and goes is there, in the order of a Map and a Set (P1)", () => {
  for (const seed of [1, 2, 3, 4]) {
    const random = seededRandom(seed);
    const [map, plainMap] = [new PassingMap<number, number>(), new Map<number, number>()];
    const [set, plainSet] = [new PassingSet<number>(), new Set<number>()];
    for (let step = 0; step < 3_000; step++) {
      const key = Math.floor(random() * 20 * seed);
      if (random() < 0.5) {
        map.set(key, step);
        plainMap.set(key, step);
        set.add(key);
        plainSet.add(key);
      } else {
        assert.equal(map.delete(key), plainMap.delete(key));
        assert.equal(set.delete(key), plainSet.delete(key));
      }
      assert.equal(map.get(key), plainMap.get(key));
      assert.equal(map.has(key), set.has(key));
      assert.equal(map.size, plainMap.size);
      assert.equal(set.size, plainSet.size);
      if (step % 50 === 0) {
        assert.deepEqual([...map], [...plainMap]);
        assert.deepEqual([...set], [...plainSet]);
      }
    }
    map.clear();
    set.clear();
    assert.deepEqual([[...map.values()], [...set]], [[], []]);
  }
});
