// The live connection: one EventSource that resumes, is watched by its beats, and gives way to polling when too many tabs are open;
// the count of tabs; and the newest reading of each series, where who draws takes what changed since it last looked.
import { seriesOf } from "./num.js";
import { ask, withQuery } from "./api.js";

const LIMIT = 8000;

export class Store {
  #rows = new Map();
  #changed = new Set();
  /** Accepted updates behind the readings put here. */
  merged = 0;

  put(row) {
    const key = seriesOf(row.id);
    const held = this.#rows.get(key);
    this.#rows.delete(key);
    this.#rows.set(key, row);
    this.merged += row.merged || 0;
    if (!held || held.id !== row.id || held.value !== row.value || held.n !== row.n || held.status !== row.status) this.#changed.add(key);
    if (this.#rows.size > LIMIT) {
      const oldest = this.#rows.keys().next().value;
      this.#rows.delete(oldest);
      this.#changed.delete(oldest);
    }
  }

  get(key) {
    return this.#rows.get(key);
  }

  /** The readings that changed since the last call. */
  take() {
    if (!this.#changed.size) return [];
    const rows = [];
    for (const key of this.#changed) rows.push(this.#rows.get(key));
    this.#changed.clear();
    return rows;
  }

  clear() {
    this.#rows.clear();
    this.#changed.clear();
  }

  get size() {
    return this.#rows.size;
  }
}

const BEAT_MS = 2000;
const GONE_MS = 7000;

export class Tabs {
  #channel = "BroadcastChannel" in self ? new BroadcastChannel("freehold-tabs") : null;
  #me = { id: Math.random().toString(36).slice(2), since: Date.now() };
  #others = new Map();
  #timer = 0;
  #changed = () => {};

  constructor(changed) {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }) => {
      const before = this.place;
      if (data.leaves) this.#others.delete(data.id);
      else this.#others.set(data.id, { since: data.since, seen: Date.now() });
      if (data.asks) this.#say({});
      if (this.place !== before) changed();
    };
    this.#changed = changed;
    this.#timer = setInterval(this.#beat, BEAT_MS);
    addEventListener("pagehide", () => this.#say({ leaves: true }));
    this.#say({ asks: true });
  }

  #beat = () => {
    const before = this.place;
    for (const [id, other] of this.#others) if (Date.now() - other.seen > GONE_MS) this.#others.delete(id);
    this.#say({});
    if (this.place !== before) this.#changed();
  };

  #say(more) {
    this.#channel?.postMessage({ ...this.#me, ...more });
  }

