// Charts of Market. Lines over days: final solid, provisional dashed, first print faint, gaps kept; a cursor by arrow keys that is spoken.
// Bars of a distribution now against then: filled on a zero line, the past as an outline, a tick at each median.
import { make } from "./html.js";
import { ink, onTheme } from "./canvas.js";
import { format, day, spoken } from "./format.js";
import uPlot from "./vendor/uplot.js";

const HEIGHT = 180;
const FOOT = 22;

/** Where the half of the homes is reached, in the bins. */
function medianOf({ counts, n }, edges) {
  let seen = 0;
  for (let bin = 0; bin < counts.length; bin += 1) {
    if (counts[bin] && seen + counts[bin] >= n / 2) return edges[bin] + ((n / 2 - seen) / counts[bin]) * (edges[bin + 1] - edges[bin]);
    seen += counts[bin];
  }
  return null;
}

export class Bars {
  constructor(label) {
    this.canvas = make("canvas", { className: "bars", role: "img", "aria-label": label });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.offTheme = onTheme(() => this.draw());
  }

  show(distribution, unit) {
    Object.assign(this, { distribution, unit });
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width || !this.distribution) return;
    const { now, then } = this.distribution;
    const edges = this.distribution.edges.map(Number);
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = width * ratio;
    this.canvas.height = HEIGHT * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const floor = HEIGHT - FOOT;
    const low = edges[0];
    const high = edges[edges.length - 1];
    const x = (value) => ((value - low) / (high - low || 1)) * (width - 2) + 1;
    const share = (side) => (side?.n ? side.counts.map((count) => count / side.n) : []);
    const [shareNow, shareThen] = [share(now), share(then)];
    const top = Math.max(...shareNow, ...shareThen, 1e-9);
    const y = (value) => floor - (value / top) * (floor - 16);
    context.fillStyle = ink("--series-2");
    context.globalAlpha = 0.7;
    shareNow.forEach((value, bin) => value && context.fillRect(x(edges[bin]) + 0.5, y(value), Math.max(1, x(edges[bin + 1]) - x(edges[bin]) - 1), floor - y(value)));
    context.globalAlpha = 1;
    if (shareThen.length) {
      context.beginPath();
      context.moveTo(x(edges[0]), floor);
      shareThen.forEach((value, bin) => { context.lineTo(x(edges[bin]), y(value)); context.lineTo(x(edges[bin + 1]), y(value)); });
      context.lineTo(x(high), floor);
      context.strokeStyle = ink("--text");
      context.lineWidth = 1.25;
      context.stroke();
    }
    context.strokeStyle = ink("--edge");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, floor + 0.5); context.lineTo(width, floor + 0.5);
    context.stroke();
    for (const [side, colour] of [[then, "--text"], [now, "--series-2"]]) {
      if (!side?.n) continue;
      const middle = medianOf(side, edges);
      if (middle === null) continue;
      context.fillStyle = ink(colour);
      context.beginPath();
      context.moveTo(x(middle), floor - 1); context.lineTo(x(middle) - 4, floor + 7); context.lineTo(x(middle) + 4, floor + 7);
      context.fill();
    }
    context.fillStyle = ink("--second");
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "bottom";
    context.fillText(format(low, this.unit), 0, HEIGHT);
    context.textAlign = "right";
    context.fillText(format(high, this.unit), width, HEIGHT);
  }

  destroy() {
    this.observer.disconnect();
    this.offTheme();
    this.canvas.width = 0;
  }
}

const seconds = (date) => Date.parse(date + "T00:00:00Z") / 1000;
const dateOf = (second) => new Date(second * 1000).toISOString().slice(0, 10);
const utc = (second) => uPlot.tzDate(new Date(second * 1000), "Etc/UTC");

/** Rows of a series as the columns of the chart. The dashed line starts at the last final point, so that it meets the solid one. */
function columnsOf(rows, withFirst) {
  const columns = [[], [], [], []];
  let lastFinal = -1;
  rows.forEach((row, index) => {
    const value = row.value === null ? null : Number(row.value);
    const final = row.status === "final";
    columns[0].push(seconds(row.date));
    columns[1].push(final ? value : null);
    columns[2].push(final ? null : value);
    columns[3].push(withFirst && row.first_print !== null && row.first_print !== undefined ? Number(row.first_print) : null);
    if (final && value !== null) lastFinal = index;
  });
  if (lastFinal >= 0 && lastFinal + 1 < rows.length && rows[lastFinal + 1].value !== null) columns[2][lastFinal] = columns[1][lastFinal];
  return columns;
}

/** Lowest and highest of several series, with a margin: the one y range of small multiples. */
export function rangeOf(series, fromZero) {
  let low = Infinity;
  let high = -Infinity;
  for (const rows of series) {
    for (const row of rows) {
      for (const value of [row.value, row.first_print]) {
        if (value === null || value === undefined) continue;
        low = Math.min(low, Number(value));
        high = Math.max(high, Number(value));
      }
    }
  }
  if (low === Infinity) return null;
  if (fromZero) low = Math.min(0, low);
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
  return [fromZero && low === 0 ? 0 : low - margin, high + margin];
}

export class LineChart {
  #aborter = new AbortController();

