// Feeds: whether it runs, is right, and is live. The books of each feed, what it refused, one record followed, and the page's own health.
import { html, make, render, Component, Island } from "../html.js";
import { ask } from "../api.js";
import { Grid } from "../grid.js";
import { num, numElement, markElements } from "../num.js";
import { moment, when } from "../format.js";
import { FATES, offBy } from "../ledger.js";
import { FEED_ORDER, LEVEL, SHAPES, nameOf, place, segmentWords, titleOf } from "../words.js";
import { parametersOf } from "../explain.js";
import { saveCsv } from "../save.js";

const AGAIN_MS = 10000;

const rank = (row) => (row.off ? -1 : FEED_ORDER.indexOf(row.state) < 0 ? FEED_ORDER.length : FEED_ORDER.indexOf(row.state));
const healthy = (row) => !row.off && !["failing", "stale", "lagging"].includes(row.state);

export class View {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    this.aborter = new AbortController();
    this.rows = new Map();
    this.askedAt = 0;
  }

  enter(data) {
    const { app } = this;
    app.title("Feeds");
    this.root.replaceChildren();
    this.grid = this.makeGrid();
    this.off = [app.schedule.every("picture", () => this.slowTick())];
    if (data?.rows) this.take(data.rows, true);
    else this.load(true);
    this.repaint();
  }

  watches() {
    const level = (this.app.instance.levels || ["state"]).slice(-1)[0];
    return { level, measure: "active_count" };
  }

  makeGrid() {
    const { app } = this;
    const count = (name, head) => ({ key: name, head, className: "number", figure: (row) => ({ id: `feed|${row.feed}|${name}`, value: row[name] ?? null, unit: "count", reason: "not counted" }) });
    return new Grid({
      name: "feeds",
      label: "Feeds",
      keyOf: (row) => row.feed,
      open: (feed) => this.choose(feed),
      columns: [
        { key: "feed", head: "Feed", content: (row, cell) => this.nameCell(row, cell) },
        { key: "state", head: "State", signature: (row) => row.state + (row.error || ""), content: (row, cell) => this.stateCell(row, cell) },
        { key: "rate", head: "Rate", className: "number", figure: (row) => ({ id: `feed|${row.feed}|rate`, value: row.rate ?? null, unit: "per_s", reason: "not measured yet" }) },
        { key: "lag", head: "Lag", term: "p99", className: "number", figure: (row) => ({ id: `feed|${row.feed}|lag_p99_ms`, value: row.lag_p99_ms === null || row.lag_p99_ms === undefined ? null : row.lag_p99_ms / 1000, unit: "s", reason: "nothing measured lately" }) },
        count("received", "Received"), count("accepted", "= Accepted"), count("duplicate", "+ Duplicate"), count("stale", "+ Stale"), count("late", "+ Late"), count("held", "+ Held"), count("rejected", "+ Rejected"),
        { key: "balance", head: "Balance", signature: (row) => String(row.off), content: (row, cell) => this.balanceCell(row, cell) },
        { key: "last", head: "Last", className: "number", figure: (row) => ({ id: `feed|${row.feed}|silent_seconds`, value: row.silent_seconds ?? null, unit: "s", reason: "nothing received yet" }) },
      ],
    });
  }

  nameCell(row, cell) {
    const button = make("button", { type: "button", className: "link-button", data: { place: "" } }, row.feed);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.choose(row.feed);
    });
    cell.replaceChildren(button, ...markElements(row.simulated));
  }

  /** Opens the detail of a feed, or closes it. */
  choose(feed) {
    this.app.go({ feed: this.app.state.feed === feed ? "" : feed });
  }

  stateCell(row, cell) {
    cell.replaceChildren(make("span", { className: "state", data: { state: row.state }, title: row.error || "" }, `${SHAPES[row.state] || "·"} ${String(row.state || "unknown").toUpperCase()}`));
  }

  balanceCell(row, cell) {
    const words = row.off === 0 ? ["✓"] : row.off === null ? ["—"] : ["✕ off by ", numElement({ id: `feed|${row.feed}|off_by`, value: Math.abs(row.off), unit: "count" })];
    cell.replaceChildren(make("span", { className: row.off === 0 ? "ok" : row.off === null ? "" : "bad" }, ...words));
  }

  async load(reorder) {
    this.askedAt = performance.now();
    try {
      const answer = await ask("/v1/feeds", {}, this.aborter.signal);
      this.error = "";
      this.take(answer.rows, reorder);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.error = error.message;
    }
    this.repaint();
  }

  take(rows, reorder) {
    this.askedAt = performance.now();
    for (const row of rows) {
      const held = { ...this.rows.get(row.feed), ...row };
      held.off = offBy(held);
      this.rows.set(row.feed, held);
    }
    const all = [...this.rows.values()];
    const sorted = [...all].sort((one, other) => rank(one) - rank(other) || (one.feed < other.feed ? -1 : 1)).map((row) => row.feed);
    const shown = this.grid.keys;
    const broke = all.some((row) => row.off && !this.known?.has(row.feed));
    this.known = new Set(all.filter((row) => row.off).map((row) => row.feed));
    if (reorder || broke || shown.length !== sorted.length) this.grid.show(sorted.map((feed) => this.rows.get(feed)));
    else for (const feed of shown) this.grid.write(this.rows.get(feed));
    const order = this.grid.keys;
    this.moves = sorted.filter((feed, index) => order[index] !== feed).length;
  }

  rerank() {
    this.take([...this.rows.values()], true);
    this.repaint();
  }

  books(ledger) {
    if (this.app.still || !ledger.feeds) return;
    this.take(ledger.feeds, false);
  }

  slowTick() {
    if (this.app.still) return;
    if (!document.hidden && performance.now() - this.askedAt > AGAIN_MS) this.load(false);
    this.repaint();
  }

  refetch() {
    this.load(false);
  }

  changed() {
    this.repaint();
  }

  repaint() {
    if (!this.left) render(this.markup(this.app), this.root);
  }

  markup(app) {
    const { state } = app;
    const rows = [...this.rows.values()];
    const chosen = state.feed && this.rows.get(state.feed);
    const messages = [...state.messages, ...(app.problem ? [app.problem.detail] : [])];
    app.problem = null;
    return html`
      <h1 class="view-title">Feeds, <span class="second">${num({ id: "feeds|healthy", value: rows.filter(healthy).length, unit: "count" })} of ${num({ id: "feeds|all", value: rows.length, unit: "count" })} healthy</span></h1>
      ${messages.map((message) => html`<p class="message" role="alert" data-term>${message}. The default is shown.</p>`)}
      ${this.error ? html`<p class="message error" role="alert">${this.error}. The last numbers stay below. <button type="button" onClick=${() => this.load(false)}>Retry</button></p>` : null}
      ${state.asof ? html`<p class="message">The books count up to now: they have no past state. Numbers of markets on the other views are as of <time datetime=${state.asof}>${when(state.asof)}</time>.</p>` : null}
      <p class="tally"><span class="second">Every row that a feed gave is in exactly one column.</span><span class="tally-end">${this.moves && !app.still ? html`<button type="button" class="rerank" onClick=${() => this.rerank()}>Re-rank · ${num({ id: "feeds|moves", value: this.moves, unit: "count" })} rows would move</button>` : null} <a href="/feeds.csv" download onClick=${(event) => { if (app.frozen) { event.preventDefault(); this.exportFrozen(); } }}>CSV</a> <a href="/feeds.json" target="_blank" rel="noreferrer">JSON</a></span></p>
      <${Island} key="feeds" mount=${(element) => { element.append(this.grid.element); return () => {}; }} />
      ${state.feed && !chosen && rows.length ? html`<p class="message">There is no feed “<span data-place>${state.feed}</span>”.</p>` : null}
      ${chosen ? html`<${Detail} key=${chosen.feed} app=${app} row=${chosen} />` : null}
      <div class="feeds-body">
        <${Trace} app=${app} />
        <${Health} app=${app} />
      </div>`;
  }

  exportFrozen() {
    const columns = ["feed", "state", "rate", "lag_p99_ms", "received", ...FATES, "off_by", "silent_seconds"];
    saveCsv("freehold-feeds.csv", columns, this.grid.keys.map((feed) => this.rows.get(feed)).map((row) => columns.map((name) => (name === "off_by" ? row.off : row[name]))));
  }

  summary() {
    const ill = [...this.rows.values()].filter((row) => !healthy(row));
    return ill.length ? `${ill.length} of ${this.rows.size} feeds need attention: ${ill.map((row) => row.feed + " " + (row.off ? "does not balance" : row.state)).join(", ")}` : "";
  }

  leave() {
    this.left = true;
    this.aborter.abort();
    for (const off of this.off) off();
    render(null, this.root);
    this.grid.destroy();
    this.rows.clear();
  }
}

