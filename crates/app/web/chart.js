// A line chart over days: final solid, provisional dashed, first print faint, gaps kept; a cursor by arrow keys that is spoken.
import uPlot from "./vendor/uplot.js";
import { ink, onTheme } from "./ink.js";
import { day, format, spoken } from "./format.js";

const seconds = (date) => Date.parse(date + "T00:00:00Z") / 1000;
const dateOf = (second) => new Date(second * 1000).toISOString().slice(0, 10);
const utc = (second) => uPlot.tzDate(new Date(second * 1000), "Etc/UTC");

/** Rows of a series as the columns of the chart. The dashed line starts at the last final point, so that it meets the solid one. */
export function columnsOf(rows, withFirst) {
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
  constructor({ label, unit, height, speak, sync, small = false, bars = false }) {
    Object.assign(this, { unit, height, speak, sync, small, bars });
    this.element = document.createElement("div");
    this.element.className = "chart" + (small ? " small" : "");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-roledescription", "chart");
    this.element.setAttribute("aria-label", label);
    this.readout = document.createElement("p");
    this.readout.className = "readout";
    this.readout.dataset.num = "chart|cursor";
    this.readout.setAttribute("aria-hidden", "true");
    this.plotElement = document.createElement("div");
    this.plotElement.className = "plot";
    this.plotElement.setAttribute("aria-hidden", "true");
    this.element.append(this.plotElement, this.readout);
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
    const bars = this.bars ? { paths: uPlot.paths.bars({ size: [0.8, 6] }), fill: ink("--series-1"), width: 0, points: { show: false } } : {};
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
        series(ink("--series-1"), bars),
        series(ink("--series-1"), this.bars ? { ...bars, fill: ink("--page"), stroke: ink("--series-1"), width: 1 } : { dash: [5, 4] }),
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
