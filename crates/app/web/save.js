// Files that the page itself writes. CSV of a frozen screen: RFC 4180, UTC times, and no cell that a spreadsheet would run as a formula.
// Pictures of canvases at twice the size, with title, filters, as-of, n and status burned in, so that they can stand alone.
import { ink } from "./canvas.js";

export function cell(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

export function csv(columns, rows) {
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function saveCsv(name, columns, rows) {
  save(name, new Blob([csv(columns, rows)], { type: "text/csv;charset=utf-8" }));
}

const SCALE = 2;
const MARGIN = 16;
const LINE = 18;

/** The entries of a legend with their places, in as many lines as they need. */
function wrapped(canvas, legend, width) {
  const context = canvas.getContext("2d");
  context.font = "12px system-ui, sans-serif";
  const lines = [];
  let x = Infinity;
  for (const entry of legend) {
    const wide = 16 + context.measureText(entry.text).width + 12;
    if (x + wide > width) {
      lines.push([]);
      x = 0;
    }
    lines[lines.length - 1].push({ ...entry, x });
    x += wide;
  }
  return lines;
}

/** `pictures` are canvases laid over each other; `lines` are said under the title, `notes` under the picture. */
export function savePng(name, { title, lines = [], notes = [], pictures, legend = [] }) {
  const first = pictures[0];
  const width = first.clientWidth;
  const height = first.clientHeight;
  const head = MARGIN + 24 + lines.length * LINE + 8;
  const canvas = document.createElement("canvas");
  const legendLines = wrapped(canvas, legend, width);
  const foot = 8 + legendLines.length * LINE + (legend.length ? 8 : 0) + notes.length * LINE + MARGIN;
  canvas.width = (width + 2 * MARGIN) * SCALE;
  canvas.height = (head + height + foot) * SCALE;
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.fillStyle = ink("--page");
  context.fillRect(0, 0, width + 2 * MARGIN, head + height + foot);
  context.fillStyle = ink("--text");
  context.font = "600 16px system-ui, sans-serif";
  context.fillText(title, MARGIN, MARGIN + 16, width);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = ink("--second");
  lines.forEach((line, index) => context.fillText(line, MARGIN, MARGIN + 24 + (index + 1) * LINE - 4, width));
  for (const picture of pictures) if (picture.width) context.drawImage(picture, MARGIN, head, width, height);
  let y = head + height + 8;
  for (const line of legendLines) {
    for (const { colour, text, x } of line) {
      context.fillStyle = colour;
      context.fillRect(MARGIN + x, y, 12, 12);
      context.fillStyle = ink("--second");
      context.fillText(text, MARGIN + x + 16, y + 10);
    }
    y += LINE;
  }
  if (legend.length) y += 8;
  context.fillStyle = ink("--second");
  notes.forEach((note, index) => context.fillText(note, MARGIN, y + (index + 1) * LINE - 6, width));
  canvas.toBlob((blob) => save(name, blob), "image/png");
}