class Detail extends Component {
  aborter = new AbortController();
  state = { rows: [], next: null, error: "", asked: false, held: [] };

  componentDidMount() {
    this.load();
    ask("/v1/held", { feed: this.props.row.feed, limit: 25 }, this.aborter.signal).then(({ rows }) => this.setState({ held: rows }), () => {});
  }

  componentWillUnmount() {
    this.aborter.abort();
  }

  async load(cursor) {
    try {
      const answer = await ask(`/v1/feeds/${encodeURIComponent(this.props.row.feed)}/refused`, { limit: 25, cursor }, this.aborter.signal);
      this.setState(({ rows }) => ({ rows: cursor ? [...rows, ...answer.rows] : answer.rows, next: answer.next, asked: true, error: "" }));
    } catch (error) {
      if (error.name !== "AbortError") this.setState({ error: error.message, asked: true });
    }
  }

  /** Values that cannot be right in their place, each with what is usual there. */
  heldMarkup(row, held) {
    const figure = (one, name, unit = "USD") => num({ id: `feed|${row.feed}|held|${one.ListingKey}|${one.field}|${name}`, value: one[name], unit, context: "full", reason: "its area is at fault" });
    return html`<h3>Held values <a href=${`/v1/held.csv?feed=${encodeURIComponent(row.feed)}`} download>CSV</a></h3>
      <div class="table-wrap held" tabindex="0" role="region" aria-label="Held values"><table class="grid"><thead><tr><th scope="col">Listing</th><th scope="col">Why</th><th scope="col">Field</th><th scope="col" class="number">Value</th><th scope="col" class="number">Usual there</th><th scope="col" class="number">Counts from</th><th scope="col" class="number">to</th></tr></thead>
        <tbody>${held.map((one) => html`<tr key=${one.ListingKey + one.field + one.value}><th scope="row" data-term>${one.ListingKey}</th><td data-term>${one.cause.replaceAll("_", " ")}</td><td data-term>${one.field}</td><td class="number">${figure(one, "value", one.field === "LivingArea" ? "count" : "USD")}</td><td class="number">${figure(one, "usual_price")}</td><td class="number">${figure(one, "plausible_from")}</td><td class="number">${figure(one, "plausible_to")}</td></tr>`)}</tbody></table></div>`;
  }

