/**
 * Plots of what a bench has measured, as SVG: lines over a quantity, and bars over names.
 *
 *   writePlot("docs/plots/scaling.svg", await linePlot({ title, x: { label: "workers" }, y: { label: "time", unit: "s", log: true }, series }))
 *
 * P1. An axis says what it shows and in which unit. It begins at 0 unless it is logarithmic.
 * P2. What is measured is a point; lines between points lead the eye. A fit is dashed, and its law is in the legend.
 * P3. The same data give the same bytes, whatever machine draws them: text is set by rule, and not measured.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

export interface Axis {
  readonly label: string;
  readonly unit?: string;
  /** Logarithmic; what it shows has to be above 0. */
  readonly log?: boolean;
  /** Shown on the axis; else chosen by the range. */
  readonly ticks?: readonly number[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** How far it spread over the rounds. */
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Draws y = fixed + factor * x^exponent as it fits the points from this place on (P2). `fixed`: what there is to pay for next to nothing; absent: 0. */
  readonly fit?: Fit;
  /** Something to compare with, that was not measured: a dashed line without points. */
  readonly reference?: boolean;
}

export interface Fit {
  readonly from: number;
  readonly fixed?: number;
}

export interface LinePlot {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface BarPlot {
  readonly title: string;
  readonly subtitle?: string;
  /** What the bars show. */
  readonly value: Axis;
  /** In the order in which they are drawn, from above; with several series, the bars of one name stand together. */
  readonly bars: readonly { readonly name: string; readonly series?: string; readonly value: number }[];
  /** A line across all bars: a target. */
  readonly rule?: { readonly value: number; readonly label: string };
}

/** Told apart by those who see colours otherwise, too (Okabe and Ito, 2008), and legible on white. */
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"];
const ink = "#333333";
const width = 560;
const height = 340;

const config: NonNullable<TopLevelSpec["config"]> = {
  background: "white",
  padding: 14,
  font: "Helvetica, Arial, DejaVu Sans, sans-serif",
  view: { stroke: null },
  title: {
    anchor: "start",
    frame: "group",
    fontSize: 16,
    subtitleFontSize: 12,
    color: ink,
    subtitleColor: "#666666",
    offset: 14,
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: ink,
    titleColor: ink,
    gridColor: "#e6e6e6",
    domainColor: "#999999",
    tickColor: "#999999",
    titlePadding: 8,
  },
  legend: {
    labelFontSize: 12,
    labelLimit: 500,
    title: null,
    orient: "bottom",
    columns: 2,
    symbolSize: 90,
    symbolOpacity: 1,
  },
  range: { category: colours },
};

/** @returns SVG */
export function linePlot({ title, subtitle, x, y, series }: LinePlot): Promise<string> {
  const legends = series.map(legendOf);
  const points = series.flatMap(({ points, reference = false, fit }, index) =>
    points.map((point) => ({ ...point, series: legends[index], reference, fitted: fit !== undefined })),
  );
  const colour = { field: "series", type: "nominal", scale: { domain: legends } };
  const place = {
    x: {
      field: "x",
      type: "quantitative",
      ...scaleOf(
        x,
        points.map((point) => point.x),
      ),
    },
    y: {
      field: "y",
      type: "quantitative",
      ...scaleOf(
        y,
        points.map((point) => point.y),
      ),
    },
    color: legends.length === 1 && legends[0] === series[0]!.name ? { ...colour, legend: null } : colour,
  };
  const layer = (values: readonly object[], mark: object, encoding: object = place): object => ({
    data: { values },
    mark,
    encoding,
  });
  return draw({
    ...headOf(title, subtitle),
    width,
    height,
    layer: [
      layer(
        points.filter(({ low, high }) => low !== undefined && high !== undefined),
        { type: "rule", opacity: 0.4, strokeWidth: 4 },
        { ...place, y: { ...place.y, field: "low" }, y2: { field: "high" } },
      ),
      layer(
        points.filter(({ reference }) => reference),
        { type: "line", strokeDash: [2, 3], strokeWidth: 1.5 },
      ),
      layer(series.flatMap(curveOf), { type: "line", strokeDash: [6, 4], strokeWidth: 1.5 }),
      layer(
        points.filter(({ reference, fitted }) => !reference && !fitted),
        { type: "line", strokeWidth: 2 },
      ),
      layer(
        points.filter(({ reference }) => !reference),
        { type: "point", filled: true, size: 60, opacity: 1 },
      ),
    ],
  });
}

/** @returns SVG */
export function barPlot({ title, subtitle, value, bars, rule }: BarPlot): Promise<string> {
  const names = [...new Set(bars.map(({ name }) => name))];
  const series = [...new Set(bars.map((bar) => bar.series ?? ""))];
  const isOne = series.length === 1;
  const reach = [...bars.map((bar) => bar.value), ...(rule === undefined ? [] : [rule.value])];
  const base = domainOf(reach)[0];
  const data = {
    values: bars.map((bar) => ({ ...bar, series: bar.series ?? "", text: shown(bar.value), base })),
  };
  const x = { field: "value", type: "quantitative", ...scaleOf(value, reach) };
  const place = {
    x,
    y: { field: "name", type: "nominal", sort: names, axis: { title: null, ticks: false, labelLimit: 400 } },
    yOffset: { field: "series", sort: series },
  };
  const legend = isOne ? { legend: null } : {};
  const colour = { field: "series", type: "nominal", scale: { domain: series }, ...legend };
  return draw({
    ...headOf(title, subtitle),
    width,
    height: { step: isOne ? 26 : 18 },
    layer: [
      // A bar on a logarithmic axis has no zero to begin at: it begins where the axis does.
      {
        data,
        mark: { type: "bar" },
        encoding: { ...place, ...(value.log ? { x2: { field: "base" } } : {}), color: colour },
      },
      ...(rule === undefined ? [] : ruleLayers(rule, x)),
      ...valueLayers(data, place),
    ],
  });
}

/** First on white, so that they can be read where a rule is. */
function valueLayers(data: object, place: object): object[] {
  return [{ stroke: "white", strokeWidth: 4 }, {}].map((outline) => ({
    data,
    mark: { type: "text", align: "left", dx: 4, fontSize: 11, color: ink, ...outline },
    encoding: { ...place, text: { field: "text", type: "nominal" } },
  }));
}

function ruleLayers(rule: NonNullable<BarPlot["rule"]>, x: object): object[] {
  const data = { values: [rule] };
  return [
    { data, mark: { type: "rule", strokeDash: [4, 3], color: ink }, encoding: { x } },
    {
      data,
      mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -4, fontSize: 11, color: ink },
      encoding: { x, y: { value: 0 }, text: { field: "label" } },
    },
  ];
}

