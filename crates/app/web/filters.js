// What is shown: the filters of a view, whose choice is in the address (on a phone folded into one line that says what is chosen),
// and the box that finds a market by name, over the areas of all levels, asked for once, when first used.
import { html, Component } from "./html.js";
import { STATE_CODES, LEVEL, levelWords, segmentWords, titleOf, WINDOWS, nameOf } from "./words.js";
import { ask } from "./api.js";

const LEAST_HOMES = ["1", "10", "30", "100"];
const CHANGES = ["1d", "7d", "30d", "90d", "365d"];

/** By the unit of a measure. */
const GROUPS = { USD: "Prices", "USD/ft2": "Prices per ft²", count: "Counts", share: "Shares", days: "Days", months: "Ratios", years: "Ratios" };

/** `keys` are the parameters to choose: m, variant, w, g, in, type, kind, n. */
export class Filters extends Component {
  entries(key) {
    const { state, instance, measures } = this.props.app;
    switch (key) {
      case "m": return ["Measure", measures.size ? [...measures.values()].map((row) => [row.measure, row.title, GROUPS[row.unit]]) : [[state.m, titleOf(measures, state.m)]]];
      case "variant": return ["Variant", (measures.get(state.m)?.variants || []).map((variant, at) => [at ? variant : "", variant])];
      case "w": return ["Change over", CHANGES.map((window) => [window, WINDOWS[window]])];
      case "g": return ["Level", (instance.levels || ["county"]).map((level) => [level, levelWords(level)])];
      case "in": return ["State", [["", "All states"], ...STATE_CODES.map((code) => [code, code])]];
      case "type": return ["Type of homes", (instance.segments || ["all"]).map((segment) => [segment, segmentWords(segment)])];
      case "kind": return ["Sale or lease", [["sale", "for sale"], ["lease", "for rent"]]];
      default: return ["Least homes", (LEAST_HOMES.includes(state.n) ? LEAST_HOMES : [state.n, ...LEAST_HOMES]).map((count) => [count, `n ≥ ${count}`])];
    }
  }

  get chosen() {
    const { state, measures } = this.props.app;
    const words = { m: titleOf(measures, state.m), variant: state.variant, w: WINDOWS[state.w], g: LEVEL[state.g] || state.g, in: state.in, type: state.type === "all" ? "" : segmentWords(state.type), kind: state.kind === "sale" ? "" : "for rent" };
    return this.props.keys.map((key) => words[key]).filter(Boolean).join(" · ");
  }

  render({ app, keys }, { open }) {
    const { state } = app;
    return html`<div class="filters-fold" data-open=${open ? "yes" : "no"}>
      <button type="button" class="filters-toggle" data-term aria-expanded=${Boolean(open)} onClick=${() => this.setState({ open: !open })}>${this.chosen} ▾</button>
      <form class="filters" aria-label="What is shown" onSubmit=${(event) => event.preventDefault()}>${keys.map((key) => {
        const [label, entries] = this.entries(key);
        if (key === "variant" && entries.length < 2) return null;
        const option = ([value, text]) => html`<option key=${value} value=${value} selected=${value === state[key]}>${text}</option>`;
        const groups = new Set(entries.map((entry) => entry[2]));
        return html`<label key=${key} data-term><span class="sr">${label}</span><select aria-label=${label} value=${state[key]} onChange=${(event) => app.go({ [key]: event.target.value, cls: "" })}>
          ${groups.size < 2 ? entries.map(option) : [...groups].map((group) => html`<optgroup key=${group} label=${group}>${entries.filter((entry) => entry[2] === group).map(option)}</optgroup>`)}</select></label>`;
      })}</form></div>`;
  }
}

const SHOWN = 8;

function score(name, wanted) {
  const at = name.indexOf(wanted);
  if (at < 0) return -1;
  return at === 0 ? 2 : /[^a-z0-9]/.test(name[at - 1]) ? 1 : 0;
}

export class Find extends Component {
  state = { text: "", at: 0, open: false };

  load() {
    if (this.areas) return;
    this.areas = [];
    const { app } = this.props;
    const levels = (app.instance.levels || ["county"]).slice().reverse();
    for (const level of levels) {
      ask("/v1/markets", { level, segment: "all", kind: "sale", measure: "active_count", window: "now", limit: 10000 }).then((answer) => {
        for (const row of answer.rows) this.areas.push({ id: `${row.level}:${row.area}`, level: row.level, area: row.area, plain: row.area.toLowerCase() });
        this.forceUpdate();
      }, () => {});
    }
  }

  get found() {
    const wanted = this.state.text.trim().toLowerCase();
    if (!wanted || !this.areas) return [];
    const hits = [];
    for (const area of this.areas) {
      const points = score(area.plain, wanted);
      if (points >= 0) hits.push({ points, area });
    }
    return hits.sort((one, other) => other.points - one.points || one.area.area.length - other.area.area.length || (one.area.area < other.area.area ? -1 : 1)).slice(0, SHOWN).map((hit) => hit.area);
  }

  choose(area) {
    this.setState({ text: "", open: false });
    this.input.blur();
    this.props.choose ? this.props.choose(area.id) : this.props.app.open("market", { market: area.id });
  }

  key = (event) => {
    const found = this.found;
    if (event.key === "ArrowDown") this.setState({ at: Math.min(this.state.at + 1, found.length - 1) });
    else if (event.key === "ArrowUp") this.setState({ at: Math.max(this.state.at - 1, 0) });
    else if (event.key === "Enter" && found[this.state.at]) this.choose(found[this.state.at]);
    else if (event.key === "Escape") {
      event.stopPropagation();
      this.setState({ open: false, text: "" });
      this.input.blur();
    } else return;
    event.preventDefault();
  };

  render({ name = "find", label = "Find a market", hint = "Find a market" }, { text, at, open }) {
    const found = open ? this.found : [];
    const list = name + "-list";
    return html`<div class="find" role=${name === "find" ? "search" : null}>
      <input id=${name} type="search" autocomplete="off" spellcheck=${false} placeholder=${hint} aria-label=${label} role="combobox" aria-expanded=${found.length > 0}
        aria-controls=${found.length ? list : null} aria-autocomplete="list" aria-activedescendant=${found[at] ? `${list}-${at}` : null} value=${text}
        ref=${(element) => (this.input = element)}
        onFocus=${() => { this.load(); this.setState({ open: true }); }} onBlur=${() => setTimeout(() => this.setState({ open: false }), 150)}
        onInput=${(event) => this.setState({ text: event.target.value, at: 0, open: true })} onKeyDown=${this.key} />
      ${found.length ? html`<ul class="found" role="listbox" id=${list} aria-label="Markets">${found.map((area, index) => {
        const { name: words, simulated } = nameOf(area.area);
        return html`<li key=${area.id} id=${`${list}-${index}`} role="option" aria-selected=${index === at} onMouseDown=${(event) => { event.preventDefault(); this.choose(area); }}>
          <span data-place>${words}</span> <span class="second">${LEVEL[area.level] || area.level}${simulated ? ", simulated" : ""}</span></li>`;
      })}</ul>` : open && text.trim() && this.areas?.length ? html`<p class="found nothing">No market has “<span data-place>${text}</span>” in its name.</p>` : null}
    </div>`;
  }
}
