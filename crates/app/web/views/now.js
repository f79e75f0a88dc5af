// Now: what moved, where, and whether to trust it this minute. Ranks stand still until the reader asks; digits move in place.
import { html, make, render, Island } from "../html.js";
import { ask } from "../api.js";
import { Grid } from "../grid.js";
import { PlaceMap, hasShapes } from "../map.js";
import { num, seriesOf, deltaOf, markElements, statusElement } from "../num.js";
import { sparkCanvas, drawSpark, onTheme } from "../canvas.js";
import { twin } from "../url.js";
import { format, spoken, when } from "../format.js";
import { nameOf, areaOf, LEVEL, levelWords, segmentWords, titleOf, windowWords } from "../words.js";
import { saveCsv, savePng } from "../save.js";
import { Events } from "./events.js";
import { Filters } from "../filters.js";

const AGAIN_MS = 5000;
const FRESH_MS = 15000;
const AUTO_MS = 30000;
const ALL_AT_ONCE = 4000;

export class View {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    this.aborter = new AbortController();
    this.rows = new Map();
    this.places = new Map();
    this.bySeries = new Map();
    this.changedCount = 0;
    this.askedAt = 0;
  }

  enter(data) {
    const { app } = this;
    this.root.replaceChildren();
    this.grid = this.makeGrid();
    this.off = [
      app.schedule.every("text", () => this.tick()),
      app.schedule.every("picture", () => this.slowTick()),
      onTheme(() => this.sparks()),
    ];
    if (data?.rows && !this.app.state.vs) this.take(data, true);
    else this.load(true);
    this.repaint();
  }

  watches() {
    const { state } = this.app;
    const sample = this.data?.rows[0];
    const filter = { level: state.g, segment: state.type, kind: state.kind, measure: state.m };
    if (sample) Object.assign(filter, { variant: sample.variant, window: sample.window });
    if ((this.data?.all?.length || 0) > ALL_AT_ONCE) filter.area = this.grid.keys.map(areaOf);
    return filter;
  }

  makeGrid() {
    const { app } = this;
    const { state } = app;
    const window = windowWords(state.w);
    const figure = (id, value, unit, more) => ({ id, value, unit, ...more });
    const grid = new Grid({
      name: "movers",
      label: "Markets",
      keyOf: (row) => row.market,
      open: (market) => app.open("market", { market }),
      sort: (sort) => app.go({ sort }),
      columns: [
        { key: "name", head: "Market", sort: "name", signature: () => state.m + state.w, content: (row, cell) => this.nameCell(row, cell) },
        { key: "value", head: "Now", className: "number", sort: "value", figure: (row) => figure(row.id, row.value, row.unit, { few: row.few, reason: "no home gives this number" }) },
        ...(state.vs ? [
          { key: "then", head: "Then", term: when(state.vs), className: "number", figure: (row) => figure(row.id + "#then", row.then, row.unit, { reason: "no home gave this number then" }) },
          { key: "since", head: "Since then", className: "number", figure: (row) => figure(row.id + "#since", deltaOf(row.value, row.then, row.delta_unit), row.delta_unit, { context: "delta", delta: true, few: row.few, reason: "there is no value to compare with" }) },
        ] : []),
        { key: "delta", head: "Δ", term: window, className: "number", sort: "change", figure: (row) => figure(row.id + "#delta", row.delta, row.delta_unit, { context: "delta", delta: true, few: row.few, reason: row.previous === null ? "there is no value to compare with" : "no value" }) },
        { key: "usual", head: "× usual", className: "number", sort: "usual", figure: (row) => figure(row.id + "#usual", row.usual, "times", { few: row.few, reason: row.usual_reason || "not known yet" }) },
        { key: "n", head: "n", className: "number", sort: "n", figure: (row) => figure(row.id + "#n", row.n, "count") },
        { key: "spark", head: "", term: "90 days", content: (row, cell) => this.sparkCell(row, cell) },
        { key: "status", head: "Status", signature: (row) => this.statusOf(row), content: (row, cell) => this.statusCell(row, cell) },
      ],
    });
    grid.sorted(state.sort, state.sort === "name" ? "ascending" : "descending");
    const { signal } = this.aborter;
    grid.table.addEventListener("pointerover", (event) => this.map?.ring(event.target.closest("tbody tr")?.dataset.row), { signal });
    grid.table.addEventListener("pointerleave", () => this.map?.ring(null), { signal });
    return grid;
  }

  nameCell(row, cell) {
    const { name, simulated } = nameOf(row.area);
    const link = make("a", { className: "place", data: { place: "" }, href: this.app.market(row.market) }, name);
    cell.replaceChildren(link, ...markElements(simulated || row.simulated));
  }

  sparkCell(row, cell) {
    const canvas = sparkCanvas();
    cell.replaceChildren(canvas);
    row.canvas = canvas;
  }

  statusOf(row) {
    const { thresholds = { normal: 30, few: 10 } } = this.app.instance;
    const parts = [];
    if (row.age !== null && row.age !== undefined) parts.push("age " + row.age);
    if (row.n < thresholds.few) parts.push("too few");
    else if (row.n < thresholds.normal) parts.push("few");
    if (row.status !== "current" && row.status !== "final") parts.push(row.status);
    return parts.join("|") || "current";
  }

  statusCell(row, cell) {
    cell.replaceChildren(statusElement(row, this.statusOf(row).split("|").filter(Boolean).join(", ")));
  }

  // What is shown.

  async load(reorder) {
    const { app } = this;
    if (this.loading) this.loading.abort();
    const aborter = (this.loading = new AbortController());
    this.askedAt = performance.now();
    try {
      const { state } = app;
      const answer = (wanted) => ask(twin(wanted, "json"), {}, AbortSignal.any([aborter.signal, this.aborter.signal]));
      const [data, then] = await Promise.all([answer(state), state.vs ? answer({ ...state, asof: state.vs, n: "1" }) : null]);
      if (app.frozen && !reorder) return;
      this.then = new Map((then?.all || []).map((place) => [`${state.g}:${place.area}`, place.value]));
      this.error = "";
      this.take(data, reorder);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (app.refused(error.problem)) {
        this.renew();
        app.follow();
        return this.load(true);
      }
      this.error = error.message;
      if (!this.data) this.take({ rows: [], all: [], counts: {} }, true);
    }
    if (this.loading === aborter) this.loading = null;
    this.repaint();
  }

  take(data, reorder) {
    const first = !this.data;
    const before = this.grid.keys;
    this.data = data;
    this.askedAt = performance.now();
    const fresh = data.rows.map((row) => row.market);
    this.app.firstMarket = fresh[0];
    const order = reorder || first || !before.length ? fresh : before;
    for (const row of data.rows) {
      const held = this.rows.get(row.market);
      row.canvas = held?.canvas;
      this.rows.set(row.market, row);
    }
    const all = new Map((data.all || []).map((place) => [`${this.app.state.g}:${place.area}`, place]));
    for (const market of order) {
      // A row that is no longer among the first keeps its place until the re-rank, with its newest value.
      const row = this.rows.get(market);
      const place = all.get(market);
      if (row && place && !fresh.includes(market)) Object.assign(row, { value: place.value, delta: place.delta, n: place.n });
    }
    for (const market of [...this.rows.keys()]) if (!order.includes(market) && !fresh.includes(market)) this.rows.delete(market);
    const past = this.places;
    this.places = new Map();
    for (const [market, place] of all) this.places.set(market, { ...past.get(market), ...place, market, previous: this.previousOf(place) });
    this.bySeries.clear();
    for (const row of this.rows.values()) {
      this.bySeries.set(seriesOf(row.id), row);
      row.then = this.then?.get(row.market) ?? null;
      this.judge(row);
      const live = this.app.still ? null : this.app.store.get(seriesOf(row.id));
      if (live && this.app.stream.beat && live.id >= row.id) this.fold(row, live);
    }
    if (reorder || first || !before.length) this.grid.show(order.map((market) => this.rows.get(market)).filter(Boolean));
    else for (const market of order) if (this.rows.get(market)) this.grid.write(this.rows.get(market));
    this.moves = fresh.filter((market, index) => order[index] !== market).length;
    this.sparks();
    this.mapPlaces();
    if (first || reorder) this.app.follow();
    const title = data.title || titleOf(this.app.measures, this.app.state.m);
    this.app.title(`Now · ${title}`);
  }

  previousOf(place) {
    if (place.delta === null || place.value === null) return null;
    const unit = this.deltaUnit;
    const value = Number(place.value);
    if (unit === "pp") return value - place.delta / 100;
    if (unit === "d") return value - place.delta;
    return place.delta <= -100 ? null : value / (1 + place.delta / 100);
  }

  get deltaUnit() {
    return this.data?.rows[0]?.delta_unit || "%";
  }

  get unit() {
    return this.data?.unit || this.data?.rows[0]?.unit || "count";
  }

  judge(row) {
    const { thresholds = { normal: 30, few: 10 } } = this.app.instance;
    row.few = row.n < thresholds.normal;
    row.age = this.app.age(row.feeds);
    row.aged = row.age !== null;
  }

  fold(row, live) {
    row.value = live.value;
    row.n = live.n;
    row.status = live.status;
    row.date = live.date;
    row.id = live.id;
    row.updates = live.updates;
    if (row.previous !== undefined) row.delta = deltaOf(row.value, row.previous, row.delta_unit);
    this.judge(row);
  }

  /** Every 250 ms: texts whose readings changed. */
  tick() {
    const { app } = this;
    if (app.still) return;
    for (const live of app.store.take()) {
      if (live.measure !== app.state.m || live.level !== app.state.g) continue;
      const row = this.bySeries.get(seriesOf(live.id));
      if (row) {
        this.fold(row, live);
        this.grid.write(row);
      }
      const place = this.places.get(`${live.level}:${live.area}`);
      if (place && place.value !== live.value) {
        place.value = live.value;
        place.n = live.n;
        place.delta = deltaOf(live.value, place.previous, this.deltaUnit);
        this.mapDue = true;
        this.changedCount += 1;
        if (place.delta !== null && Math.abs(place.delta) > Math.abs(this.largest?.delta || 0)) this.largest = place;
      }
    }
  }

  /** Every second: map, ages, and asking anew when the day or much else changed. */
  slowTick() {
    const { app } = this;
    for (const row of this.rows.values()) {
      const was = row.age;
      this.judge(row);
      if (was !== row.age) this.grid.write(row, true);
    }
    if (app.still) return;
    if (this.mapDue) {
      this.mapDue = false;
      this.mapPlaces();
    }
    const waited = performance.now() - this.askedAt;
    if (!document.hidden && !this.loading && ((this.dayChanged && waited > AGAIN_MS) || waited > FRESH_MS)) {
      this.dayChanged = false;
      this.load(false);
    }
    if (app.state.rank === "auto" && this.moves && performance.now() - (this.rankedAt || 0) > AUTO_MS && !this.root.matches(":hover") && !this.root.contains(document.activeElement)) this.rerank();
  }

  newDay() {
    this.dayChanged = true;
  }

  refetch() {
    this.load(false);
  }

  rerank() {
    this.rankedAt = performance.now();
    const focused = document.activeElement?.closest?.("tr")?.dataset.row;
    const column = document.activeElement?.dataset?.column;
    this.load(true).then(() => {
      if (!focused || !column) return;
      [...(this.grid.row(focused)?.cells || [])].find((cell) => cell.dataset.column === column)?.focus();
    });
  }

  sparks() {
    for (const row of this.rows.values()) {
      if (!row.canvas || !row.spark) continue;
      drawSpark(row.canvas, row.spark.map((value) => (value === null ? null : Number(value))));
      const known = row.spark.filter((value) => value !== null);
      row.canvas.setAttribute("aria-label", known.length < 2 ? "too few days for a line" : `over 90 days from ${format(known[0], row.unit)} to ${format(known[known.length - 1], row.unit)}`);
    }
  }

  mapPlaces() {
    if (this.map) this.map.show([...this.places.values()]);
  }

  mountMap(element) {
    const { app } = this;
    const { thresholds = { normal: 30, few: 10 } } = app.instance;
    const level = app.state.g;
    const map = new PlaceMap({
      label: `Map of ${levelWords(level)}`, schedule: app.schedule, level, unit: this.unit, deltaUnit: this.deltaUnit, thresholds, windowName: windowWords(app.state.w),
      on: {
        open: (market) => app.open("market", { market }),
        hover: (market) => this.hoverRow(market),
        speak: (text) => (this.speaker ? (this.speaker.textContent = text) : null),
        filter: (kind) => app.go({ cls: kind === null ? "" : String(kind) }, { replace: true }),
        failures: (areas) => (app.mapHealth = { level, failures: areas, shown: this.places.size }),
      },
    });
    this.map = map;
    element.append(map.element);
    map.filter = this.classFilter;
    map.load().then(() => this.mapPlaces(), (error) => {
      if (error.name === "AbortError") return;
      this.mapMissing = error.message;
      this.repaint();
    });
    return () => {
      map.destroy();
      if (this.map === map) this.map = null;
    };
  }

  get classFilter() {
    const { cls } = this.app.state;
    return cls === "" ? null : /^\d$/.test(cls) ? Number(cls) : cls;
  }

  applyClass() {
    const filter = this.classFilter;
    for (const [market, row] of this.rows) {
      const element = this.grid.row(market);
      if (element) element.hidden = filter !== null && Boolean(this.map?.breaks) && this.map.kindOf({ ...row }) !== filter;
    }
  }

  hoverRow(market) {
    this.hovered?.classList.remove("linked");
    this.hovered = market ? this.grid.row(market) : null;
    this.hovered?.classList.add("linked");
  }

  happened() {
    this.eventsPanel?.happened();
  }

  changed(before) {
    const { state } = this.app;
    const differs = (keys) => keys.some((key) => state[key] !== before[key]);
    const question = ["m", "w", "g", "in", "type", "kind", "vs"];
    if (differs([...question, "n", "sort", "asof"])) {
      if (differs(question)) this.renew();
      else if (state.sort !== before.sort) this.grid.sorted(state.sort, state.sort === "name" ? "ascending" : "descending");
      this.load(true);
    }
    if (state.cls !== before.cls) this.map?.select(this.classFilter, true);
    this.repaint();
  }

  /** A new question: the old rows leave when the new ones are here. */
  renew() {
    this.app.store.clear();
    this.rows.clear();
    this.places.clear();
    this.grid.destroy();
    this.grid = this.makeGrid();
    this.version = (this.version || 0) + 1;
    this.mapMissing = "";
    this.largest = null;
  }

  // The parts around the table.

  repaint() {
    const { app } = this;
    if (this.left) return;
    render(this.markup(app), this.root);
    this.applyClass();
  }

  markup(app) {
    const { state } = app;
    const { data = { counts: {}, rows: [] } } = this;
    const title = data.title || titleOf(app.measures, state.m);
    const mapped = hasShapes(state.g) && !this.mapMissing;
    const counts = data.counts || {};
    const messages = [...state.messages, ...(app.problem ? [app.problem.detail] : [])];
    app.problem = null;
    const tally = (name, unit, more) => num({ id: "tally|" + name, value: counts[name] ?? null, unit, reason: "not counted yet", ...more });
    return html`
      <h1 class="view-title">${title}, <span class="second">change over <span data-term>${windowWords(state.w)}</span> by ${LEVEL[state.g] || state.g}${state.in ? html` in <span data-place>${state.in}</span>` : null}</span></h1>
      ${messages.map((message) => html`<p class="message" role="alert" data-term>${message}. The default is shown.</p>`)}
      <${Filters} app=${app} keys=${["m", "variant", "w", "g", "in", "type", "kind", "n"]} />
      <p class="tally">
        <span class="up-word">▲ ${tally("up", "count")} up</span> <span class="down-word">▼ ${tally("down", "count")} down</span> <span class="flat-word">■ ${tally("flat", "count")} flat</span>
        ${counts.few ? html`<span class="second">${tally("few", "count")} too few</span>` : null}
        ${data.rows.some((row) => row.simulated || nameOf(row.area).simulated) ? html`<span class="mark simulated">some markets are simulated</span>` : null}
        <span class="tally-end">
          ${this.moves && !app.still ? html`<button type="button" class="rerank" onClick=${() => this.rerank()} title="Re-rank (R)">Re-rank · ${num({ id: "now|moves", value: this.moves, unit: "count" })} rows would move</button>` : null}
          ${mapped ? html`<button type="button" class="link-button" onClick=${() => this.exportPicture()} title="Picture of the map (G)">PNG</button>` : null}
          <a href=${twin(state, "csv")} download onClick=${(event) => { if (app.frozen) { event.preventDefault(); this.exportFrozen(); } }} title="All rows (D)">CSV</a> <a href=${twin(state, "json")} target="_blank" rel="noreferrer">JSON</a>
        </span>
      </p>
      ${this.error ? html`<p class="message error" role="alert">${this.error}. The last numbers stay below${data.as_of ? "" : ", greyed"}. <button type="button" onClick=${() => this.load(false)}>Retry</button></p>` : null}
      ${this.mapMissing ? html`<p class="message">The shapes of the map are missing, so the table has the full width.</p>` : null}
      <div class=${"now-body" + (mapped ? "" : " without-map")}>
        <div class="now-side">
        ${mapped ? html`<section class="panel map-panel" aria-label="Map"><${Island} key=${"map" + (this.version || 0)} mount=${(element) => this.mountMap(element)} /><p class="sr" aria-live="polite" ref=${(element) => (this.speaker = element)}></p></section>` : null}
        <${Events} app=${app} ref=${(panel) => (this.eventsPanel = panel)} />
        </div>
        <section class=${"movers-panel" + (this.error ? " failed" : "")} aria-label="Markets that moved"><${Island} key=${"grid" + (this.version || 0)} mount=${(element) => { element.append(this.grid.element); return () => {}; }} />
          ${this.data && !data.rows.length && !this.error ? this.empty(state, data) : null}
          ${data.hidden_by_n ? html`<p class="second foot">${num({ id: "now|hidden", value: data.hidden_by_n, unit: "count" })} more with fewer homes than the least n. ${state.n !== "10" && state.n !== "1" ? html`<button type="button" class="link-button" onClick=${() => app.go({ n: "10" })}>Show <span data-term>n ≥ 10</span></button>` : null}</p>` : null}
        </section>
      </div>`;
  }

  empty(state, data) {
    const least = Number(state.n) > 10 ? "10" : Number(state.n) > 1 ? "1" : null;
    return html`<div class="empty"><p>No ${levelWords(state.g)} with <span data-term>n ≥ ${state.n}</span>${state.in ? html` in <span data-place>${state.in}</span>` : ""} have this number.</p>
      <p>${least && data.hidden_by_n !== 0 ? html`<button type="button" onClick=${() => this.app.go({ n: least })}>Show <span data-term>n ≥ ${least}</span></button>` : state.in ? html`<button type="button" onClick=${() => this.app.go({ in: "" })}>Show all states</button>` : state.g !== "state" ? html`<button type="button" onClick=${() => this.app.go({ g: "state" })}>Show states</button>` : null}</p></div>`;
  }

  // Exports and words.

  get filters() {
    const { state } = this.app;
    return `${levelWords(state.g)}${state.in ? " in " + state.in : ""}, ${segmentWords(state.type)}, ${state.kind}, n ≥ ${state.n}, change over ${windowWords(state.w)}`;
  }

  exportFrozen() {
    const columns = ["market", "value", "unit", "delta", "delta_unit", "usual", "n", "status", "date", "id"];
    const rows = this.grid.keys.filter((key) => !this.grid.row(key).hidden).map((key) => this.rows.get(key)).map((row) => [row.market, row.value, row.unit, row.delta, row.delta_unit, row.usual, row.n, row.status, row.date, row.id]);
    saveCsv("freehold-now.csv", columns, rows);
  }

  exportPicture() {
    if (!this.map?.shapes) return;
    const { app } = this;
    const total = [...this.places.values()].reduce((sum, place) => sum + (place.n || 0), 0);
    savePng("freehold-map.png", {
      title: this.data.title || titleOf(app.measures, app.state.m),
      lines: [this.filters + (this.classFilter === null ? "" : ", one class only"), "Hatched: few homes. Dotted: no number, or too few."],
      notes: [`As of ${app.state.asof ? when(app.state.asof) : app.time ? new Date(app.time).toISOString() : ""} · n ${format(total, "count")} · ${app.condition.text.toLowerCase()} · position ${format(this.data.position, "count")}`, "Freehold. Shapes: US Census Bureau 2017 by us-atlas."],
      pictures: this.map.pictures,
      legend: this.map.legendEntries().filter((entry) => entry.count && typeof entry.kind === "number"),
    });
  }

  summary() {
    if (!this.changedCount) return "";
    const { largest } = this;
    const text = `${format(this.changedCount, "count")} updates of markets${largest ? `; largest change: ${nameOf(largest.area).name}, ${spoken(largest.delta, this.deltaUnit)}` : ""}`;
    this.changedCount = 0;
    this.largest = null;
    return text;
  }

  leave() {
    this.left = true;
    this.aborter.abort();
    for (const off of this.off) off();
    render(null, this.root);
    this.grid.destroy();
    this.rows.clear();
    this.places.clear();
  }
}
