// How numbers read: every number format of the page, on exact decimal texts. The server has the same rules; format-cases.json holds both to them.

const MINUS = "−";
export const UNKNOWN = "—";

/** A number (or decimal text) as sign, digits before and digits after the point, without exponent. */
function decimal(value) {
  let text = String(value);
  const negative = text.startsWith("-");
  if (negative) text = text.slice(1);
  const [mantissa, exponent] = text.toLowerCase().split("e");
  let [whole, part = ""] = mantissa.split(".");
  if (exponent) {
    const shift = Number(exponent);
    if (shift > 0) {
      part = part.padEnd(shift, "0");
      whole += part.slice(0, shift);
      part = part.slice(shift);
    } else {
      whole = whole.padStart(1 - shift, "0");
      part = whole.slice(whole.length + shift) + part;
      whole = whole.slice(0, whole.length + shift);
    }
  }
  return { negative, whole: whole.replace(/^0+(?=\d)/, "") || "0", part };
}

/** Exact decimal text, shifted by powers of ten and rounded half away from zero; grouped by commas. Sign apart. */
function rounded(value, shift, places) {
  const { negative, whole, part } = decimal(value);
  let digits = whole + part;
  let point = whole.length + shift;
  if (point < 1) {
    digits = "0".repeat(1 - point) + digits;
    point = 1;
  }
  digits = digits.padEnd(point + places + 1, "0");
  const kept = digits.slice(0, point + places);
  const up = digits[point + places] >= "5";
  const whole_number = String(BigInt(kept) + (up ? 1n : 0n)).padStart(places + 1, "0");
  const before = whole_number.slice(0, whole_number.length - places);
  const after = places ? "." + whole_number.slice(-places) : "";
  const zero = /^0*$/.test(before) && /^\.?0*$/.test(after);
  return { negative, zero, text: before.replace(/\B(?=(\d{3})+$)/g, ",") + after };
}

const isZero = (value) => Number(value) === 0;
const magnitude = (value) => Math.abs(Number(value));

function signed(value, shift, places, unit) {
  if (isZero(value)) return rounded(0, 0, places).text + unit;
  const { negative, zero, text } = rounded(value, shift, places);
  if (zero) return "≈" + text + unit;
  return (negative ? MINUS : "+") + text + unit;
}

function plain(value, shift, places) {
  const { negative, zero, text } = rounded(value, shift, places);
  return (negative && !zero ? MINUS : "") + text;
}

/** Three significant digits with k, M or B; below 10,000 whole. */
function compact(value) {
  const size = magnitude(value);
  if (size < 9999.5) return plain(value, 0, 0);
  const steps = [[3, "k"], [6, "M"], [9, "B"]];
  for (const [power, letter] of steps) {
    const scaled = size / 10 ** power;
    if (scaled >= 999.5 && letter !== "B") continue;
    const places = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return plain(value, -power, places) + letter;
  }
}

function dollars(value, context) {
  const negative = Number(value) < 0;
  const bare = String(value).replace(/^-/, "");
  if (context === "full") return (negative ? MINUS : "") + "$" + plain(bare, 0, 0);
  return (negative ? MINUS : "") + "$" + compact(bare);
}

/** One decimal only where there is one. */
function atMostOne(value) {
  return plain(value, 0, 1).replace(/\.0$/, "");
}

/** A span of time in seconds. */
function span(value) {
  const seconds = Number(value);
  if (seconds === 0) return "0 s";
  if (seconds < 0.9995) return plain(Math.round(seconds * 1000), 0, 0) + " ms";
  if (seconds < 9.95) return plain(value, 0, 1) + " s";
  if (seconds < 119.5) return plain(value, 0, 0) + " s";
  if (seconds < 7170) return Math.round(seconds / 60) + " min";
  if (seconds < 172800) return Math.round(seconds / 3600) + " h";
  return plain(Math.round(seconds / 86400), 0, 0) + " days";
}

function rate(value) {
  return (magnitude(value) < 9.95 && !isZero(value) ? plain(value, 0, 1) : plain(value, 0, 0)) + "/s";
}

/**
 * The text of a value. Units: USD, USD/ft2, count, share, days, months, years, %, pp, d, times, s, per_s, MB, fps.
 * Contexts: table (short), full (Explain, one home), delta (always a sign).
 */
export function format(value, unit, context = "table") {
  if (value === null || value === undefined || value === "" || Number.isNaN(Number(value))) return UNKNOWN;
  switch (unit) {
    case "USD":
      return dollars(value, context);
    case "USD/ft2":
      return (Number(value) < 0 ? MINUS : "") + "$" + plain(String(value).replace(/^-/, ""), 0, magnitude(value) < 9.995 ? 2 : 0) + "/ft²";
    case "share":
      return (plain(value, 2, 1) === "0.0" && !isZero(value) ? "≈" : "") + plain(value, 2, 1) + "%";
    case "days":
    case "months":
    case "years":
      return atMostOne(value) + { days: " d", months: " mo", years: " y" }[unit];
    case "%":
      return magnitude(value) < 999.95 ? signed(value, 0, 1, "%") : signed(value, 0, 0, "%");
    case "pp":
      return signed(value, 0, 1, " pp");
    case "d":
      return signed(value, 0, 1, " d");
    case "times":
      return plain(value, 0, magnitude(value) < 99.95 ? 1 : 0) + "×";
    case "s":
      return span(value);
    case "per_s":
      return rate(value);
    case "MB":
      return plain(value, 0, 0) + " MB";
    case "fps":
      return plain(value, 0, 0) + " fps";
    default:
      return context === "compact" ? compact(value) : plain(value, 0, 0);
  }
}

/** What a screen reader should hear instead of signs and letters. */
export function spoken(value, unit) {
  if (value === null || value === undefined) return "unknown";
  const text = format(value, unit, "full");
  if (unit === "%" || unit === "pp" || unit === "d") {
    const word = isZero(value) || text.startsWith("≈") ? "unchanged" : Number(value) > 0 ? "up" : "down";
    const bare = text.replace(/^[+−≈]/, "").replace(" pp", " percentage points").replace(/ d$/, " days");
    return word === "unchanged" ? word : word + " " + bare;
  }
  return text.replace("/ft²", " per square foot").replace(/ d$/, " days");
}

/** ▲, ▼ or ■ for the direction of a change; nothing when unknown. */
export function arrow(delta) {
  if (delta === null || delta === undefined) return "";
  return Number(delta) > 0 ? "▲" : Number(delta) < 0 ? "▼" : "■";
}

const clockFormat = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const momentFormat = new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });

/** Time of day in the reader's zone. */
export const clock = (moment) => clockFormat.format(new Date(moment));
/** A calendar day `YYYY-MM-DD` as the page writes it. */
export function day(date) {
  if (!/^\d{4}-\d{2}-\d{2}/.test(date || "")) return UNKNOWN;
  return dayFormat.format(new Date(date.slice(0, 10) + "T00:00:00Z"));
}
/** A moment in the reader's zone, named. */
export const moment = (at) => (at ? momentFormat.format(new Date(at)) : UNKNOWN);
/** A day or a moment, whichever it is. */
export const when = (at) => (/^\d{4}-\d{2}-\d{2}$/.test(at || "") ? day(at) : moment(at));
