// What canvases share: the colours of the style sheet, read once for each theme; and sparklines, which are decoration beside figures: no axis, gaps kept, a dot at the end.
import { make } from "./html.js";

let held = new Map();
const watchers = new Set();

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
  matchMedia(query).addEventListener("change", () => {
    held = new Map();
    for (const watcher of watchers) watcher();
  });
}

export function ink(token) {
  if (!held.has(token)) held.set(token, getComputedStyle(document.documentElement).getPropertyValue(token).trim());
  return held.get(token);
}

/** Calls back when the theme changes, until the returned function is called. */
export function onTheme(redraw) {
  watchers.add(redraw);
  return () => watchers.delete(redraw);
}

const WIDTH = 96;
const HEIGHT = 20;

export function sparkCanvas() {
  return make("canvas", { className: "spark", width: WIDTH * 2, height: HEIGHT * 2, role: "img" });
}

export function drawSpark(canvas, values) {
  const context = canvas.getContext("2d");
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (index) => 1 + (index / (values.length - 1)) * (WIDTH - 6);
  const y = (value) => (high === low ? HEIGHT / 2 : HEIGHT - 3 - ((value - low) / (high - low)) * (HEIGHT - 6));
  context.beginPath();
  let open = false;
  values.forEach((value, index) => {
    if (value === null) open = false;
    else if (open) context.lineTo(x(index), y(value));
    else {
      context.moveTo(x(index), y(value));
      open = true;
    }
  });
  context.strokeStyle = ink("--second");
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.stroke();
  const last = values.length - 1;
  if (values[last] === null) return;
  context.beginPath();
  context.arc(x(last), y(values[last]), 2, 0, 7);
  context.fillStyle = ink("--text");
  context.fill();
}
