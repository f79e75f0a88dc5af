// The address is the state: reads and writes every parameter of the page; what it cannot read becomes a message and the default.

export const DEFAULTS = {
  m: "median_list_price", variant: "", w: "7d", g: "county", in: "", type: "all", kind: "sale", n: "30", sort: "usual", asof: "", vs: "",
  sel: "", x: "", live: "1", cls: "", cmp: [], span: "1Y", print: "", feed: "", position: "", rank: "", t: "",
};
/** What the server's twins of an address know; the rest is the page's own. */
const OF_THE_SERVER = {
  now: ["m", "variant", "w", "g", "in", "type", "kind", "n", "sort", "asof"],
  market: ["m", "variant", "w", "type", "kind", "asof"],
  feeds: [],
};
/** What a change of view takes along. */
const CARRIED = ["m", "variant", "w", "type", "kind", "asof", "live"];
const CHOICES = {
  w: ["1d", "7d", "30d", "90d", "365d"], sort: ["usual", "change", "value", "n", "name"], kind: ["sale", "lease"],
  span: ["1M", "3M", "1Y", "3Y", "All"], live: ["0", "1"], print: ["", "first"], rank: ["", "auto"], t: ["", "1"],
};

const DATE_OR_MOMENT = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

function refusal(key, value, instance) {
  if (CHOICES[key] && !CHOICES[key].includes(value)) return `${key} is one of ${CHOICES[key].filter(Boolean).join(", ")}, not “${value}”`;
  if (key === "n" && !/^\d{1,6}$/.test(value)) return `n is a number of homes, not “${value}”`;
  if ((key === "asof" || key === "vs") && value && (!DATE_OR_MOMENT.test(value) || Number.isNaN(Date.parse(value)))) return `${key} is a day (2026-11-25) or a moment in UTC, not “${value}”`;
  if (key === "in" && value && !/^[A-Z]{2}$/.test(value)) return `in is a state such as TX, not “${value}”`;
  if (key === "position" && value && !/^\d+$/.test(value)) return `position is a number, not “${value}”`;
  if (key === "g" && instance?.levels && !instance.levels.includes(value)) return `there is no level “${value}”; there are ${instance.levels.join(", ")}`;
  if (key === "type" && value !== "all" && instance?.segments && !instance.segments.includes(value)) return `there is no type of homes “${value}”`;
  return null;
}

/** The page's key of a parameter that the server refused. */
export const KEY_OF = { measure: "m", variant: "variant", window: "w", w: "w", m: "m", level: "g", g: "g", segment: "type", type: "type", kind: "kind", n: "n", sort: "sort", asof: "asof", as_of: "asof", vs: "vs", in: "in" };

/** An address as {view, market, …parameters, messages}. */
export function read(location, instance) {
  const state = { ...DEFAULTS, cmp: [], view: "now", market: "", messages: [] };
  const path = location.pathname;
  if (path.startsWith("/market/")) {
    state.view = "market";
    try {
      state.market = decodeURIComponent(path.slice("/market/".length));
    } catch {
      state.messages.push("the name of the market in the address cannot be read");
    }
  } else if (path.startsWith("/feeds")) state.view = "feeds";
  for (const [key, value] of new URLSearchParams(location.search)) {
    if (!(key in DEFAULTS)) {
      state.messages.push(`there is no parameter “${key}”`);
      continue;
    }
    const why = refusal(key, value, instance);
    if (why) state.messages.push(why);
    else if (key === "cmp") state.cmp.length < 2 ? state.cmp.push(value) : state.messages.push("three markets can be compared at once");
    else state[key] = value;
  }
  return state;
}

function query(state, keys) {
  const search = new URLSearchParams();
  for (const key of keys) {
    if (Array.isArray(state[key])) state[key].forEach((value) => search.append(key, value));
    else if (state[key] !== DEFAULTS[key]) search.set(key, state[key]);
  }
  const text = search.toString();
  return text ? "?" + text : "";
}

export function path(state) {
  return state.view === "market" ? "/market/" + encodeURIComponent(state.market) : "/" + state.view;
}

/** The address of a state; defaults are left out. */
export function address(state) {
  return path(state) + query(state, Object.keys(DEFAULTS));
}

/** The twin of a state's address: the same rows as JSON or CSV. */
export function twin(state, ending) {
  return path(state) + "." + ending + query(state, OF_THE_SERVER[state.view]);
}

/** The state of another view, with what is carried over. */
export function to(state, view, more = {}) {
  const next = { ...DEFAULTS, cmp: [], messages: [], market: "", view };
  for (const key of CARRIED) next[key] = state[key];
  return { ...next, ...more };
}