  render({ app, row }, { rows, next, error, asked, held }) {
    const figure = (name, unit = "count", value = row[name]) => num({ id: `feed|${row.feed}|${name}`, value: value ?? null, unit, reason: "not measured" });
    const fact = (label, content) => html`<div><dt>${label}</dt><dd>${content}</dd></div>`;
    const today = FATES.filter((fate) => row["today_" + fate] !== undefined);
    return html`<section class="panel detail" aria-label=${"Feed " + row.feed}>
      <header class="panel-head"><h2><span data-place>${nameOf(row.feed).name}</span> ${row.simulated ? html`<span class="mark simulated">simulated</span>` : null}</h2><span class="head-end"><button type="button" class="quiet-button" aria-label="Close the detail" onClick=${() => app.go({ feed: "" })}>✕</button></span></header>
      ${row.error ? html`<p class="message error" data-term>${row.error}</p>` : null}
      ${row.state === "quiet" ? html`<p class="second">Nothing new, and nothing expected yet: quiet is not a failure.</p>` : null}
      <dl class="facts wide">
        ${fact("kind", [row.kind, row.mode].filter(Boolean).join(", ") || "—")}
        ${fact("uses", Array.isArray(row.uses) ? row.uses.join(", ") : row.uses || "—")}
        ${fact("rate", figure("rate", "per_s"))}
        ${fact("lag, half of rows", figure("lag_p50_ms", "s", row.lag_p50_ms === undefined || row.lag_p50_ms === null ? null : row.lag_p50_ms / 1000))}
        ${fact(html`lag, <span data-term>99 in 100</span> rows`, figure("lag_p99_ms", "s", row.lag_p99_ms === undefined || row.lag_p99_ms === null ? null : row.lag_p99_ms / 1000))}
        ${fact("silent for", figure("silent_seconds", "s"))}
        ${fact("stale after", figure("stale_after_seconds", "s"))}
        ${fact("last received", row.last_received ? html`<time datetime=${row.last_received}>${moment(row.last_received)}</time>` : "—")}
        ${fact("last event", row.last_event ? html`<time datetime=${row.last_event}>${when(row.last_event)}</time>` : "—")}
        ${fact("tombstones, apart", figure("tombstones"))}
      </dl>
      ${today.length ? html`<p class="today">Today: received ${figure("today_received")} = ${today.map((fate, index) => html`${index ? " + " : ""}${fate} ${figure("today_" + fate)}`)}</p>` : null}
      <h3>Refused rows</h3>
      ${error ? html`<p class="message error" role="alert">${error} <button type="button" onClick=${() => this.load()}>Retry</button></p>` : null}
      ${rows.length ? html`<div class="table-wrap refused" tabindex="0" role="region" aria-label="Refused rows"><table class="grid"><thead><tr><th scope="col">Reason</th><th scope="col">Field</th><th scope="col">Place</th><th scope="col" class="number">Position</th><th scope="col">Raw row</th></tr></thead>
        <tbody>${rows.map((refused, index) => html`<tr key=${index}><th scope="row" data-term>${refused.reason}</th><td data-term>${refused.field || "—"}</td><td data-term>${refused.place}</td><td class="number">${num({ id: `feed|${row.feed}|position`, value: refused.position, unit: "count" })}</td><td><code data-num=${`feed|${row.feed}|raw`}>${refused.raw}</code></td></tr>`)}</tbody></table></div>
        ${next ? html`<p class="choices"><button type="button" onClick=${() => this.load(next)}>More</button></p>` : null}` : asked && !error ? html`<p class="second">No row was refused.</p>` : null}
      ${held.length ? this.heldMarkup(row, held) : null}
    </section>`;
  }
}

