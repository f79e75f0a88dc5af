// The Explain sheet: what a number is, how sure, how fresh, which homes made it, and how to ask for it again.
// And the homes behind a number, nearest the median first, a page at a time: in Market beside the number, in Explain with fewer columns.
import { html, Component } from "./html.js";
import { ask, withQuery } from "./api.js";
import { num } from "./num.js";
import { day, when, moment } from "./format.js";
import { place, segmentWords, windowWords, titleOf } from "./words.js";

const PAGE = 25;
const SHEET_PAGE = 50;

/** With `start`, the answer of `/v1/explain` that is at hand, it asks only for more. */
export class Homes extends Component {
  aborter = new AbortController();
  state = this.props.start ? this.taken(this.props.start, []) : { rows: [] };

  taken(answer, rows) {
    return { rows: [...rows, ...answer.rows], next: answer.next, position: answer.position, n: answer.reading?.n, asked: true, busy: false };
  }

  componentDidMount() {
    if (!this.props.start) this.load();
  }

  componentWillUnmount() {
    this.aborter.abort();
  }

  async load(cursor) {
    const { app, id, start } = this.props;
    this.setState({ busy: true, error: "" });
    try {
      const answer = await ask("/v1/explain", { ...parametersOf(id), as_of: app.asOf, limit: start ? start.rows.length : PAGE, cursor }, this.aborter.signal);
      this.setState(({ rows }) => this.taken(answer, cursor ? rows : []));
    } catch (error) {
      if (error.name !== "AbortError") this.setState({ error: error.message, busy: false, asked: true });
    }
  }

  render({ app, id, unit, n, start }, { rows, next, error, busy, asked, position, n: counted }) {
    const wide = !start;
    const asks = wide && rows.some((row) => row.ListPrice !== undefined && row.ListPrice !== null && Number(row.ListPrice) !== Number(row.value));
    const csv = html`<a href=${withQuery("/v1/explain.csv", { ...parametersOf(id), as_of: app.asOf })} download>${wide ? "CSV" : "All as CSV"}</a>`;
    const head = (text, number) => html`<th scope="col" class=${number ? "number" : null}>${text}</th>`;
    return html`${wide ? html`<header class="panel-head"><h2>Homes behind it <span class="second">${num({ id: id + "#n", value: counted ?? n, unit: "count" })}</span></h2>
        <span class="head-end"><button type="button" class="link-button" disabled=${busy} onClick=${() => this.load()}>Refresh</button> ${csv}</span></header>` : null}
      ${error ? html`<p class="message error" role="alert">${error} <button type="button" onClick=${() => this.load()}>Retry</button></p>` : null}
      ${rows.length ? html`<div class=${"table-wrap" + (wide ? " homes-wrap" : "")} tabindex="0" role="region" aria-label="Table of homes"><table class="grid homes"><thead><tr>${head("Home")}${head("Value", true)}${asks ? head("Asked", true) : null}${wide ? html`${head("Size", true)}${head("Status")}` : null}${head("Last seen")}</tr></thead>
        <tbody>${rows.map((row, index) => this.home(row, index, unit, asks, wide))}</tbody></table></div>` : error ? null : html`<p class="second">${asked ? "No home gives this number." : "Loading…"}</p>`}
      <p class="caption choices"><span>Nearest the median first${position ? html`, as of position ${num({ id: "homes|position", value: position, unit: "count" })}` : null}.</span> ${next ? html`<button type="button" disabled=${busy} onClick=${() => this.load(next)}>${busy ? "Loading…" : "More homes"}</button>` : null} ${wide ? null : csv}</p>`;
  }

  home(row, index, unit, asks, wide) {
    const id = (part) => `home|${row.feed}|${row.ListingKey || row.home}|${part}`;
    const seen = row.last_seen || row.event || row.day;
    return html`<tr key=${index} class=${row.counted ? "" : "left-out"}>
      <th scope="row"><span data-address>${row.UnparsedAddress || row.home}</span>${row.City ? html` <span class="second" data-address>${row.City}</span>` : null}${row.counted ? null : html` <span class="mark">left out: ${row.reason}</span>`}</th>
      <td class="number">${num({ id: id("value"), value: row.value, unit, context: "full", reason: row.reason || "not shown" })}</td>
      ${asks ? html`<td class="number">${num({ id: id("ListPrice"), value: row.ListPrice ?? null, unit: "USD", context: "full", reason: "no list price" })}</td>` : null}
      ${wide ? html`<td class="number">${num({ id: id("LivingArea"), value: row.LivingArea ?? null, unit: "count", reason: "size not known" })}${row.LivingArea ? html`<span class="second"> ft²</span>` : null}</td><td>${row.StandardStatus || "—"}</td>` : null}
      <td>${seen ? html`<time datetime=${seen} title=${when(seen)}>${day(seen)}</time>` : "—"}</td></tr>`;
  }
}

