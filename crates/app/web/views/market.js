// Market: one headline, its level over time, the flows beside it, the distribution now and then, and the homes behind the number.
import { html, make, render, Island } from "../html.js";
import { ask } from "../api.js";
import { Grid } from "../grid.js";
import { LineChart, rangeOf, Bars } from "../chart.js";
import { num, seriesOf, readingId, deltaOf, statusElement } from "../num.js";
import { twin } from "../url.js";
import { day, format, spoken, when } from "../format.js";
import { areaOf, nameOf, place, segmentWords, titleOf, windowWords } from "../words.js";
import { saveCsv, savePng } from "../save.js";
import { Find, Filters } from "../filters.js";
import { Homes, parametersOf } from "../explain.js";

const SPANS = { "1M": 30, "3M": 91, "1Y": 365, "3Y": 1096, All: null };
const DAYS_OF = { "1d": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365 };
const FLOWS = [["new_listings", "own"], ["active_count", "own"], ["pending_count", "own"], ["closed_count", "own"], ["price_cut_share", "any"], ["median_days_on_market", "own"]];
const AGAIN_MS = 5000;
const FRESH_MS = 20000;

const before = (date, days) => new Date(Date.parse(date + "T00:00:00Z") - days * 86400000).toISOString().slice(0, 10);

/** Whether anything of a flow is known in the span. */
const moves = (flow) => flow.rows.some((row) => Number(row.value) !== 0);

