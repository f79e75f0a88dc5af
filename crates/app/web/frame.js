// The frame of every view: header with the state word, and the trust strip with as-of slider and books.
import { html, Component } from "./html.js";
import { num } from "./num.js";
import { clock, day, when } from "./format.js";
import { to, address } from "./url.js";
import { SHAPES } from "./words.js";
import { FATES } from "./ledger.js";
import { Find } from "./filters.js";

const DAY_MS = 86400000;
const dayNumber = (date) => Math.round(Date.parse(date.slice(0, 10) + "T00:00:00Z") / DAY_MS);
const dayOf = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);

const MEANINGS = {
  live: "Beats of the server arrive and its newest data is less than 5 seconds behind.",
  lagging: "The newest data is more than 5 seconds behind, or a beat of the server is overdue.",
  stale: "Nothing new for more than 60 seconds. Numbers are greyed, with their age.",
  offline: "The connection is lost. Numbers are greyed, with their age; the page keeps trying.",
  paused: "Everything stands still until you resume.",
  asof: "The whole page shows what was known at that time. Nothing ticks.",
  loading: "Waiting for the first beat of the server.",
};

function State({ app }) {
  const condition = app.condition;
  const time = app.time;
  const shown = condition.name === "asof" ? html` <time datetime=${app.state.asof}>${when(app.state.asof)}</time>`
    : time ? html` <time class="clock" datetime=${new Date(time).toISOString()}>${clock(time)}</time>` : null;
  const meaning = MEANINGS[condition.name] + (condition.polling ? ` ${app.tabs.open} tabs of this page are open, so this one asks every 5 seconds instead of holding a connection.` : "");
  return html`<p class="state" data-state=${condition.name} title=${meaning}>
    <span class="state-shape" aria-hidden="true">${SHAPES[condition.name]}</span> <span class="state-word">${condition.text}</span>
    ${condition.polling ? html`<span class="state-note"> polling</span>` : null}
    ${condition.name === "stale" || condition.name === "offline" ? html`<span class="state-note"> ${num({ id: "page|silence", value: condition.seconds, unit: "s" })}</span>` : null}
    ${shown}
    ${app.instance.virtual && !app.state.asof && app.today ? html` <time class="virtual" datetime=${app.today} title="The virtual clock of this instance">${day(app.today)}</time>` : null}
  </p>`;
}

export class Frame extends Component {
  toggle = () => this.setState({ open: !this.state.open });

  render({ app }, { open, menu }) {
    const { state } = app;
    const market = app.anyMarket;
    const links = [["now", "Now", address(to(state, "now"))], ["market", "Market", market ? app.market(market) : "/now"], ["feeds", "Feeds", address(to(state, "feeds"))]];
    // The menu of a phone closes by itself when one goes somewhere.
    const here = state.view + state.market;
    const off = app.offBy;
    return html`<header class="bar" data-menu=${menu === here ? "open" : "closed"}>
      <a class="brand" href="/now">Freehold</a>
      <nav aria-label="Views">${links.map(([view, label, href]) => html`<a key=${view} href=${href} aria-current=${state.view === view ? "page" : null}>${label}</a>`)}</nav>
      <${Find} app=${app} />
      <div class="bar-end">
        <${State} app=${app} />
        ${app.frozen ? html`<span class="waiting">${num({ id: "page|waiting", value: app.waiting, unit: "count" })} updates waiting</span>` : null}
        <button type="button" class="pause" aria-pressed=${app.frozen} disabled=${Boolean(state.asof)} onClick=${() => app.pause()} title="Pause or resume (P)"><span class="pause-shape" aria-hidden="true">${app.frozen ? "▶" : "❚❚"}</span><span class="pause-word">${app.frozen ? "Resume" : "Pause"}</span></button>
        <button type="button" class="quiet-button menu-button" aria-expanded=${menu === here} aria-label="Menu" onClick=${() => this.setState({ menu: menu === here ? "" : here })}>≡</button>
        <button type="button" class="quiet-button help-button" onClick=${() => app.show("help")} title="Keys and settings (?)" aria-label="Help and settings">?</button>
      </div>
    </header>
    <section class="trust" aria-label="Trust" data-balanced=${off === 0 ? "yes" : off === null ? "unknown" : "no"} data-open=${open ? "yes" : "no"}>
      <button type="button" class="trust-toggle" aria-expanded=${Boolean(open)} onClick=${this.toggle}>Books</button>
      <${AsOf} app=${app} />
      <${Books} app=${app} off=${off} />
    </section>`;
  }
}

function Books({ app, off }) {
  const ledger = app.shownLedger;
  if (!ledger) return html`<p class="ledger">The books have not arrived yet.</p>`;
  const figure = (name) => num({ id: "ledger|" + name, value: ledger[name], unit: "count" });
  return html`<p class="ledger">
    <span class="ledger-short"><a href="/feeds">received</a> ${num({ id: "ledger|received", value: ledger.received, unit: "count", context: "compact" })} </span>
    <span class="ledger-long"><a href="/feeds" title="Rows; positions count ticks and decisions, too">received</a> ${figure("received")} = ${FATES.map((fate, index) => html`${index ? " + " : ""}${fate} ${figure(fate)}`)} </span>
    <span class="balance">${off === null ? "—" : off === 0 ? html`<span class="ok">✓<span class="ledger-short"> balanced</span></span>` : html`<span class="bad">✕ off by ${num({ id: "ledger|off_by", value: off, unit: "count" })}</span>`}</span>
    ${app.state.asof ? html` <span class="second">books up to now</span>` : null}
  </p>`;
}

class AsOf extends Component {
  drag = (event) => {
    const number = Number(event.target.value);
    this.setState({ at: number });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.props.app.asof(dayOf(number), true), 150);
  };
  choose = (event) => {
    clearTimeout(this.timer);
    this.props.app.asof(dayOf(Number(event.target.value)), false);
    this.setState({ at: null });
  };
  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  render({ app }, { at }) {
    const { first_day: first, final_through: final } = app.instance;
    const { newestDay: today } = app;
    if (!first || !today) return html`<div class="asof"></div>`;
    const low = dayNumber(first);
    const high = Math.max(dayNumber(today), low + 1);
    const value = at ?? (app.state.asof ? dayNumber(app.state.asof) : high);
    const share = final ? Math.max(0, Math.min(1, (dayNumber(final) - low) / (high - low))) : null;
    const text = value >= high ? "now" : day(dayOf(value));
    return html`<div class="asof">
      <time class="asof-end" datetime=${first} title="First day known">${day(first)}</time>
      <span class="slider">
        <input type="range" aria-label="As of" aria-valuetext=${text} min=${low} max=${high} step="1" value=${value} onInput=${this.drag} onChange=${this.choose} />
        ${share === null ? null : html`<span class="final-mark" ref=${(element) => element && (element.style.left = `calc(8px + ${share} * (100% - 16px))`)} title=${"Final through " + day(final)}></span>`}
      </span>
      <span class="asof-now">${value >= high ? html`<span>now</span>` : html`<time datetime=${dayOf(value)}>${text}</time> <button type="button" class="link-button" onClick=${() => app.asof("", false)} title="Back to now (0)">now</button>`}</span>
      ${final ? html`<span class="second final-words">final through <time datetime=${final}>${day(final)}</time></span>` : null}
    </div>`;
  }
}
