// The one renderer of figures: `<data class=num data-num=ID value=RAW>`. No digit of a view is written anywhere else.
import { html, make } from "./html.js";
import { arrow, format, UNKNOWN } from "./format.js";

/**
 * A figure is {id, value, unit, context?, reason?, delta?}: `id` is a reading id, with `#delta`, `#usual` or `#n` for what
 * is derived from one; `reason` says why a value is unknown; `delta: true` adds the direction as a class (and so an arrow).
 */
function figureText(figure) {
  return format(figure.value, figure.unit, figure.context);
}

function figureClass(figure) {
  let name = "num";
  if (figure.value === null || figure.value === undefined) return name + " unknown";
  if (figure.delta) name += { "▲": " up", "▼": " down", "■": " flat" }[arrow(figure.value)];
  if (figure.few) name += " few";
  return name;
}

const raw = (value) => (value === null || value === undefined ? "" : String(value));
const unknownWords = (figure) => "unknown: " + (figure.reason || "no value");

/** As a node of the virtual document. */
export function num(figure) {
  const text = figureText(figure);
  const unknown = text === UNKNOWN;
  return html`<data class=${figureClass(figure)} data-num=${figure.id} value=${raw(figure.value)}
    title=${unknown ? unknownWords(figure) : figure.title}>${text}${unknown ? html`<span class="sr">, ${unknownWords(figure)}</span>` : null}</data>`;
}

/** Writes a figure into its element. True when the text a reader sees has changed. */
export function writeNum(element, figure) {
  const text = figureText(figure);
  const name = figureClass(figure);
  if (element.dataset.num !== figure.id) element.dataset.num = figure.id;
  const value = raw(figure.value);
  if (element.getAttribute("value") !== value) element.setAttribute("value", value);
  const kept = element.classList.contains("changed") ? name + " changed" : name;
  if (element.className !== kept) element.className = kept;
  if (element.firstChild && element.firstChild.nodeValue === text) return false;
  const first = !element.firstChild;
  element.textContent = text;
  if (text === UNKNOWN) {
    element.title = unknownWords(figure);
    element.append(make("span", { className: "sr" }, ", " + unknownWords(figure)));
  } else if (element.title) element.removeAttribute("title");
  return !first;
}

/** A new element that shows a figure. */
export function numElement(figure) {
  const element = make("data");
  writeNum(element, figure);
  return element;
}

/** The status of a row, or, when it is too old to look live, its age. */
export function statusElement(row, text) {
  return row.age === null || row.age === undefined ? make("span", { className: text === "current" ? "status ordinary" : "status" }, text)
    : make("span", { className: "status stale-age" }, "▲ ", numElement({ id: row.id + "#age", value: row.age, unit: "s" }), " old");
}

/** The mark of simulated areas and feeds, where it is needed. */
export const markElements = (simulated) => (simulated ? [" ", make("span", { className: "mark simulated" }, "simulated")] : []);

/** The id of a series: a reading id without its date, so that today's value replaces yesterday's. */
export function seriesOf(id) {
  return id.split("|").slice(0, 6).join("|");
}

/** The id of a reading row. */
export function readingId(row) {
  return `${row.level}:${row.area}|${row.segment}|${row.kind}|${row.measure}|${row.variant}|${row.window}|${row.date}`;
}

/** The change of a value against the one before, in the unit that changes of it have. */
export function deltaOf(value, previous, unit) {
  if (value === null || previous === null || previous === undefined || value === undefined) return null;
  const difference = Number(value) - Number(previous);
  if (unit === "pp") return difference * 100;
  if (unit === "d") return difference;
  return Number(previous) === 0 ? null : (difference / Math.abs(Number(previous))) * 100;
}