/** The parameters of `/v1/explain` for a reading id. */
export function parametersOf(id) {
  // A name of an area may hold anything, the others do not hold "|".
  const [whole, part] = id.split(/#([^|]*)$/);
  const parts = whole.split("|");
  const [segment, kind, measure, variant, window, date] = parts.splice(-6);
  const market = parts.join("|");
  const colon = market.indexOf(":");
  if (colon < 0 || date === undefined) return null;
  // A window is printed with its last day.
  const known = part === "first" && window === "month" ? monthEnd(date) : part === "first" || part === "then" ? date : "";
  return { level: market.slice(0, colon), area: market.slice(colon + 1), segment, kind, measure, variant, window, date, known };
}

function monthEnd(date) {
  const [year, month] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** What the page's own figures are: only Explain shows it, and so it comes with the first. */
let help;

export class Explain extends Component {
  aborter = new AbortController();
  state = { answer: null, error: "", help: null };

  get parameters() {
    return parametersOf(this.props.id);
  }

  componentDidMount() {
    this.heading?.focus();
    if (this.parameters) this.load();
    help ||= ask(new URL("help.json", import.meta.url).pathname);
    help.then((texts) => this.setState({ help: texts }), () => (help = null));
  }

  componentWillUnmount() {
    this.aborter.abort();
  }

  async load() {
    this.setState({ error: "" });
    try {
      this.setState({ answer: await ask("/v1/explain", { ...this.parameters, as_of: this.props.app.asOf, limit: SHEET_PAGE }, this.aborter.signal) });
    } catch (error) {
      if (error.name !== "AbortError") this.setState({ error: error.message });
    }
  }

  copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      this.props.app.say("Copied");
    } catch {
      this.props.app.say("This browser does not let the page copy; select the text instead");
    }
  };

  render({ app, id }, { answer, error, help: texts }) {
    const parameters = this.parameters;
    return html`<div class="sheet" role="dialog" aria-labelledby="explain-title">
      <div class="sheet-head"><h2 id="explain-title" tabindex="-1" ref=${(element) => (this.heading = element)}>${parameters ? titleOf(app.measures, parameters.measure) : "What this number is"}</h2>
        <button type="button" class="quiet-button" aria-label="Close" onClick=${() => app.close()}>✕</button></div>
      <div class="sheet-body" tabindex="0" role="region" aria-label="Explanation">
        ${!parameters && texts ? html`<p>${texts.others[id.split("|").pop()] || "A count that the page itself makes from what it received."}</p><p class="second" data-term>${id}</p>` : null}
        ${error ? html`<p class="message error" role="alert">${error} <button type="button" onClick=${() => this.load()}>Retry</button></p>` : null}
        ${parameters && !answer && !error ? html`<p class="second">Loading…</p>` : null}
        ${answer ? this.sections(answer, parameters) : null}
      </div>
    </div>`;
  }

  /** The days that a number is about, in words. */
  period({ from, to }, window) {
    const date = (at) => html`<time datetime=${at}>${day(at)}</time>`;
    if (window === "now") return html`as it stood on ${date(to)}`;
    return from && from !== to ? html`${date(from)} to ${date(to)}` : html`${from ? "on" : "up to"} ${date(to)}`;
  }

  sections(answer, parameters) {
    const { app, id } = this.props;
    const reading = answer.reading || {};
    const figure = (value, unit, more) => num({ id: answer.id || id, value, unit, context: "full", ...more });
    const derived = this.state.help?.derived[id.split("#")[1]];
    return html`
      <section><p class="sheet-place">${place(parameters.area, app.market(`${parameters.level}:${parameters.area}`))} <span class="second" data-term>${windowWords(parameters.window)}</span></p>
        <p class="headline">${figure(reading.value, reading.unit, { reason: "no home gives this number" })}</p>
        <p>${titleOf(app.measures, parameters.measure)} in <span data-place>${parameters.area}</span>, ${segmentWords(parameters.segment)} for ${parameters.kind === "lease" ? "rent" : "sale"}, ${this.period(answer.period, parameters.window)}: ${figure(reading.value, reading.unit, { reason: "no home gives this number" })}, from ${figure(reading.n, "count")} counted and ${figure(reading.n_excluded ?? 0, "count")} left out.</p>
        ${derived ? html`<p class="derived" data-num=${id}>${derived}</p>` : null}</section>
      <section><h3>Definition</h3><p data-num=${id}>${answer.definition}</p>
        ${answer.formula ? html`<p class="code" data-num=${id}>${answer.formula}</p>` : null}
        <p class="second">${answer.reduction ? "reduced by " + answer.reduction : ""}${answer.version ? html` · <span data-term>version ${answer.version}</span>` : null}</p></section>
      <section><h3>Homes counted</h3><dl class="facts"><div><dt>n</dt><dd>${figure(reading.n, "count")}</dd></div>
        ${(answer.excluded || []).map((entry) => html`<div key=${entry.reason}><dt>left out: ${entry.reason}</dt><dd>${figure(entry.n, "count")}</dd></div>`)}
        ${(answer.excluded || []).length === 0 ? html`<div><dt>left out</dt><dd>${figure(reading.n_excluded ?? 0, "count")}</dd></div>` : null}</dl></section>
      <section><h3>When</h3><dl class="facts">
        ${answer.period ? html`<div><dt>about</dt><dd>${this.period(answer.period, parameters.window)}</dd></div>` : null}
        <div><dt>as of</dt><dd>${answer.as_of ? html`<time datetime=${answer.as_of}>${when(answer.as_of)}</time>` : html`now, position ${figure(answer.position, "count")}`}</dd></div>
        ${answer.received ? html`<div><dt>last received</dt><dd><time datetime=${answer.received}>${moment(answer.received)}</time></dd></div>` : null}
        ${answer.last_event ? html`<div><dt>last event</dt><dd><time datetime=${answer.last_event}>${when(answer.last_event)}</time></dd></div>` : null}</dl></section>
      <section><h3>How settled</h3><p><span class="status">${answer.status || reading.status}</span></p>
        ${(answer.prints || []).length ? html`<dl class="facts">${answer.prints.map((print) => html`<div key=${print.print}><dt>${{ first: "first print, when its day closed", final: "final print, a horizon later", known: `known on ${print.day}`, now: "known now" }[print.print] || print.print}</dt><dd>${figure(print.value, reading.unit)} <span class="second">n ${figure(print.n, "count")}</span></dd></div>`)}</dl>` : null}</section>
      <section><h3>Feeds used</h3>${(answer.feeds || []).length ? null : html`<p class="second">No feed gave a home to it.</p>`}<dl class="facts">${(answer.feeds || []).map((feed) => html`<div key=${feed.feed}><dt data-place>${feed.feed}</dt><dd>${figure(feed.n, "count")}${feed.share === undefined || feed.share === null ? null : html` · ${figure(feed.share, "share")}`}${feed.off_by === 0 ? html` <span class="ok">✓ books balance</span>` : feed.off_by ? html` <span class="bad">✕ off by ${figure(feed.off_by, "count")}</span>` : null}</dd></div>`)}</dl></section>
      <section><h3>Homes behind it</h3><${Homes} app=${app} id=${id} unit=${reading.unit} start=${answer} /></section>
      ${answer.reproduce ? html`<section><h3>Ask for it again</h3><pre class="code" tabindex="0" data-num=${id}>${answer.reproduce.curl}</pre>
        <p class="second">digest <span class="digest" data-num=${id}>${answer.reproduce.digest}</span></p>
        <p class="choices"><button type="button" onClick=${() => this.copy(answer.reproduce.curl)}>Copy curl</button></p></section>` : null}
      ${(answer.elsewhere || []).length ? html`<section><h3>Elsewhere</h3><dl class="elsewhere">${answer.elsewhere.map((other) => html`<div key=${other.publisher}><dt>${other.publisher}</dt><dd data-num=${id}>${other.differs} <span class="second link-text">${other.link}</span></dd></div>`)}</dl></section>` : null}`;
  }
}
