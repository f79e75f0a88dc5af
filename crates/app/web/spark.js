// A sparkline: one canvas, one line, gaps kept, a dot at the end. Decoration beside the figures, so it has no axis.
import { ink } from "./ink.js";

export const WIDTH = 96;
export const HEIGHT = 20;

export function sparkCanvas(label) {
  const canvas = document.createElement("canvas");
  canvas.className = "spark";
  canvas.width = WIDTH * 2;
  canvas.height = HEIGHT * 2;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
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