/** Ids of readings by the market, kind and segment that they are of. */
function byMarket(ids) {
  const groups = new Map();
  for (const id of ids) {
    const { level, area, kind, segment, measure } = parametersOf(id);
    const key = [level, area, kind, segment].join("|");
    if (!groups.has(key)) groups.set(key, { level, area, kind, segment, readings: [] });
    groups.get(key).readings.push({ id, measure });
  }
  return [...groups.values()];
}

class Trace extends Component {
  aborter = new AbortController();
  state = { position: this.props.app.state.position, answer: null, error: "" };

  componentDidMount() {
    if (this.state.position) this.follow();
  }

  componentWillUnmount() {
    this.aborter.abort();
  }

  follow = async (event) => {
    event?.preventDefault();
    const { position } = this.state;
    if (!/^\d+$/.test(position || "")) return this.setState({ error: "A position is a whole number.", answer: null });
    return this.look({ position });
  };

  /** The record at a position, or the newest row. */
  look = async (params) => {
    try {
      const answer = await ask("/v1/trace", params, this.aborter.signal);
      const position = String(answer.position);
      this.props.app.go({ position }, { replace: true });
      this.setState({ answer, position, error: "" });
    } catch (error) {
      if (error.name !== "AbortError") this.setState({ error: error.message, answer: null });
    }
  };

