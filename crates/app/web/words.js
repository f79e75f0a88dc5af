// Names that a reader sees for the words of the data: windows, segments, kinds, states of a feed, and the mark of simulated areas.
import { html } from "./html.js";
import { nameOf } from "./places.js";

export const WINDOWS = { now: "now", day: "the day", month: "the month", "1d": "1 day", "7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "1 year", all: "all history" };
export const windowWords = (window) => WINDOWS[window] || window;

export const LEVELS = { zip: "ZIP codes", city: "cities", county: "counties", metro: "metros", state: "states", nation: "nation" };
export const LEVEL = { zip: "ZIP code", city: "city", county: "county", metro: "metro", state: "state", nation: "nation" };
export const levelWords = (level) => LEVELS[level] || level;

export function segmentWords(segment) {
  if (segment === "all") return "all types";
  const [group, value] = segment.split(":");
  if (group === "type") return value.replace(/_/g, " ");
  if (group === "beds" || group === "bedrooms") return value + " bedrooms";
  return segment.replace(":", " ");
}

/** The measure's title, or its name in words until the measures are here. */
export function titleOf(measures, measure) {
  const known = measures.get(measure);
  if (known?.title) return known.title;
  const words = measure.replace(/_/g, " ").replace("per area", "per ft²");
  return words[0].toUpperCase() + words.slice(1);
}

/** Name and mark of an area. */
export function place(area, href) {
  const { name, simulated } = nameOf(area);
  return html`${href ? html`<a class="place" data-place href=${href}>${name}</a>` : html`<span data-place>${name}</span>`}${simulated ? html` <span class="mark simulated">simulated</span>` : null}`;
}

export const FEED_ORDER = ["failing", "stale", "lagging", "live", "quiet", "ended"];
/** Shape beside the word of each state: never colour alone. */
export const SHAPES = { live: "●", lagging: "◐", stale: "▲", offline: "✕", paused: "❚❚", asof: "◷", loading: "○", polling: "●", failing: "✕", quiet: "–", ended: "■", still: "○" };