/** The points to which a law is fitted, without the fixed part. */
function fittedPoints(points: readonly Point[], { from, fixed = 0 }: Fit): readonly Point[] {
  return points.filter(({ x, y }) => x >= from && y > fixed).map(({ x, y }) => ({ x, y: y - fixed }));
}

/** The law y = factor * x^exponent that fits best, by least squares of the logarithms. */
export function fitPower(points: readonly Point[]): { readonly factor: number; readonly exponent: number } {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map((log) => log.x));
  const y = mean(logs.map((log) => log.y));
  const exponent =
    logs.reduce((sum, log) => sum + (log.x - x) * (log.y - y), 0) /
    logs.reduce((sum, log) => sum + (log.x - x) ** 2, 0);
  return { factor: Math.exp(y - exponent * x), exponent };
}

export function writePlot(path: string, svg: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, svg);
}

function legendOf({ name, points, fit }: Series): string {
  if (fit === undefined) return name;
  const fitted = fittedPoints(points, fit);
  if (fitted.length < 2) return name;
  const fixed = fit.fixed === undefined ? "" : `${shown(fit.fixed)} + `;
  return `${name}: y ~ ${fixed}x^${fitPower(fitted).exponent.toFixed(2)}`;
}

/** Places on the law that a series was fitted to. */
function curveOf(series: Series): object[] {
  const { points, fit } = series;
  if (fit === undefined) return [];
  const fitted = fittedPoints(points, fit);
  if (fitted.length < 2) return [];
  const { fixed = 0 } = fit;
  const { factor, exponent } = fitPower(fitted);
  const places = fitted.map(({ x }) => x);
  const [from, to] = [Math.min(...places), Math.max(...places)];
  return Array.from({ length: 41 }, (_, index) => {
    const x = from * (to / from) ** (index / 40);
    return { x, y: fixed + factor * x ** exponent, series: legendOf(series) };
  });
}

function scaleOf({ label, unit, log, ticks }: Axis, values: readonly number[]) {
  const title = unit === undefined ? label : `${label} (${unit})`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = log ? { type: "log", domain: domainOf(values), nice: false } : { zero: true, nice: true };
  // Of a logarithmic axis only powers of ten are named where there are several of them.
  const named = log && ticks === undefined ? namedTicks(low, high) : ticks;
  return {
    scale,
    axis: {
      title,
      labelFlush: false,
      labelExpr: labels,
      ...(named === undefined ? { tickCount: 6 } : { values: named }),
    },
  };
}

/** P1. Of a logarithmic axis: with a little room beyond the outermost points, so that they are not cut. */
function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1.05, (high / low) ** 0.04);
  return [low / room, high * room];
}

/** 0.001, 25, 10,000, 1M. */
const labels = "datum.value >= 1e6 ? format(datum.value / 1e6, ',~g') + 'M' : format(datum.value, ',~r')";

function namedTicks(low: number, high: number): number[] {
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, index) => 10 ** (Math.floor(Math.log10(low)) + index),
  );
  const spread = high / low;
  const factors =
    spread > 300 ? [1] : spread > 20 ? [1, 3] : spread > 6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  return decades.flatMap((decade) => factors.map((factor) => Number((decade * factor).toPrecision(6))));
}

function shown(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toExponential(1);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function headOf(title: string, subtitle: string | undefined) {
  // A line is as wide as its letters are by rule (P3), and the plot as its widest line: a long one is cut where it pauses.
  const lines = (subtitle?.length ?? 0) > 70 ? subtitle!.split(/(?<=;) /) : subtitle;
  return { title: lines === undefined ? { text: title } : { text: title, subtitle: lines } };
}

async function draw(spec: object): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config } as TopLevelSpec);
  const view = new View(parse(compiled), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
