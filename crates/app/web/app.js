// Entry: holds what all views share (address, store, stream, schedule, books, pause, as-of) and changes views.
import { html, render } from "./html.js";
import { ask } from "./api.js";
import { read, address, to, DEFAULTS, KEY_OF } from "./url.js";
import { Store, Stream, Tabs } from "./stream.js";
import { Schedule } from "./schedule.js";
import { Frame } from "./frame.js";
import { Over } from "./over.js";
import { listenToKeys } from "./keys.js";
import { imbalance, ledgerOf } from "./ledger.js";

/** Views are loaded when first opened: the charts' library comes only with Market. */
const LOADERS = { now: () => import("./views/now.js"), market: () => import("./views/market.js"), feeds: () => import("./views/feeds.js") };
const VIEWS = {};

async function load(view) {
  VIEWS[view] ||= (await LOADERS[view]()).View;
}
const SUMMARY_MS = 30000;
const EVENTS_KEPT = 200;
const LAST_MARKET = "freehold-last-market";

function remembered(name) {
  try {
    return localStorage.getItem(name) || "";
  } catch {
    return "";
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

class App {
  constructor(boot) {
    this.instance = boot.instance || {};
    this.ledger = boot.ledger || null;
    this.shownLedger = this.ledger;
    this.problem = boot.problem || null;
    this.today = boot.today || this.instance.today;
    this.measures = new Map();
    this.events = [];
    this.waiting = 0;
    this.frozenAt = null;
    this.sheet = null;
    this.summaryAt = 0;
    this.mapHealth = { failures: [], level: "" };
    this.shortcuts = remembered("freehold-shortcuts") !== "off";
    this.lastMarket = remembered(LAST_MARKET);
    this.store = new Store();
    this.schedule = new Schedule();
    this.tabs = new Tabs(() => this.stream?.tabsChanged());
    this.stream = new Stream(this.store, this.tabs, {
      rows: (rows) => this.#rows(rows),
      ledger: (ledger) => this.#books(ledger),
      events: (rows) => this.#events(rows),
      beat: (beat) => this.#beat(beat),
      poll: () => this.#poll(),
      returned: () => this.view?.refetch(),
    });
    this.state = read(location, this.instance);
    if (this.frozen) this.frozenAt = { position: this.instance.position, moment: this.serverMoment(), time: Date.parse(this.instance.time) };
    this.main = document.getElementById("view");
    this.status = document.getElementById("status");
  }

  start(boot) {
    this.schedule.start();
    addEventListener("popstate", () => this.#moved(read(location, this.instance)));
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("visibilitychange", () => (document.hidden ? this.schedule.stop() : this.schedule.start()));
    listenToKeys(this);
    this.schedule.every("picture", () => this.paint());
    if (this.problem && this.refused(this.problem)) this.problem = null;
    const asked = boot.rows || boot.headline;
    this.#enter(asked && !this.problem && !this.state.messages.length ? boot : null);
    this.#follow();
    if (!this.ledger) this.#poll();
    if (!this.anyMarket) ask("/v1/markets", { level: this.instance.levels?.includes("county") ? "county" : "", measure: "closed_count", limit: 1 }).then(({ rows: [row] }) => {
      this.firstMarket ||= row && `${row.level}:${row.area}`;
      this.paint();
    }, () => {});
    ask("/v1/measures").then((answer) => {
      for (const row of answer.rows) this.measures.set(row.measure, row);
      this.view?.repaint();
      this.paint();
    }, () => {});
  }

  // Where one is.

  go(change, { replace = false } = {}) {
    const next = { ...this.state, ...(change.m ? { variant: "" } : null), ...change, messages: [] };
    if (this.measures.get(next.m)?.variants[0] === next.variant) next.variant = "";
    const target = address(next);
    if (target === address(this.state)) return;
    history[replace ? "replaceState" : "pushState"](null, "", target);
    this.#moved(next);
  }

  /** Falls back to the default of a parameter that the server refused, and says so. True when there was one. */
  refused(problem) {
    const key = KEY_OF[problem?.parameter];
    if (!key || this.state[key] === DEFAULTS[key]) return false;
    this.state = { ...this.state, [key]: DEFAULTS[key], messages: [...this.state.messages, problem.detail] };
    history.replaceState(null, "", address(this.state));
    return true;
  }

  open(view, more) {
    this.go(to(this.state, view, more));
  }

  /** The market that the view Market opens: the one shown, the last one, or the first of those listed. */
  get anyMarket() {
    return this.state.market || this.lastMarket || this.firstMarket || "";
  }

  market(id) {
    return address(to(this.state, "market", { market: id }));
  }

  #moved(next) {
    if (!VIEWS[next.view]) {
      load(next.view).then(() => next.view === read(location, this.instance).view && this.#moved(next), () => this.say("This part of the page cannot be loaded now"));
      return;
    }
    const before = this.state;
    this.state = next;
    if (next.view !== before.view || next.market !== before.market) {
      this.#enter(null);
      if (next.view !== before.view) scrollTo(0, 0);
      this.main.focus({ preventScroll: true });
    } else this.view.changed(before);
    if (before.live !== next.live) this.#pauseChanged();
    if (before.asof && !next.asof) this.shownLedger = this.ledger;
    this.#follow();
    this.paint();
  }

  #enter(data) {
    this.view?.leave();
    this.store.clear();
    document.body.dataset.view = this.state.view;
    if (this.state.market) {
      this.lastMarket = this.state.market;
      remember(LAST_MARKET, this.state.market);
    }
    this.view = new VIEWS[this.state.view](this, this.main);
    this.view.enter(data);
  }

  /** Watches what the view shows, unless the whole page looks at the past. */
  #follow() {
    if (this.state.asof) this.stream.end();
    else this.stream.watch({ ...this.view.watches(), events: 1 });
  }

  follow() {
    this.#follow();
  }

  title(text) {
    document.title = text + " · Freehold";
  }

  #click(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[href]");
    if (link && link.origin === location.origin && !link.hasAttribute("download") && !link.target && /^\/(now|market\/.+|feeds)?$/.test(link.pathname)) {
      event.preventDefault();
      const next = read(link, this.instance);
      if (address(next) !== address(this.state)) history.pushState(null, "", address(next));
      this.#moved(next);
      return;
    }
    const figure = !link && event.target.closest("[data-num]");
    if (figure && !event.target.closest("button, label, select")) this.explain(figure.dataset.num, figure);
  }

  // What comes in.

  get frozen() {
    return this.state.live === "0";
  }

  get still() {
    return this.frozen || Boolean(this.state.asof);
  }

  #rows(rows) {
    if (!this.frozen) return;
    for (const row of rows) this.waiting += row.merged || 0;
  }

  #books(ledger) {
    this.ledger = ledger;
    if (!this.still) this.shownLedger = ledger;
    this.view?.books?.(ledger);
  }

  #events(rows) {
    this.events = [...rows.slice().reverse(), ...this.events].slice(0, EVENTS_KEPT);
    if (!this.still) this.view?.happened?.(rows);
  }

  #beat(beat) {
    if (beat.final_through) this.instance.final_through = beat.final_through;
    if (!this.still && beat.today && beat.today !== this.today) {
      this.today = beat.today;
      this.view?.newDay?.();
    }
  }

  #poll() {
    ask("/v1/feeds").then((answer) => this.#books(ledgerOf(answer.rows)), () => {});
    if (this.stream.polling && !this.still) this.view?.refetch();
  }

  // Pause and as-of.

  pause() {
    if (this.state.asof) return;
    this.go({ live: this.frozen ? "1" : "0" }, { replace: true });
  }

  #pauseChanged() {
    this.waiting = 0;
    this.frozenAt = null;
    this.frozenAt = this.frozen ? { position: this.stream.beat?.position ?? this.instance.position, moment: this.serverMoment(), time: this.time } : null;
    this.announce(this.frozen ? "Paused. Numbers stand still." : "Live again.");
    if (!this.frozen) {
      this.shownLedger = this.ledger;
      this.view.refetch();
    }
  }

  /** Moves the as-of day; the newest day is now. */
  step(days) {
    const from = this.state.asof ? this.state.asof.slice(0, 10) : this.today;
    if (!from) return;
    const moved = new Date(Date.parse(from + "T00:00:00Z") + days * 86400000).toISOString().slice(0, 10);
    this.asof(moved, true);
  }

  asof(day, replace) {
    const first = this.instance.first_day;
    const next = !day || day >= this.newestDay ? "" : first && day < first ? first : day;
    this.go({ asof: next, live: "1" }, { replace });
  }

  /** The instance's own day, whatever day the page is of. */
  get newestDay() {
    return this.stream.beat?.today || this.instance.today;
  }

  /** What `as_of` the questions of the page carry. */
  get asOf() {
    return this.state.asof || (this.frozen && this.frozenAt?.moment) || "";
  }

  serverMoment() {
    return this.stream.beat?.clock_now || this.instance.clock_now;
  }

  /** The server's time now, standing still while no beat proves it. */
  get time() {
    const beat = this.stream.beat;
    if (this.frozenAt?.time) return this.frozenAt.time;
    const base = beat ? Date.parse(beat.time) : Date.parse(this.instance.time);
    if (Number.isNaN(base)) return null;
    const since = beat ? Math.min(performance.now() - this.stream.beatAt, 7000) : 0;
    return base + since;
  }

  /** {word, text, seconds} of the page as a whole. */
  get condition() {
    if (this.state.asof) return { name: "asof", text: "AS OF" };
    if (this.frozen) return { name: "paused", text: "PAUSED" };
    const name = this.stream.word;
    const seconds = Math.round(this.stream.silence / 1000);
    return { name, text: name.toUpperCase(), seconds, polling: this.stream.polling };
  }

  /** Age in seconds of what these feeds say, when it is too old to look live; else null. */
  age(feeds) {
    if (this.still) return null;
    const { name, seconds } = this.condition;
    if (name === "stale" || name === "offline") return seconds;
    for (const feed of this.ledger?.feeds || []) {
      if (feeds?.includes(feed.feed) && (feed.state === "stale" || feed.state === "failing")) return Math.round(feed.silent_seconds ?? 0);
    }
    return null;
  }

  get offBy() {
    return this.shownLedger ? imbalance(this.shownLedger) : null;
  }

  // What is said.

  announce(text) {
    this.status.textContent = text;
    this.summaryAt = performance.now();
  }

  #summary() {
    if (this.still || performance.now() - this.summaryAt < SUMMARY_MS) return;
    const text = this.view.summary?.();
    if (text) this.announce(text);
    else this.summaryAt = performance.now();
  }

  // Sheets.

  explain(id, from) {
    this.returnTo = from?.closest("th, td") || from || document.activeElement;
    this.go({ x: id });
  }

  show(sheet) {
    this.returnTo = document.activeElement;
    this.sheet = sheet;
    this.paint();
  }

  close() {
    this.sheet = null;
    if (this.state.x) this.go({ x: "" });
    this.paint();
    if (this.returnTo?.isConnected) this.returnTo.focus();
    this.returnTo = null;
  }

  setShortcuts(on) {
    this.shortcuts = on;
    remember("freehold-shortcuts", on ? "on" : "off");
    this.paint();
  }

  say(text) {
    this.toast = text;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => {
      this.toast = "";
      this.paint();
    }, 4000);
    this.announce(text);
    this.paint();
  }

  paint() {
    const name = this.condition.name;
    if (this.told && this.told !== name && !this.still && name !== "loading") this.announce("Connection: " + name);
    this.told = name;
    document.body.dataset.condition = name;
    render(html`<${Frame} app=${this} />`, document.getElementById("frame"));
    render(html`<${Over} app=${this} />`, document.getElementById("over"));
    this.#summary();
  }
}

const boot = JSON.parse(document.getElementById("boot")?.textContent || "{}");
const app = new App(boot);
await load(app.state.view);
app.start(boot);
