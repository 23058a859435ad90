/** Plots: what is asked for is in the picture, and laws are found in data that obey them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { barPlot, fitPower, linePlot, writePlot } from "../../bench/plot.ts";
import { temporaryFolder } from "../acceptance/continua.ts";

const law = [100, 1_000, 10_000].map((x) => ({ x, y: 3 * x ** 1.25 }));

test("a power is fitted exactly to points that obey it", () => {
  const { factor, exponent } = fitPower(law);
  assert.ok(Math.abs(factor - 3) < 1e-9 && Math.abs(exponent - 1.25) < 1e-9, `${factor} ${exponent}`);
});

test("P1, P2: a line plot names its axes with their units, its series, and the fitted power of the points from a place on", async () => {
  const svg = await linePlot({
    title: "Cost",
    x: { label: "items", log: true },
    y: { label: "time", unit: "s", log: true },
    // The first point is a fixed cost, which a fit over all would take for part of the law.
    series: [
      { name: "ours", points: [{ x: 10, y: 900 }, ...law], fit: { from: 100 } },
      { name: "other", points: [{ x: 10, y: 100, low: 50, high: 200 }] },
    ],
  });
  for (const text of ["Cost", "items", "time (s)", "ours: y ~ x^1.25", "other", "10,000"])
    assert.ok(svg.includes(`>${text}<`), text);
});

test("P3: a bar plot is the same twice, and is written where it is asked for", async (t) => {
  const draw = (): Promise<string> =>
    barPlot({
      title: "Overhead",
      value: { label: "time", unit: "s" },
      bars: [
        { name: "grep", series: "plain", value: 10 },
        { name: "grep", series: "ours", value: 10.75 },
      ],
      rule: { value: 11, label: "1.10 times plain" },
    });
  const svg = await draw();
  assert.equal(svg, await draw());
  const path = join(temporaryFolder(t), "deep/plot.svg");
  writePlot(path, svg);
  const written = readFileSync(path, "utf8");
  for (const text of ["grep", "time (s)", "10.8", "1.10 times plain"])
    assert.ok(written.includes(`>${text}<`), text);
});
