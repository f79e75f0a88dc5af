// The distribution now against then: filled bars on a zero line, the past as an outline, a tick at each median.
import { ink, onTheme } from "./ink.js";
import { format } from "./format.js";

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
    this.canvas = document.createElement("canvas");
    this.canvas.className = "bars";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
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
