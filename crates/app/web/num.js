// The one renderer of figures: `<data class=num data-num=ID value=RAW>`. No digit of a view is written anywhere else.
import { html } from "./html.js";
import { arrow, format, UNKNOWN } from "./format.js";

/**
 * A figure is {id, value, unit, context?, reason?, delta?}: `id` is a reading id, with `#delta`, `#usual` or `#n` for what
 * is derived from one; `reason` says why a value is unknown; `delta: true` adds the direction as a class (and so an arrow).
 */
export function figureText(figure) {
  return format(figure.value, figure.unit, figure.context);
}

export function figureClass(figure) {
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
    const words = document.createElement("span");
    words.className = "sr";
    words.textContent = ", " + unknownWords(figure);
    element.append(words);
  } else if (element.title) element.removeAttribute("title");
  return !first;
}

/** A new element that shows a figure. */
export function numElement(figure) {
  const element = document.createElement("data");
  writeNum(element, figure);
  return element;
}

/** The id of a series: a reading id without its date, so that today's value replaces yesterday's. */
export function seriesOf(id) {
  return id.split("|").slice(0, 6).join("|");
}

/** The id of a reading row. */
export function readingId(row) {
  return `${row.level}:${row.area}|${row.segment}|${row.kind}|${row.measure}|${row.variant}|${row.window}|${row.date}`;
}