export class View {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    this.aborter = new AbortController();
    this.series = new Map();
    this.charts = new Map();
    this.flows = [];
    this.askedAt = 0;
  }

  get market() {
    return this.app.state.market;
  }

  enter(data) {
    const { app } = this;
    this.root.replaceChildren();
    this.grid = this.makeGrid();
    this.off = [app.schedule.every("text", () => this.tick()), app.schedule.every("picture", () => this.slowTick())];
    if (data?.headline) this.take(data);
    else this.load();
    this.repaint();
  }

  watches() {
    const { state } = this.app;
    if (this.missing) return { level: (this.app.instance.levels || ["state"]).slice(-1)[0], measure: "active_count" };
    const markets = [this.market, ...state.cmp];
    return { level: this.market.slice(0, this.market.indexOf(":")), area: markets.map(areaOf), segment: state.type, kind: state.kind };
  }

  makeGrid() {
    const { app } = this;
    return new Grid({
      name: "readings",
      label: "Readings",
      keyOf: (row) => seriesOf(row.id),
      open: (key) => {
        const row = this.readings.get(key);
        if (row) app.go({ m: row.measure, variant: row.variant });
      },
      columns: [
        { key: "measure", head: "Reading", content: (row, cell) => this.measureCell(row, cell) },
        { key: "window", head: "Window", content: (row, cell) => { cell.dataset.term = ""; cell.textContent = windowWords(row.window); } },
        { key: "value", head: "Value", className: "number", figure: (row) => ({ id: row.id, value: row.value, unit: row.unit, few: row.few, reason: "no home gives this number" }) },
        { key: "n", head: "n", className: "number", figure: (row) => ({ id: row.id + "#n", value: row.n, unit: "count" }) },
        { key: "excluded", head: "Left out", className: "number", figure: (row) => ({ id: row.id + "#excluded", value: row.n_excluded, unit: "count" }) },
        { key: "date", head: "Day", signature: (row) => row.date, content: (row, cell) => cell.replaceChildren(make("time", { dateTime: row.date }, day(row.date))) },
        { key: "status", head: "Status", signature: (row) => row.status + (row.age ?? ""), content: (row, cell) => cell.replaceChildren(statusElement(row, row.status)) },
      ],
    });
  }

  measureCell(row, cell) {
    cell.replaceChildren(make("span", { data: { term: "" } }, titleOf(this.app.measures, row.measure)));
    if (row.variant !== "own") cell.append(make("span", { className: "second" }, " " + row.variant));
  }

  // What is asked for.

  async load() {
    const { app } = this;
    this.askedAt = performance.now();
    this.loading?.abort();
    const aborter = (this.loading = new AbortController());
    try {
      this.take(await ask(twin(app.state, "json"), {}, AbortSignal.any([aborter.signal, this.aborter.signal])));
      this.error = "";
    } catch (error) {
      if (error.name === "AbortError") return;
      if (app.refused(error.problem)) return this.load();
      this.error = error.message;
      this.missing = error.status === 404;
      if (this.missing) app.follow();
    }
    if (this.loading === aborter) this.loading = null;
    this.repaint();
  }

  take(data) {
    const { app } = this;
    this.data = data;
    this.headline = data.headline;
    this.askedAt = performance.now();
    this.readings = new Map();
    for (const row of data.readings || []) {
      row.id ||= readingId(row);
      row.feeds ||= data.feeds || data.headline?.feeds;
      row.age = app.age(row.feeds);
      row.aged = row.age !== null;
      this.readings.set(seriesOf(row.id), row);
    }
    this.grid.show([...this.readings.values()]);
    app.title(`${nameOf(data.area || areaOf(this.market)).name} · ${this.title}`);
    this.repaint();
    this.loadSeries();
    this.loadFlows();
    this.loadDistribution();
    this.loadWhy();
    this.loadPrints();
    this.loadTrend();
  }

  get title() {
    return titleOf(this.app.measures, this.app.state.m);
  }

  get today() {
    return this.app.state.asof?.slice(0, 10) || this.headline?.date || this.data?.today || this.app.today;
  }

  get from() {
    const days = SPANS[this.app.state.span];
    return days === null || !this.today ? "" : before(this.today, days);
  }

  question(market, measure, variant, window, span = {}, what = "series") {
    const { state } = this.app;
    return ask(`/v1/markets/${encodeURIComponent(market)}/${what}`, { measure, variant, window, segment: state.type, kind: state.kind, from: this.from, to: state.asof ? this.today : "", points: 800, ...span }, this.aborter.signal);
  }

  async loadSeries() {
    if (!this.headline) return;
    const { measure, variant, window } = this.headline;
    for (const market of [this.market, ...this.app.state.cmp]) {
      this.question(market, measure, variant, window, { prints: this.wantsPrints ? "true" : "" }).then((answer) => {
        this.series.set(market, answer.rows);
        this.drawSeries();
      }, (error) => {
        if (error.name === "AbortError") return;
        this.series.set(market, []);
        this.seriesError = error.message;
        this.repaint();
      });
    }
  }

  /** Every chart of the level has the same y range. */
  drawSeries() {
    const shown = [this.market, ...this.app.state.cmp];
    const range = rangeOf(shown.map((market) => this.series.get(market) || []), this.fromZero);
    for (const market of shown) {
      const rows = this.series.get(market);
      if (rows?.length && this.charts.has(market)) this.charts.get(market).show(rows, { range, first: this.showsFirst, span: this.app.state.span + this.headline.unit });
    }
    this.repaint();
  }

  get fromZero() {
    return this.headline?.unit === "count" || this.headline?.unit === "share";
  }

  get showsFirst() {
    return this.app.state.print === "first";
  }

  /** Prints cost a walk over the market's homes: asked for only where they are shown. */
  get wantsPrints() {
    return this.showsFirst || Boolean(this.app.state.t);
  }

  loadFlows() {
    const wanted = FLOWS.filter(([measure]) => measure !== this.headline?.measure);
    const mine = (this.flowsAsked = {});
    Promise.all(wanted.map(async ([measure, variant]) => {
      const stock = measure === "active_count" || measure === "pending_count";
      const window = stock ? "now" : "30d";
      try {
        const { rows } = await this.question(this.market, measure, variant, window);
        return { measure, variant, window, rows, unit: rows.find((row) => row.unit)?.unit || this.unitOf(measure) };
      } catch {
        return null;
      }
    })).then((flows) => {
      if (mine !== this.flowsAsked || this.left) return;
      this.flows = flows.filter(Boolean);
      this.repaint();
      for (const flow of this.flows) this.drawFlow(flow.measure);
    });
  }

  unitOf(measure) {
    return this.app.measures.get(measure)?.unit || "count";
  }

  drawFlow(measure) {
    const flow = this.flows.find((one) => one.measure === measure);
    const chart = this.charts.get("flow " + measure);
    if (flow && chart) chart.show(flow.rows, { range: rangeOf([flow.rows], true), span: this.app.state.span });
  }

  loadDistribution() {
    const { state } = this.app;
    if (!this.headline || !state.m.startsWith("median_")) {
      this.distribution = null;
      return;
    }
    const then = this.today ? before(this.today, DAYS_OF[state.w] || 7) : "";
    ask(`/v1/markets/${encodeURIComponent(this.market)}/distribution`, { measure: state.m, variant: state.variant, segment: state.type, kind: state.kind, then, as_of: state.asof, bins: 40 }, this.aborter.signal).then((answer) => {
      this.distribution = answer;
      this.bars?.show(answer, this.headline.unit);
      this.repaint();
    }, () => {
      this.distribution = null;
      this.repaint();
    });
  }

  /** The causes of the change since the window before. */
  loadWhy() {
    const { state, asOf } = this.app;
    const { measure, variant, window } = this.headline || {};
    if (!measure || !this.today) return;
    const [level, area] = [this.market.slice(0, this.market.indexOf(":")), areaOf(this.market)];
    ask("/v1/explain", { level, area, measure, variant, window, segment: state.type, kind: state.kind, as_of: asOf, then: before(this.today, DAYS_OF[state.w] || 7), limit: 1 }, this.aborter.signal).then((answer) => answer.change, () => null).then((change) => {
      this.why = change;
      this.repaint();
    });
  }

  /** What the series says beside its points. */
  async loadTrend() {
    const { measure, variant, window } = this.headline || {};
    if (!measure) return;
    const asked = this.question(this.market, measure, variant, window, { from: this.today, to: this.today, points: 1 }, "trends");
    const answer = await asked.catch(() => null);
    this.trend = answer?.rows.length ? { ...answer, row: answer.rows[answer.rows.length - 1] } : null;
    this.repaint();
  }

  /** Two prints of one number: what was known on `vs`, or the first print of the last day that has one, and what is known now. */
  async loadPrints() {
    const { state } = this.app;
    const { headline } = this;
    this.prints = null;
    if (!headline || !(state.vs || this.showsFirst)) return;
    const { measure, variant, window } = headline;
    try {
      if (state.vs) {
        const date = state.vs.slice(0, 10);
        const reading = (more) => ask("/v1/explain", { ...parametersOf(seriesOf(headline.id) + "|" + date), ...more, limit: 1 }, this.aborter.signal);
        const now = (await reading({})).prints.at(-1).value;
        this.prints = await reading({ known: date }).then((then) => ({ window, date, then: then.reading.value, now }), (error) => {
          if (error.name === "AbortError") throw error;
          return { window, date, then: null, now, note: error.message };
        });
      } else {
        const { rows } = await this.question(this.market, measure, variant, window, { prints: "true" });
        const row = rows.findLast((one) => one.first_print !== null);
        this.prints = row ? { window, date: row.date, then: row.first_print, now: row.known_now } : { error: "No day of this span was printed here: a day is printed when it closes, at noon UTC of the next" };
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      this.prints = { error: error.message };
    }
    this.repaint();
  }

  // What ticks.

  tick() {
    const { app } = this;
    if (app.still || !this.data) return;
    let painted = false;
    for (const live of app.store.take()) {
      const key = seriesOf(live.id);
      const row = this.readings.get(key);
      if (row) {
        Object.assign(row, { value: live.value, n: live.n, n_excluded: live.n_excluded, status: live.status, date: live.date, id: live.id });
        this.grid.write(row);
      }
      if (this.headline && key === seriesOf(this.headline.id)) {
        const { headline } = this;
        if (live.value !== headline.value) this.said = live;
        Object.assign(headline, { value: live.value, n: live.n, status: live.status, date: live.date, id: live.id });
        headline.delta = deltaOf(headline.value, headline.previous, headline.delta_unit);
        this.lastPoint(live);
        painted = true;
      }
    }
    if (painted) this.repaint();
  }

  /** Only the last point of the level moves. */
  lastPoint(live) {
    const rows = this.series.get(this.market);
    if (!rows?.length) return;
    const last = rows[rows.length - 1];
    const point = { date: live.date, value: live.value, n: live.n, n_excluded: live.n_excluded, status: live.status, first_print: null, known_now: live.value };
    if (last.date === live.date) rows[rows.length - 1] = point;
    else if (last.date < live.date) rows.push(point);
    this.chartDue = true;
  }

  slowTick() {
    const { app } = this;
    for (const row of this.readings?.values() || []) {
      const was = row.age;
      row.age = app.age(row.feeds);
      row.aged = row.age !== null;
      if (was !== row.age) this.grid.write(row, true);
    }
    if (this.headline) {
      const age = app.age(this.headline.feeds);
      if (age !== this.headlineAge) {
        this.headlineAge = age;
        this.repaint();
      }
    }
    if (app.still) return;
    if (this.chartDue) {
      this.chartDue = false;
      this.drawSeries();
    }
    const waited = performance.now() - this.askedAt;
    if (!document.hidden && !this.loading && ((this.dayChanged && waited > AGAIN_MS) || waited > FRESH_MS)) {
      this.dayChanged = false;
      this.load();
    }
  }

  newDay() {
    this.dayChanged = true;
  }

  refetch() {
    this.load();
  }

  changed(past) {
    const { state } = this.app;
    if (["m", "w", "type", "kind", "asof"].some((key) => state[key] !== past[key])) {
      this.series.clear();
      this.load();
    } else if (state.span !== past.span) {
      this.series.clear();
      this.loadSeries();
      this.loadFlows();
    } else if (state.cmp.join() !== past.cmp.join()) {
      this.loadSeries();
    } else if (state.print !== past.print || state.t !== past.t) {
      this.drawSeries();
      if (this.wantsPrints) this.loadSeries();
    }
    if (state.vs !== past.vs || state.print !== past.print) this.loadPrints();
    this.repaint();
  }

  firstPrint() {
    this.app.go({ print: this.showsFirst ? "" : "first" });
  }

  tableTwin() {
    this.app.go({ t: this.app.state.t ? "" : "1" }, { replace: true });
  }

  compare(id) {
    const { state } = this.app;
    if (id !== this.market && !state.cmp.includes(id) && state.cmp.length < 2) this.app.go({ cmp: [...state.cmp, id] });
  }

  // What is shown.

  repaint() {
    if (this.left) return;
    render(this.markup(this.app), this.root);
  }

  mountChart(market, label, unit, options = {}) {
    return (element) => {
      const chart = new LineChart({ label, unit, height: 200, speak: (text) => this.speaker && (this.speaker.textContent = text), sync: "market", ...options });
      this.charts.set(market, chart);
      element.append(chart.element);
      if (market.startsWith("flow ")) this.drawFlow(market.slice(5));
      else if (this.series.get(market)?.length) this.drawSeries();
      return () => {
        chart.destroy();
        if (this.charts.get(market) === chart) this.charts.delete(market);
      };
    };
  }

  markup(app) {
    const { state } = app;
    const area = this.data?.area || areaOf(this.market);
    const messages = [...state.messages, ...(app.problem ? [app.problem.detail] : [])];
    app.problem = null;
    if (this.missing) {
      return html`<h1 class="view-title">No such market</h1><p class="message" role="alert" data-term>${this.error}</p><p><a href="/now">All markets</a></p>`;
    }
    const { headline } = this;
    return html`
      <h1 class="view-title">${place(area)} ${this.data?.simulated && !nameOf(area).simulated ? html`<span class="mark simulated">simulated</span>` : null}</h1>
      ${messages.map((message) => html`<p class="message" role="alert" data-term>${message}. The default is shown.</p>`)}
      ${this.error ? html`<p class="message error" role="alert">${this.error}. The last numbers stay below. <button type="button" onClick=${() => this.load()}>Retry</button></p>` : null}
      <${Filters} app=${app} keys=${["m", "variant", "w", "type", "kind"]} />
      ${headline ? this.headlineMarkup(headline) : html`<p class="second">Loading…</p>`}
      ${headline && this.data.rests_on ? this.restsMarkup(headline, this.data.rests_on) : null}
      ${headline && (state.vs || this.showsFirst) ? this.printsMarkup(state, headline, this.prints) : null}
      ${headline ? this.levelMarkup(state, headline) : null}
      ${headline && this.trend ? this.trendMarkup(headline, this.trend) : null}
      <div class="market-body">
        <section class="panel" aria-label="Flows"><header class="panel-head"><h2>Flows</h2></header>
          ${this.flows.length ? html`<div class="flows">${this.flows.filter(moves).map((flow) => this.flowMarkup(flow))}</div>${this.flows.every(moves) ? null : html`<p class="caption">Nothing in this span: ${this.flows.filter((flow) => !moves(flow)).map((flow) => titleOf(app.measures, flow.measure).toLowerCase()).join(", ")}.</p>`}` : html`<p class="second">${this.data ? "No flows are known for this market." : "Loading…"}</p>`}</section>
        <div class="market-side"><section class="panel" aria-label="Distribution"><header class="panel-head"><h2>Distribution now and <span data-term>${windowWords(state.w)}</span> before</h2></header>
          ${this.distributionMarkup(headline)}</section>
        <section class="panel" aria-label="Why"><header class="panel-head"><h2>Why it changed in <span data-term>${windowWords(state.w)}</span></h2></header>
          ${headline && this.why?.total != null ? this.whyMarkup(headline, this.why) : html`<p class="second">There is no change to tell of.</p>`}</section>
        <section class="panel" aria-label="Homes behind it">${headline ? html`<${Homes} key=${seriesOf(headline.id) + app.asOf} app=${app} id=${headline.id} unit=${headline.unit} n=${headline.n} />` : null}</section></div>
        <section class="panel readings-panel" aria-label="All readings"><header class="panel-head"><h2>All readings</h2></header><${Island} key="readings" mount=${(element) => { element.append(this.grid.element); return () => {}; }} /></section>
      </div>
      <p class="sr" aria-live="polite" ref=${(element) => (this.speaker = element)}></p>`;
  }

  headlineMarkup(headline) {
    const age = this.app.age(headline.feeds);
    return html`<p class=${"headline-line" + (age === null ? "" : " aged")}>
      <span class="headline-measure">${this.title}</span>
      <span class="headline">${num({ id: headline.id, value: headline.value, unit: headline.unit, context: "full", reason: "no home gives this number; closed sales may not be disclosed here" })}</span>
      ${headline.value === null ? html`<span class="second">no home gives this number</span>` : null}
      ${num({ id: headline.id + "#delta", value: headline.delta, unit: headline.delta_unit, context: "delta", delta: true, reason: "there is no value to compare with" })}
      <span class="second"><span data-term>${windowWords(this.app.state.w)}</span> · ${num({ id: headline.id + "#usual", value: headline.usual, unit: "times", reason: headline.usual_reason || "not known" })} usual · n ${num({ id: headline.id + "#n", value: headline.n, unit: "count" })} · <span data-term>${windowWords(headline.window)}</span> · <span class="status">${headline.status}</span> · <time datetime=${headline.date}>${day(headline.date)}</time>${age === null ? null : html` · <span class="stale-age">▲ ${num({ id: headline.id + "#age", value: age, unit: "s" })} old</span>`}</span>
    </p>`;
  }

  /** Where sale prices are not disclosed: what the number rests on, and what is asked instead. */
  restsMarkup(headline, { words, instead }) {
    return html`<p class="message rests" data-term>${words}. ${instead ? html`Asked instead: <button type="button" class="link-button" onClick=${() => this.app.go({ m: instead.measure })}>${instead.title}</button> ${num({ id: `${headline.id}#instead`, value: instead.value, unit: instead.unit, context: "full" })}, n ${num({ id: `${headline.id}#instead-n`, value: instead.n, unit: "count" })}` : null}</p>`;
  }

  printsMarkup(state, headline, prints) {
    const figure = (part, value, more) => num({ id: `${seriesOf(headline.id)}|${prints.date}${part}`, value, unit: headline.unit, context: "full", reason: "nothing was known", ...more });
    return html`<p class="headline-line prints">
      ${!prints ? "Loading…" : prints.error ? html`<span data-term>${prints.error}.</span>` : html`<span>${state.vs ? html`Of <time datetime=${prints.date}>${day(prints.date)}</time>, known on <time datetime=${prints.date}>${day(prints.date)}</time>:` : html`First print of <time datetime=${prints.date}>${day(prints.date)}</time>:`} ${figure(state.vs ? "#then" : "#first", prints.then)}</span>
        <span>known now: ${figure("#now", prints.now)}</span>
        <span>revised by ${figure("#revised", deltaOf(prints.now, prints.then, headline.delta_unit), { unit: headline.delta_unit, context: "delta", delta: true, reason: "one of the two is unknown" })}</span>
        ${prints.note ? html`<span class="second" data-term>${prints.note}.</span>` : null}`}
      <label class="second">compare with what was known on <input type="date" value=${state.vs.slice(0, 10)} min=${this.app.instance.first_day} max=${this.app.today} onChange=${(event) => this.app.go({ vs: event.target.value })} /></label>
      ${state.vs ? html`<button type="button" class="link-button" onClick=${() => this.app.go({ vs: "" })}>end comparison</button>` : null}</p>`;
  }

  levelMarkup(state, headline) {
    const shown = [this.market, ...state.cmp];
    const rows = this.series.get(this.market);
    const provisional = rows?.some((row) => row.status !== "final" && row.value !== null);
    const empty = rows && !state.cmp.length && !rows.some((row) => row.value !== null);
    return html`<section class="panel level-panel" aria-label="Level">
      <header class="panel-head"><h2>${this.title}</h2>
        <div class="spans" role="group" aria-label="Span">${Object.keys(SPANS).map((span) => html`<button type="button" key=${span} data-term aria-pressed=${state.span === span} onClick=${() => this.app.go({ span })}>${span}</button>`)}</div>
        <button type="button" aria-pressed=${this.showsFirst} onClick=${() => this.firstPrint()} title="First print against now (V)">First print</button>
        <button type="button" aria-pressed=${Boolean(state.t)} onClick=${() => this.tableTwin()} title="As a table (T)">Table</button>
        ${state.cmp.length < 2 ? html`<${Find} app=${this.app} name="compare" label="Compare with a market" hint="Compare with…" choose=${(id) => this.compare(id)} />` : null}
        <span class="head-end"><button type="button" class="link-button" onClick=${() => this.exportPicture()} title="Picture (G)">PNG</button> <a href=${twin(state, "csv")} download title="The series (D)">CSV</a></span>
      </header>
      ${empty ? html`<p class="second">${this.seriesError || "Nothing is known of this measure here in this span."}</p>${this.others}` : shown.map((market) => html`<div key=${market} class="level">
        ${state.cmp.length ? html`<p class="level-name">${place(areaOf(market))} ${market === this.market ? null : html`<button type="button" class="link-button" onClick=${() => this.app.go({ cmp: state.cmp.filter((one) => one !== market) })}>remove</button>`}</p>` : null}
        <${Island} key=${market + headline.unit} name="chart-holder" mount=${this.mountChart(market, `${this.title}, ${nameOf(areaOf(market)).name}. Arrow keys move the cursor and speak values; the table holds the same numbers.`, headline.unit, state.cmp.length ? { height: 150 } : { height: 240 })} />
      </div>`)}
      ${empty ? null : html`<p class="caption">${this.sentence(rows, headline)} <span class="key"><i class="line solid"></i> final</span>${provisional ? html` <span class="key"><i class="line dashed"></i> provisional</span>` : null}${this.showsFirst && rows?.some((row) => row.first_print) ? html` <span class="key"><i class="line faint"></i> first print</span>` : null}${this.fromZero ? null : html` <span class="key">the value axis does not start at zero</span>`}</p>`}
      ${state.t && rows ? html`<${SeriesTable} rows=${rows} headline=${headline} />` : null}
    </section>`;
  }

  /** Measures that are known here, where the chosen one is not. */
  get others() {
    const { few = 10 } = this.app.instance.thresholds || {};
    const known = new Set([...this.readings.values()].filter((row) => row.value !== null && row.n >= few).map((row) => row.measure));
    return known.size ? html`<p class="choices">Known here: ${[...known].map((measure) => html`<button type="button" key=${measure} onClick=${() => this.app.go({ m: measure })}>${titleOf(this.app.measures, measure)}</button>`)}</p>` : null;
  }

  sentence(rows, headline) {
    const known = rows?.filter((row) => row.value !== null);
    if (!known?.length) return null;
    const [first, last] = [known[0], known[known.length - 1]];
    const values = known.map((row) => Number(row.value));
    const figure = (value) => num({ id: seriesOf(headline.id) + "|span", value, unit: headline.unit });
    return html`From <time datetime=${first.date}>${day(first.date)}</time> to <time datetime=${last.date}>${day(last.date)}</time>: ${figure(first.value)} to ${figure(last.value)}, between ${figure(Math.min(...values))} and ${figure(Math.max(...values))}.`;
  }

  flowMarkup(flow) {
    const last = [...flow.rows].reverse().find((row) => row.value !== null);
    const id = `${this.market}|${this.app.state.type}|${this.app.state.kind}|${flow.measure}|${flow.variant}|${flow.window}|${last?.date || this.today}`;
    const live = this.readings?.get(seriesOf(id));
    const shown = live || last;
    return html`<div class="flow" key=${flow.measure}>
      <p class="flow-name"><span data-term>${titleOf(this.app.measures, flow.measure)}</span> <span class="second" data-term>${flow.window === "now" ? "" : windowWords(flow.window)}</span></p>
      <p class="flow-value">${num({ id: live?.id || id, value: shown ? shown.value : null, unit: live?.unit || flow.unit, reason: "none in this span" })}</p>
      <${Island} key=${flow.measure} name="chart-holder" mount=${this.mountChart("flow " + flow.measure, `${titleOf(this.app.measures, flow.measure)} over time`, flow.unit, { small: true, height: 84 })} />
    </div>`;
  }

  trendMarkup(headline, { row, change_unit }) {
    const figure = (part, column = part, unit = headline.unit) => num({ id: `${seriesOf(headline.id)}|${row.date}#${part}`, value: row[column], unit, reason: row[part + "_reason"] });
    const facts = [
      ...[7, 28, 30, 90, 365].filter((days) => row[`ma${days}_days`] > 0).map((days) => [html`<span data-term>mean of ${days} days</span> <span class="second">${figure("days", `ma${days}_days`, "count")} there</span>`, figure("average", `ma${days}`)]),
      ["trend a month", html`${figure("trend", "trend", "%")} <span class="second">${figure("trend", "trend_low", "%")} to ${figure("trend", "trend_high", "%")}</span>`],
      ["month on month", figure("mom", "mom", change_unit)], ["year on year", figure("yoy", "yoy", change_unit)], ["without its season", figure("adjusted")],
    ];
    return html`<section class="panel" aria-label="Trend"><header class="panel-head"><h2>Averages and trend</h2></header><dl class="facts wide">${facts.map(([term, value], at) => html`<div key=${at}><dt>${term}</dt><dd>${value}</dd></div>`)}</dl></section>`;
  }

  /** The causes as bars that begin where the one before ended; they add up to the change. */
  whyMarkup(headline, why) {
    let at = 0;
    const steps = why.causes.map((cause) => ({ ...cause, from: at, to: (at += Number(cause.effect || 0)) }));
    const ends = steps.flatMap((step) => [step.from, step.to]);
    const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
    const percent = (value) => `${((value - low) / (high - low || 1)) * 100}%`;
    const points = headline.unit === "share";
    const figure = (name, value, reason) => num({ id: `${headline.id}#why-${name}`, value: points && value !== null ? Number(value) * 100 : value, unit: points ? "pp" : headline.unit, context: points ? "delta" : "full", delta: true, reason });
    return html`<table class="grid why"><tbody>${steps.map((step) => html`<tr key=${step.cause}><th scope="row">${step.cause}${step.n ? html` <span class="second">${num({ id: `${headline.id}#why-n-${step.cause}`, value: step.n, unit: "count" })}</span>` : null}</th>
      <td class="number">${figure(step.cause, step.effect, step.reason || "it cannot be told apart")}</td>
      <td class="bar-cell" aria-hidden="true"><i class=${step.to < step.from ? "down" : "up"} style=${{ left: percent(Math.min(step.from, step.to)), width: `${(Math.abs(step.to - step.from) / (high - low || 1)) * 100}%` }}></i></td></tr>`)}
      <tr class="sum"><th scope="row">change</th><td class="number">${figure("total", why.total, "")}</td><td></td></tr></tbody></table>
      <p class="caption">Each cause is undone alone; what they do together is their interaction. Corrected is what became known of that day after it was printed.</p>`;
  }

  distributionMarkup(headline) {
    const { distribution } = this;
    if (distribution?.now && !distribution.now.n && !distribution.then?.n) return html`<p class="second">No homes now or then.</p>`;
    if (!distribution?.now) return html`<p class="second">${this.app.state.m.startsWith("median_") ? "No distribution for this number." : "Only medians have a distribution of homes."}</p>`;
    const count = (side, name) => num({ id: `${headline.id}#${name}`, value: side?.[name] ?? null, unit: "count", reason: "no homes" });
    const beyond = (side) => ["below", "above"].filter((name) => side?.[name]).map((name) => html`, ${count(side, name)} ${name}`);
    return html`<${Island} key=${"bars" + headline.unit} name="chart-holder" mount=${(element) => {
        const bars = new Bars(`${this.title}: the distribution of ${nameOf(areaOf(this.market)).name} now as bars and before as an outline`);
        this.bars = bars;
        element.append(bars.canvas);
        bars.show(this.distribution, headline.unit);
        return () => { bars.destroy(); if (this.bars === bars) this.bars = null; };
      }} />
      <p class="caption"><span class="key"><i class="box"></i> now, n ${count(distribution.now, "n")}${beyond(distribution.now)}</span> <span class="key"><i class="box outline"></i> then, n ${count(distribution.then, "n")}${beyond(distribution.then)}</span> <span class="key">shares of homes in each bin; ▲ marks the median; below and above lie outside of what is drawn</span></p>
      <details><summary>As a table</summary><div class="table-wrap" tabindex="0" role="region" aria-label="Distribution"><table class="grid"><thead><tr><th scope="col">From</th><th scope="col">to</th><th scope="col" class="number">Now</th><th scope="col" class="number">Then</th></tr></thead>
        <tbody>${distribution.now.counts.map((count, bin) => (count || distribution.then?.counts?.[bin] ? html`<tr key=${bin}><th scope="row">${num({ id: "bin|from", value: distribution.edges[bin], unit: headline.unit })}</th><td>${num({ id: "bin|to", value: distribution.edges[bin + 1], unit: headline.unit })}</td><td class="number">${num({ id: "bin|now", value: count, unit: "count" })}</td><td class="number">${num({ id: "bin|then", value: distribution.then?.counts?.[bin] ?? null, unit: "count" })}</td></tr>` : null))}</tbody></table></div></details>`;
  }

  exportFrozen() {
    saveCsv("freehold-market.csv", ["id", "measure", "variant", "window", "value", "unit", "n", "n_excluded", "status", "date"], [...this.readings.values()].map((row) => [row.id, row.measure, row.variant, row.window, row.value, row.unit, row.n, row.n_excluded, row.status, row.date]));
  }

  exportPicture() {
    const chart = this.charts.get(this.market);
    if (!chart?.canvas) return;
    const { app, headline } = this;
    savePng("freehold-market.png", {
      title: `${areaOf(this.market)} · ${this.title}`,
      lines: [`${segmentWords(app.state.type)}, ${app.state.kind}, window ${windowWords(headline.window)}; solid final, dashed provisional`],
      notes: [`As of ${app.state.asof ? when(app.state.asof) : app.time ? new Date(app.time).toISOString() : ""} · n ${format(headline.n, "count")} · ${headline.status} · ${app.condition.text.toLowerCase()}`],
      pictures: [chart.canvas],
    });
  }

  summary() {
    if (!this.said) return "";
    const text = `${this.title} is ${spoken(this.said.value, this.said.unit)}`;
    this.said = null;
    return text;
  }

  leave() {
    this.left = true;
    this.aborter.abort();
    this.loading?.abort();
    for (const off of this.off) off();
    render(null, this.root);
    this.grid.destroy();
    this.series.clear();
    this.charts.clear();
  }
}

function SeriesTable({ rows, headline }) {
  const figure = (row, value, part = "") => num({ id: seriesOf(headline.id) + "|" + row.date + part, value, unit: part === "#n" ? "count" : headline.unit, context: "full", reason: part === "#first" ? "not printed" : "no value on this day" });
  return html`<div class="table-wrap twin" tabindex="0" role="region" aria-label="The series as a table"><table class="grid"><thead><tr><th scope="col">Day</th><th scope="col" class="number">Value</th><th scope="col" class="number">First print</th><th scope="col" class="number">Known now</th><th scope="col" class="number">n</th><th scope="col">Status</th></tr></thead>
    <tbody>${[...rows].reverse().slice(0, 400).map((row) => html`<tr key=${row.date}><th scope="row"><time datetime=${row.date}>${day(row.date)}</time></th><td class="number">${figure(row, row.value)}</td><td class="number">${figure(row, row.first_print ?? null, "#first")}</td><td class="number">${figure(row, row.known_now ?? null, "#now")}</td><td class="number">${figure(row, row.n, "#n")}</td><td>${row.status}</td></tr>`)}</tbody></table></div>`;
}
