// The rail of events: price drops, corrections, feed trouble. New ones come in only while the reader is at its top.
import { html, Component } from "../html.js";
import { clock, moment } from "../format.js";
import { num } from "../num.js";

const SHOWN = 60;
const SHAPE = { price_drop: "▼", correction: "↺", feed: "▲", snapshot_held: "❚❚", group: "＋" };

export class Events extends Component {
  state = { shown: this.props.app.events.slice(0, SHOWN), waiting: 0 };

  happened() {
    const { events } = this.props.app;
    if (this.list && this.list.scrollTop > 8) this.setState({ waiting: events.length - events.indexOf(this.state.shown[0]) > 0 ? Math.max(0, events.indexOf(this.state.shown[0])) : 0 });
    else this.top();
  }

  top = () => {
    this.setState({ shown: this.props.app.events.slice(0, SHOWN), waiting: 0 });
    if (this.list) this.list.scrollTop = 0;
  };

  render({ app }, { shown, waiting }) {
    return html`<section class="panel rail" aria-label="Events">
      <header class="panel-head"><h2>Events</h2>${waiting ? html`<button type="button" onClick=${this.top}>${num({ id: "events|waiting", value: waiting, unit: "count" })} new ↑</button>` : null}</header>
      ${shown.length && !app.state.asof ? html`<ol class="events" tabindex="0" aria-label="Events, newest first" ref=${(element) => (this.list = element)}>${shown.map((event, index) => html`<li key=${event.at + event.text + index}>
        <time datetime=${event.at} title=${moment(event.at)}>${clock(event.at)}</time> <span class=${"event-shape " + event.kind} aria-hidden="true">${SHAPE[event.kind] || "·"}</span>
        ${event.market ? html`<a href=${app.market(event.market)} data-num=${"event|" + event.kind}>${event.text}</a>` : html`<span data-num=${"event|" + event.kind}>${event.text}</span>`}
        ${event.count > 1 ? html` <span class="second">${num({ id: "event|count", value: event.count, unit: "count" })}×</span>` : null}</li>`)}</ol>`
      : html`<p class="second">${app.state.asof ? "Events are shown for now only." : "Nothing unusual since this page was opened."}</p>`}
    </section>`;
  }
}
