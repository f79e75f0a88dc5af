// The filters of a view: selects whose choice is in the address; on a phone folded into one line that says what is chosen.
import { html, Component } from "../html.js";
import { STATE_CODES } from "../places.js";
import { LEVEL, levelWords, segmentWords, titleOf, WINDOWS } from "../words.js";

const LEAST_HOMES = ["1", "10", "30", "100"];
const CHANGES = ["1d", "7d", "30d", "90d", "365d"];

/** `keys` are the parameters to choose: m, w, g, in, type, kind, n. */
export class Filters extends Component {
  entries(key) {
    const { state, instance, measures } = this.props.app;
    switch (key) {
      case "m": return ["Measure", measures.size ? [...measures.values()].map((row) => [row.measure, row.title]) : [[state.m, titleOf(measures, state.m)]]];
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
    const words = { m: titleOf(measures, state.m), w: WINDOWS[state.w], g: LEVEL[state.g] || state.g, in: state.in, type: state.type === "all" ? "" : segmentWords(state.type), kind: state.kind === "sale" ? "" : "for rent" };
    return this.props.keys.map((key) => words[key]).filter(Boolean).join(" · ");
  }

  render({ app, keys }, { open }) {
    const { state } = app;
    return html`<div class="filters-fold" data-open=${open ? "yes" : "no"}>
      <button type="button" class="filters-toggle" data-term aria-expanded=${Boolean(open)} onClick=${() => this.setState({ open: !open })}>${this.chosen} ▾</button>
      <form class="filters" aria-label="What is shown" onSubmit=${(event) => event.preventDefault()}>${keys.map((key) => {
        const [label, entries] = this.entries(key);
        return html`<label key=${key} data-term><span class="sr">${label}</span><select aria-label=${label} value=${state[key]} onChange=${(event) => app.go({ [key]: event.target.value, cls: "" })}>
          ${entries.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === state[key]}>${text}</option>`)}</select></label>`;
      })}</form></div>`;
  }
}