  /** `height` in px; `quiet` leaves out axis labels' width (small multiples keep it); `speak(text)` gets the cursor's words. */
  constructor({ label, unit, height, speak, sync, small = false }) {
    Object.assign(this, { unit, height, speak, sync, small });
    this.readout = make("p", { className: "readout", data: { num: "chart|cursor" }, "aria-hidden": "true" });
    this.plotElement = make("div", { className: "plot", "aria-hidden": "true" });
    this.element = make("div", { className: "chart" + (small ? " small" : ""), tabIndex: 0, role: "application", "aria-roledescription": "chart", "aria-label": label }, this.plotElement, this.readout);
    this.element.addEventListener("keydown", (event) => this.#key(event), { signal: this.#aborter.signal });
    this.observer = new ResizeObserver(() => {
      const width = this.plotElement.clientWidth;
      if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: this.height });
    });
    this.observer.observe(this.plotElement);
    this.offTheme = onTheme(() => this.#build());
  }

  show(rows, { range, first = false, span = "" } = {}) {
    this.rows = rows;
    this.first = first;
    // The axis only grows under a reader's eyes; a new span starts it anew.
    this.range = range && this.range && this.span === span ? [Math.min(range[0], this.range[0]), Math.max(range[1], this.range[1])] : range;
    this.span = span;
    const data = columnsOf(rows, first);
    if (this.plot) this.plot.setData(data);
    else this.#build(data);
  }

  #build(data = this.rows && columnsOf(this.rows, this.first)) {
    if (!data) return;
    this.plot?.destroy();
    const line = { stroke: ink("--second"), font: "12px system-ui, sans-serif", grid: { stroke: ink("--hairline"), width: 1 }, ticks: { show: false } };
    const series = (stroke, more) => ({ stroke, width: 1.75, spanGaps: false, points: { show: (plot, at) => plot.data[at].filter((value) => value !== null).length === 1, size: 5 }, ...more });
    this.plot = new uPlot({
      width: this.plotElement.clientWidth || 600,
      height: this.height,
      tzDate: utc,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 }, ...(this.sync ? { sync: { key: this.sync } } : {}) },
      scales: { x: { time: true }, y: { range: () => this.range || [0, 1] } },
      axes: [
        { ...line, size: this.small ? 20 : 26, space: 70, values: (plot, splits, axis, space, step) => splits.map((split) => this.#date(split, step)) },
        { ...line, size: 58, space: this.height / (this.small ? 2.5 : 4.5), values: (plot, splits) => splits.map((split) => format(split, this.unit)) },
      ],
      series: [
        {},
        series(ink("--series-1")),
        series(ink("--series-1"), { dash: [5, 4] }),
        series(ink("--series-4"), { width: 1, dash: [2, 2], show: this.first, points: { show: false } }),
      ],
      hooks: { setCursor: [(plot) => this.#read(plot.cursor.idx)], init: [(plot) => plot.over.addEventListener("pointerleave", () => (this.readout.textContent = ""), { signal: this.#aborter.signal })] },
    }, data, this.plotElement);
  }

  #date(second, step) {
    const date = dateOf(second);
    const [, month, dayOfMonth] = day(date).match(/^(\w+) (\d+)/) || [];
    if (step >= 28 * 86400) return month === "Jan" || step > 300 * 86400 ? date.slice(0, 4) : month;
    return `${month} ${dayOfMonth}`;
  }

  #words(index) {
    const row = this.rows?.[index];
    if (!row) return "";
    const first = this.first && row.first_print !== null && row.first_print !== undefined && Number(row.first_print) !== Number(row.value) ? `, first print ${format(row.first_print, this.unit, "full")}` : "";
    return row.value === null ? `${day(row.date)}: no value` : `${day(row.date)}: ${format(row.value, this.unit, "full")}, n ${format(row.n, "count")}, ${row.status}${first}`;
  }

  #read(index) {
    const words = index === null || index === undefined ? "" : this.#words(index);
    if (this.readout.textContent !== words) this.readout.textContent = words;
  }

  #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 }[event.key];
    const last = (this.rows?.length || 0) - 1;
    if (last < 0 || !this.plot) return;
    if (steps === undefined && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    const at = this.at ?? this.plot.cursor.idx ?? last;
    this.at = event.key === "Home" ? 0 : event.key === "End" ? last : Math.max(0, Math.min(last, (this.at === undefined && steps < 0 ? last + 1 : at) + steps));
    const row = this.rows[this.at];
    const value = row.value === null ? this.range?.[0] ?? 0 : Number(row.value);
    this.plot.setCursor({ left: this.plot.valToPos(seconds(row.date), "x"), top: this.plot.valToPos(value, "y") });
    this.readout.textContent = this.#words(this.at);
    this.speak?.(row.value === null ? `${day(row.date)}, no value` : `${day(row.date)}, ${spoken(row.value, this.unit)}, ${row.status}`);
  }

  get canvas() {
    return this.plot?.ctx.canvas;
  }

  destroy() {
    this.#aborter.abort();
    this.observer.disconnect();
    this.offTheme();
    this.plot?.destroy();
    this.plot = null;
    this.rows = null;
    this.element.remove();
  }
}
