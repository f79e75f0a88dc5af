// The homes behind a number: nearest the median first, a page at a time, only when the reader asks for them.
import { html, Component } from "../html.js";
import { ask, withQuery } from "../api.js";
import { num } from "../num.js";
import { day, when } from "../format.js";
import { parametersOf } from "../explain.js";

const PAGE = 25;

export class Homes extends Component {
  aborter = new AbortController();
  state = { rows: [], next: null, error: "", asked: false };

  componentDidMount() {
    this.load();
  }

  componentWillUnmount() {
    this.aborter.abort();
  }

  async load(cursor) {
    const { app, id } = this.props;
    this.setState({ busy: true, error: "" });
    try {
      const answer = await ask("/v1/explain", { ...parametersOf(id), as_of: app.asOf, limit: PAGE, cursor }, this.aborter.signal);
      this.setState(({ rows }) => ({ rows: cursor ? [...rows, ...answer.rows] : answer.rows, next: answer.next, busy: false, asked: true, position: answer.position, n: answer.reading?.n }));
    } catch (error) {
      if (error.name !== "AbortError") this.setState({ error: error.message, busy: false, asked: true });
    }
  }

  render({ app, id, unit, n }, { rows, next, error, busy, asked, position, n: counted }) {
    const asks = rows.some((row) => row.ListPrice !== undefined && row.ListPrice !== null && Number(row.ListPrice) !== Number(row.value));
    const csv = withQuery("/v1/explain.csv", { ...parametersOf(id), as_of: app.asOf });
    return html`<header class="panel-head"><h2>Homes behind it <span class="second">${num({ id: id + "#n", value: counted ?? n, unit: "count" })}</span></h2>
        <span class="head-end"><button type="button" class="link-button" disabled=${busy} onClick=${() => this.load()}>Refresh</button> <a href=${csv} download>CSV</a></span></header>
      ${error ? html`<p class="message error" role="alert">${error} <button type="button" onClick=${() => this.load()}>Retry</button></p>` : null}
      ${rows.length ? html`<div class="table-wrap homes-wrap" tabindex="0" role="region" aria-label="Table of homes"><table class="grid homes"><thead><tr><th scope="col">Home</th><th scope="col" class="number">Value</th>${asks ? html`<th scope="col" class="number">Asked</th>` : null}<th scope="col" class="number">Size</th><th scope="col">Status</th><th scope="col">Last seen</th></tr></thead>
        <tbody>${rows.map((row, index) => this.home(row, index, unit, asks))}</tbody></table></div>` : asked && !error ? html`<p class="second">No home gives this number.</p>` : html`<p class="second">${error ? "" : "Loading…"}</p>`}
      <p class="caption">Nearest the median first${position ? html`, as of position ${num({ id: "homes|position", value: position, unit: "count" })}` : null}. ${next ? html`<button type="button" disabled=${busy} onClick=${() => this.load(next)}>${busy ? "Loading…" : "More homes"}</button>` : null}</p>`;
  }

  home(row, index, unit, asks) {
    const id = (part) => `home|${row.feed}|${row.ListingKey || row.home}|${part}`;
    const seen = row.last_seen || row.event || row.day;
    return html`<tr key=${index} class=${row.counted ? "" : "left-out"}>
      <th scope="row"><span data-address>${row.UnparsedAddress || row.home}</span>${row.City ? html` <span class="second" data-address>${row.City}</span>` : null}${row.counted ? null : html` <span class="mark">left out: ${row.reason}</span>`}</th>
      <td class="number">${num({ id: id("value"), value: row.value, unit, context: "full", reason: row.reason || "not shown" })}</td>
      ${asks ? html`<td class="number">${num({ id: id("ListPrice"), value: row.ListPrice ?? null, unit: "USD", context: "full", reason: "no list price" })}</td>` : null}
      <td class="number">${num({ id: id("LivingArea"), value: row.LivingArea ?? null, unit: "count", reason: "size not known" })}${row.LivingArea ? html`<span class="second"> ft²</span>` : null}</td>
      <td>${row.StandardStatus || "—"}</td>
      <td>${seen ? html`<time datetime=${seen} title=${when(seen)}>${day(seen)}</time>` : "—"}</td></tr>`;
  }
}