  render({ app }, { position, answer, error }) {
    const code = (value) => html`<pre class="code" tabindex="0" data-num="trace|text">${typeof value === "string" ? value : JSON.stringify(value, null, 1)}</pre>`;
    return html`<section class="panel" aria-label="Follow one record">
      <header class="panel-head"><h2>Follow one record</h2></header>
      <form class="trace" onSubmit=${this.follow}><label>Position <input inputmode="numeric" autocomplete="off" value=${position} onInput=${(event) => this.setState({ position: event.target.value.trim() })} /></label> <button type="submit">Follow</button>
        <button type="button" class="link-button" onClick=${() => this.look({})}>the newest</button></form>
      ${error ? html`<p class="message error" role="alert" data-term>${error}</p>` : null}
      ${answer && !["observation", "refused"].includes(answer.what) ? html`<p data-term>At this position the log holds no record, but: ${answer.what.replace("_", " ")}.</p>` : answer?.hidden ? html`<p data-term>A record of ${answer.feed}: ${answer.hidden}.</p>` : answer ? html`<ol class="steps">
        <li><h3>Received</h3><p>from <span data-place>${answer.feed}</span>${answer.listing ? html`, listing <span data-address>${answer.listing}</span>` : null}${answer.receipt ? html` <time datetime=${answer.receipt}>${moment(answer.receipt)}</time>` : null}</p>${answer.raw ? code(answer.raw) : html`<p class="second" data-term>Not to be had: ${answer.raw_missing}.</p>`}</li>
        ${answer.parsed ? html`<li><h3>Parsed</h3>${code(answer.parsed)}</li>` : null}
        <li><h3>Verdict</h3><p data-num="trace|verdict">${answer.verdict ?? html`<span class="second">not known: ${answer.verdict_missing}</span>`}${answer.reason ? ": " + answer.reason : ""}</p></li>
        <li><h3>Changes</h3>${(answer.changes || []).length ? code(answer.changes) : html`<p class="second">None.</p>`}</li>
        <li><h3>Numbers it touches</h3>${(answer.markets || []).length ? html`<ul class="touched">${byMarket(answer.markets).map(({ level, area, kind, segment, readings }) => html`<li key=${readings[0].id}><details><summary>${place(area, app.market(level + ":" + area))} <span class="second" data-term>${LEVEL[level] || level}, ${kind}, ${segmentWords(segment)}</span></summary>
          ${readings.map(({ id, measure }, index) => html`${index ? " · " : ""}<button type="button" class="link-button" data-num=${id} onClick=${(event) => app.explain(id, event.target)}>${titleOf(app.measures, measure)}</button>`)}</details></li>`)}</ul>` : html`<p class="second">None.</p>`}</li></ol>`
      : html`<p class="second">From the raw row to every number that it touches.</p>`}
    </section>`;
  }
}

function Health({ app }) {
  const { schedule, store, mapHealth, stream } = app;
  const figure = (name, value, unit) => num({ id: "page|" + name, value: value ?? null, unit, reason: "this browser does not tell" });
  const fact = (label, content) => html`<div><dt>${label}</dt><dd>${content}</dd></div>`;
  const heap = performance.memory ? Math.round(performance.memory.usedJSHeapSize / 1e6) : null;
  return html`<section class="panel" aria-label="This page">
    <header class="panel-head"><h2>This page</h2></header>
    <dl class="facts wide">
      ${fact("drawing", figure("fps", Math.round(schedule.fps), "fps"))}
      ${fact("queue", figure("queue", schedule.waiting, "count"))}
      ${fact("slow frames", html`${figure("slow_frames", schedule.slowFrames, "count")} of ${figure("frames", schedule.frames, "count")}`)}
      ${fact("updates merged", figure("merged", store.merged, "count"))}
      ${fact("readings held", figure("held", store.size, "count"))}
      ${fact("server to page", figure("delay", stream.delay === null ? null : stream.delay / 1000, "s"))}
      ${fact("memory", figure("heap", heap, "MB"))}
      ${fact("connection", stream.polling ? "polling" : "stream")}
      ${fact("tabs", figure("tabs", app.tabs.open, "count"))}
      ${fact("shapes without a match", html`${figure("shapes", mapHealth.failures.length, "count")}${mapHealth.level ? html` of ${mapHealth.level} areas` : null}`)}
      ${fact("server", html`<span data-term>${app.instance.version || "—"}</span>`)}
    </dl>
    ${mapHealth.failures.length ? html`<details><summary>Areas without a shape on the map</summary><p class="second">${mapHealth.failures.map((area, index) => html`${index ? "; " : ""}<span data-place>${area}</span>`)}</p></details>` : null}
  </section>`;
}
