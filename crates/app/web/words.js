// Names that a reader sees for the words of the data: windows, segments, states of a feed, areas with the mark of simulated ones, and how areas meet the shapes of the map.
import { html } from "./html.js";

const STATES = "AL01 AK02 AZ04 AR05 CA06 CO08 CT09 DE10 DC11 FL12 GA13 HI15 ID16 IL17 IN18 IA19 KS20 KY21 LA22 ME23 MD24 MA25 MI26 MN27 MS28 MO29 MT30 NE31 NV32 NH33 NJ34 NM35 NY36 NC37 ND38 OH39 OK40 OR41 PA42 RI44 SC45 SD46 TN47 TX48 UT49 VT50 VA51 WA53 WV54 WI55 WY56";

/** Postal code to the two digits of the census. */
const FIPS_OF_STATE = new Map(STATES.split(" ").map((entry) => [entry.slice(0, 2), entry.slice(2)]));
export const STATE_CODES = [...FIPS_OF_STATE.keys()].sort();

const SIMULATED = " (simulated)";

/** The name of an area without its mark, and whether its homes are simulated. */
export function nameOf(area) {
  return area.endsWith(SIMULATED) ? { name: area.slice(0, -SIMULATED.length), simulated: true } : { name: area, simulated: false };
}

/** The name of the area of a market id. */
export function areaOf(market) {
  return market.slice(market.indexOf(":") + 1);
}

const KIND_OF_COUNTY = / (county|parish|borough|census area|municipality|city and borough|planning region)$/;

function plainName(name) {
  return name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/^saint /, "st. ").replace(/^ste\.? /, "ste. ").replace(KIND_OF_COUNTY, "").replace(/[^a-z0-9]/g, "");
}

/** Shapes of a level by the names that areas may have; independent cities only under their own name or where no county has it. */
export class Join {
  #byName = new Map();
  #known = new Map();

  constructor(level, features) {
    this.level = level;
    const codes = new Map([...FIPS_OF_STATE].map(([code, fips]) => [fips, code]));
    for (const feature of features) {
      const id = String(feature.id);
      if (level === "state") {
        const code = codes.get(id);
        if (code) this.#byName.set(code.toLowerCase(), id).set(plainName(feature.properties.name), id);
        continue;
      }
      const state = codes.get(id.slice(0, 2));
      if (!state) continue;
      const name = plainName(feature.properties.name);
      const key = state + "|" + name;
      if (id.slice(2) >= "510") {
        this.#byName.set(state + "|" + name + "city", id);
        if (!this.#byName.has(key)) this.#byName.set(key, id);
      } else this.#byName.set(key, id);
    }
  }

  /** The shape of an area, or undefined; looked up once for each area. */
  shapeOf(area) {
    if (!this.#known.has(area)) this.#known.set(area, this.#find(area));
    return this.#known.get(area);
  }

  #find(area) {
    const { name } = nameOf(area);
    if (this.level === "state") return this.#byName.get(name.length === 2 ? name.toLowerCase() : plainName(name));
    const comma = name.lastIndexOf(", ");
    if (comma < 0) return undefined;
    return this.#byName.get(name.slice(comma + 2).toUpperCase() + "|" + plainName(name.slice(0, comma)));
  }
}

export const WINDOWS = { now: "now", day: "the day", month: "the month", "1d": "1 day", "7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "1 year", all: "all history" };
export const windowWords = (window) => WINDOWS[window] || window;

const LEVELS = { zip: "ZIP codes", city: "cities", county: "counties", metro: "metros", state: "states", nation: "nation" };
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