  /** Called when a hidden tab gives its connection back, and when it takes one again. */
  visible(is) {
    if (!this.#channel) return;
    if (is) this.#say({ asks: true });
    else this.#say({ leaves: true });
    clearInterval(this.#timer);
    if (is) this.#timer = setInterval(this.#beat, BEAT_MS);
  }

  get open() {
    return this.#others.size + 1;
  }

  /** How many tabs are older than this one. */
  get place() {
    let older = 0;
    for (const [id, other] of this.#others) if (other.since < this.#me.since || (other.since === this.#me.since && id < this.#me.id)) older += 1;
    return older;
  }
}

const REOPEN_MS = 300;
const LAGGING_MS = 7000;
const STALE_MS = 60000;
const ERROR_MS = 3000;
const HIDDEN_MS = 30000;
const POLL_MS = 5000;
const TABS_WITH_STREAM = 3;
const RETRY_MS = [500, 1000, 2000, 5000];
const SILENT_REOPEN_MS = 20000;

export class Stream {
  #source = null;
  #timers = {};
  #parameters = null;
  #lastId = "";
  #opened = false;
  #errorSince = 0;
  #retries = 0;
  #polling = false;
  #openedAt = performance.now();
  beat = null;
  beatAt = 0;
  messageAt = 0;
  /** Milliseconds from the server's flush to here, of the last message. */
  delay = null;

  /** `on` has: rows(rows), ledger(ledger), events(rows), beat(beat), poll(), returned(). */
  constructor(store, tabs, on) {
    this.store = store;
    this.tabs = tabs;
    this.on = on;
    document.addEventListener("visibilitychange", () => this.#visibility());
    this.#timers.watch = setInterval(() => this.#watch(), 1000);
  }

  /** Watches what a view shows; a change of mind within 300 ms costs no connection. */
  watch(parameters) {
    const same = JSON.stringify(parameters) === JSON.stringify(this.#parameters);
    if (same && (this.#source || this.#polling)) return;
    this.#parameters = parameters;
    this.#lastId = "";
    clearTimeout(this.#timers.open);
    this.#timers.open = setTimeout(() => this.#open(), REOPEN_MS);
  }

  /** Ends the connection: for an as-of time, or a hidden tab. */
  close() {
    clearTimeout(this.#timers.open);
    clearTimeout(this.#timers.retry);
    clearInterval(this.#timers.poll);
    this.#polling = false;
    this.#source?.close();
    this.#source = null;
    this.#opened = false;
    this.#errorSince = 0;
  }

  end() {
    this.close();
    this.#parameters = null;
  }

  /** Called when the count of tabs changes. */
  tabsChanged() {
    if (this.#parameters && this.#polling !== this.#mustPoll()) this.#open();
  }

  get polling() {
    return this.#polling;
  }

  /** Milliseconds since anything proved that the server lives. */
  get silence() {
    return performance.now() - Math.max(this.beatAt, this.#openedAt);
  }

  /** live, lagging, stale, offline, loading. */
  get word() {
    if (!this.#parameters) return "loading";
    const silence = this.silence;
    if (this.#errorSince && performance.now() - this.#errorSince > ERROR_MS) return "offline";
    if (silence > STALE_MS) return "stale";
    if (!this.beatAt) return silence > LAGGING_MS ? "lagging" : "loading";
    if (silence > (this.#polling ? POLL_MS + LAGGING_MS : LAGGING_MS) || this.#errorSince) return "lagging";
    if (this.beat?.lag_ms > STALE_MS || this.beat?.state === "stale") return "stale";
    if (this.beat?.lag_ms > 5000 || this.beat?.state === "lagging") return "lagging";
    return "live";
  }

  #mustPoll() {
    return this.tabs.place >= TABS_WITH_STREAM;
  }

  #open() {
    this.close();
    if (!this.#parameters) return;
    if (document.hidden && this.#timers.hidden === "closed") return;
    if (this.#mustPoll()) return this.#poll();
    const query = this.#lastId ? { ...this.#parameters, last_event_id: this.#lastId } : this.#parameters;
    const source = new EventSource(withQuery("/v1/stream", query));
    this.#source = source;
    const hear = (name, act) => source.addEventListener(name, (event) => {
      if (source !== this.#source) return;
      this.#errorSince = 0;
      this.#retries = 0;
      this.messageAt = performance.now();
      let data = null;
      try {
        data = JSON.parse(event.data);
      } catch {
        return;
      }
      if (event.lastEventId) this.#lastId = event.lastEventId;
      act(data);
    });
    const take = (data) => {
      for (const row of data.rows) this.store.put(row);
      if (data.sent) this.delay = Math.max(0, Date.now() - data.sent);
      this.on.rows(data.rows);
    };
    hear("snapshot", take);
    hear("readings", take);
    hear("beat", (data) => this.#beat(data));
    hear("ledger", (data) => this.on.ledger(data));
    hear("events", (data) => this.on.events(data.rows));
    hear("reset", () => this.on.returned());
    source.onopen = () => {
      if (this.#opened) this.on.returned();
      this.#opened = true;
    };
    source.onerror = () => {
      if (source !== this.#source) return;
      if (!this.#errorSince) this.#errorSince = performance.now();
      if (source.readyState === EventSource.CLOSED) this.#retry();
    };
  }

  #retry() {
    clearTimeout(this.#timers.retry);
    const since = this.#errorSince;
    const wait = RETRY_MS[Math.min(this.#retries, RETRY_MS.length - 1)];
    this.#retries += 1;
    this.#timers.retry = setTimeout(() => {
      this.#open();
      this.#opened = true;
      this.#errorSince = since;
    }, wait);
  }

  #beat(data) {
    this.beat = data;
    this.beatAt = performance.now();
    this.on.beat(data);
  }

  #poll() {
    this.#polling = true;
    const turn = async () => {
      try {
        const instance = await ask("/v1/instance");
        if (!this.#polling) return;
        this.#errorSince = 0;
        this.#beat({ time: instance.time, position: instance.position, lag_ms: instance.lag_ms ?? 0, clock_now: instance.clock_now, today: instance.today, final_through: instance.final_through, state: instance.state });
        this.on.poll();
      } catch {
        if (!this.#errorSince) this.#errorSince = performance.now();
      }
    };
    turn();
    this.#timers.poll = setInterval(turn, POLL_MS);
  }

  #watch() {
    if (!this.#source || document.hidden) return;
    // A stream that stays open and says nothing: asked anew, from where it was.
    if (performance.now() - Math.max(this.messageAt, this.#openedAt) > SILENT_REOPEN_MS && this.#source.readyState === EventSource.OPEN) {
      this.messageAt = performance.now();
      const opened = this.#opened;
      this.#open();
      this.#opened = opened;
    }
  }

  #visibility() {
    clearTimeout(this.#timers.hide);
    if (document.hidden) {
      this.#timers.hide = setTimeout(() => {
        this.#timers.hidden = "closed";
        this.tabs.visible(false);
        this.close();
      }, HIDDEN_MS);
    } else if (this.#timers.hidden === "closed") {
      this.#timers.hidden = "";
      this.tabs.visible(true);
      this.#openedAt = performance.now();
      if (this.#parameters) {
        this.#open();
        this.on.returned();
      }
    }
  }
}
